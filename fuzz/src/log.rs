//! The log's files with arbitrary bytes in them, and what is decoded of the requests found.
//!
//! The first byte says how to read: whether damage is accepted, whether checksums are looked at,
//! and whether there are two files. No input would get past a checksum by chance, and what lies
//! behind it must hold too: a disk can return anything.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use store::{Decoder as _, Disk, DiskFile, LogReading, Lsn, read_log};

use crate::rows;

/// The length of each file. Its header says so too, or it is refused as cut.
const FILE_BYTES: usize = 64 << 10;
/// Where the bytes of a second file begin: behind two pages of headers and a group.
const FIRST_BYTES: usize = 13 << 10;
/// The bit of the first byte that says that there is a second file.
const HAS_SECOND: u8 = 0x80;

pub(crate) fn replay(data: &[u8]) {
    let Some((first, bytes)) = data.split_first() else { return };
    let first_bytes = if first & HAS_SECOND == 0 { usize::MAX } else { FIRST_BYTES };
    let (one, other) = bytes.split_at(bytes.len().min(first_bytes));
    let mut files = vec![MemoryFile::new(one)];
    if !other.is_empty() {
        files.push(MemoryFile::new(other));
    }
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk { files });
    let reading = LogReading {
        mark: Lsn(u64::from((first & !HAS_SECOND) >> 2)),
        accept_damage: first & 1 != 0,
        ignore_checksums: first & 2 != 0,
    };
    let mut last = Lsn::NONE;
    let read = read_log(&disk, reading, |lsn, record| {
        let is_in_order = lsn > last || reading.ignore_checksums;
        assert!(is_in_order, "requests come in order, each once");
        last = lsn;
        if let Ok(batches) = honeycomb::Decoder.decode(&record) {
            batches.iter().for_each(rows::read);
        }
        Ok(())
    });
    drop(read);
}

struct MemoryDisk {
    files: Vec<Arc<MemoryFile>>,
}

struct MemoryFile {
    bytes: Vec<u8>,
}

impl MemoryFile {
    /// A file that begins so, with zeros behind it.
    fn new(beginning: &[u8]) -> Arc<Self> {
        let mut bytes = beginning.to_vec();
        bytes.resize(FILE_BYTES, 0);
        Arc::new(Self { bytes })
    }
}

fn read_only<T>() -> io::Result<T> {
    Err(io::Error::from(ErrorKind::ReadOnlyFilesystem))
}

impl Disk for MemoryDisk {
    fn create(&self, _: &Path) -> io::Result<Arc<dyn DiskFile>> {
        read_only()
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<usize>().ok());
        let file = number.and_then(|number| self.files.get(number));
        let file = file.ok_or_else(|| io::Error::from(ErrorKind::NotFound))?;
        Ok(Arc::clone(file) as Arc<dyn DiskFile>)
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        Ok((0..self.files.len()).map(|number| folder.join(format!("{number}.log"))).collect())
    }

    fn make_folder(&self, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        read_only()
    }
}

impl DiskFile for MemoryFile {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start.checked_add(buffer.len()).ok_or(ErrorKind::UnexpectedEof)?;
        let bytes = self.bytes.get(start..end).ok_or(ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn write_all_at(&self, _: &[u8], _: u64) -> io::Result<()> {
        read_only()
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }
}
