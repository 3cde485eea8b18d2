//! Reads a segment's file: ranges of bytes, and its footer with the page index.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use model::{Error, Result};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};

use super::footer::{KEY, SegmentFooter};
use crate::disk::{Disk, DiskFile};
use crate::log::storage_failed;

/// An open segment file.
#[derive(Clone)]
pub struct SegmentReader {
    file: Arc<dyn DiskFile>,
    length: u64,
}

impl SegmentReader {
    /// Opens the file at `path`, which the catalog says has `length` bytes.
    pub fn open(disk: &dyn Disk, path: &Path, length: u64) -> Result<Self> {
        let file = disk.open(path).map_err(|error| {
            let text = format!("segment {} cannot be opened", path.display());
            match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => {
                    Error::corrupt(text).because(error)
                }
                // Such as too many open files: it may be there.
                _ => storage_failed(&text, error),
            }
        })?;
        let found = file.len().map_err(|error| unreadable(path, error))?;
        if found != length {
            return Err(Error::corrupt(format!(
                "segment {} has {found} bytes, the catalog says {length}",
                path.display()
            )));
        }
        Ok(Self { file, length })
    }

    /// The bytes from `offset`; fails if the file ends before.
    pub fn read(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        // Nothing protects a footer's numbers, and no memory is taken on the word of a damaged one.
        if offset.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut buffer = vec![0; length];
        self.file.read_exact_at(&mut buffer, offset)?;
        Ok(Bytes::from(buffer))
    }

    /// Reads the file through; fails if its checksum is another.
    pub(crate) fn verify(&self, path: &Path, crc: u32) -> Result<()> {
        let mut hasher = crc32fast::Hasher::new();
        let mut at = 0;
        while at < self.length {
            let length = (self.length - at).min(AHEAD_BYTES) as usize;
            hasher.update(&self.read(at, length).map_err(|error| unreadable(path, error))?);
            at += length as u64;
        }
        match hasher.finalize() == crc {
            true => Ok(()),
            false => Err(unreadable(path, "its checksum is wrong")),
        }
    }

    /// Reads the footer and both page indexes.
    pub fn metadata(&self, path: &Path) -> Result<ParquetMetaData> {
        ParquetMetaDataReader::new()
            .with_column_index_policy(PageIndexPolicy::Optional)
            .with_offset_index_policy(PageIndexPolicy::Required)
            .parse_and_finish(self)
            .map_err(|error| unreadable(path, error))
    }
}

/// What a footer says of its segment.
pub fn describe(metadata: &ParquetMetaData) -> Result<SegmentFooter> {
    let pairs = metadata.file_metadata().key_value_metadata();
    let json = pairs
        .and_then(|pairs| pairs.iter().find(|pair| pair.key == KEY))
        .and_then(|pair| pair.value.as_deref())
        .ok_or_else(|| Error::corrupt("the footer does not describe the segment"))?;
    SegmentFooter::from_json(json)
}

/// The error of a segment that does not read.
pub fn unreadable(
    path: &Path,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::corrupt(format!("segment {} does not read", path.display())).because(error)
}

impl Length for SegmentReader {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for SegmentReader {
    type T = SegmentRead;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(SegmentRead { reader: self.clone(), position: start, buffer: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        Ok(self.read(start, length)?)
    }
}

/// Reads a segment's file from one place on.
pub struct SegmentRead {
    reader: SegmentReader,
    position: u64,
    buffer: Bytes,
}

/// Bytes read ahead at once.
const AHEAD_BYTES: u64 = 256 << 10;

impl Read for SegmentRead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.buffer.is_empty() {
            let left = self.reader.length.saturating_sub(self.position);
            let length = left.min(AHEAD_BYTES) as usize;
            self.buffer = self.reader.read(self.position, length)?;
            self.position += length as u64;
        }
        let length = out.len().min(self.buffer.len());
        self.buffer.copy_to_slice(&mut out[..length]);
        Ok(length)
    }
}
