//! One file of the log.
//!
//! It begins with its header twice, each on a page of its own, so that a file being taken into use
//! again always has one that reads: the first copy is synced before the second is touched.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::disk::{Disk, DiskFile};
use crate::record::Lsn;

/// The unit that disks write: groups begin on a multiple of it, so that a torn write never touches
/// bytes that were synced before.
pub(super) const PAGE_BYTES: u64 = 4_096;
/// Where groups begin.
pub(super) const HEADER_BYTES: u64 = 2 * PAGE_BYTES;
/// Zeros are written in pieces of this size.
const ZEROS: usize = 1 << 20;

const MAGIC: &[u8; 8] = b"TRKWLOG1";
const HEADER_LEN: usize = 8 + 8 + 8 + 8 + 4;

/// A file of the log.
pub(super) struct Slot {
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) capacity: u64,
    /// Counts the uses of all files: orders them, and tells this use from earlier ones.
    pub(super) sequence: u64,
    /// Seeds the checksums of this use, so that no bytes written before it can pass for its own.
    pub(super) key: u64,
    /// Where the next group goes.
    pub(super) position: u64,
    /// The last request in it.
    pub(super) last: Lsn,
    /// When its first request of this use came, by the time since the start.
    pub(super) first_written: Option<Duration>,
    /// It is removed when it is let go of: a write or sync failed, or it holds what has to go.
    pub(super) last_use: bool,
}

/// What a file's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotHeader {
    pub(super) sequence: u64,
    pub(super) key: u64,
    pub(super) capacity: u64,
}

/// What became of a file's header.
pub(super) enum Found {
    /// It reads.
    Header(SlotHeader),
    /// The file was never taken into use.
    Unused,
    /// There was one, and it is damaged.
    Damaged,
}

impl SlotHeader {
    fn encode(&self) -> Vec<u8> {
        let mut page = Vec::with_capacity(PAGE_BYTES as usize);
        page.extend_from_slice(MAGIC);
        page.extend_from_slice(&self.sequence.to_le_bytes());
        page.extend_from_slice(&self.key.to_le_bytes());
        page.extend_from_slice(&self.capacity.to_le_bytes());
        page.extend_from_slice(&crc32fast::hash(&page).to_le_bytes());
        page.resize(PAGE_BYTES as usize, 0);
        page
    }

    fn decode(page: &[u8]) -> Option<Self> {
        let (header, crc) = page.get(..HEADER_LEN)?.split_at(HEADER_LEN - 4);
        if !header.starts_with(MAGIC) || crc32fast::hash(header).to_le_bytes() != crc {
            return None;
        }
        let number =
            |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().unwrap_or([0; 8]));
        Some(Self { sequence: number(8), key: number(16), capacity: number(24) })
    }
}

impl Slot {
    /// A new file full of zeros, ready for use.
    pub(super) fn make(
        disk: &dyn Disk,
        path: &Path,
        capacity: u64,
        sequence: u64,
        key: u64,
    ) -> io::Result<Self> {
        let capacity = capacity.next_multiple_of(PAGE_BYTES);
        let file = disk.create(path)?;
        let zeros = vec![0; ZEROS.min(capacity as usize)];
        let mut at = 0;
        while at < capacity {
            let piece = zeros.len().min((capacity - at) as usize);
            file.write_all_at(&zeros[..piece], at)?;
            at += piece as u64;
        }
        file.sync()?;
        disk.sync_folder(path.parent().unwrap_or(Path::new("")))?;
        let mut slot = Self {
            path: path.to_owned(),
            file,
            capacity,
            sequence,
            key,
            position: HEADER_BYTES,
            last: Lsn::NONE,
            first_written: None,
            last_use: false,
        };
        slot.reuse(sequence, key)?;
        Ok(slot)
    }

    /// Takes the file into use (again): its earlier groups no longer count.
    pub(super) fn reuse(&mut self, sequence: u64, key: u64) -> io::Result<()> {
        let header = SlotHeader { sequence, key, capacity: self.capacity }.encode();
        self.file.write_all_at(&header, 0)?;
        self.file.sync()?;
        self.file.write_all_at(&header, PAGE_BYTES)?;
        self.file.sync()?;
        (self.sequence, self.key) = (sequence, key);
        (self.position, self.last, self.first_written) = (HEADER_BYTES, Lsn::NONE, None);
        Ok(())
    }
}

/// Reads a file's header.
pub(super) fn read_header(file: &dyn DiskFile) -> io::Result<Found> {
    if file.len()? < HEADER_BYTES {
        return Ok(Found::Unused);
    }
    let mut pages = vec![0; HEADER_BYTES as usize];
    file.read_exact_at(&mut pages, 0)?;
    let (first, second) = pages.split_at(PAGE_BYTES as usize);
    let newest = [SlotHeader::decode(first), SlotHeader::decode(second)]
        .into_iter()
        .flatten()
        .max_by_key(|header| header.sequence);
    if let Some(header) = newest {
        return Ok(Found::Header(header));
    }
    // A file being made may have lost one header to a power cut, but then the other was never
    // written.
    let blank = |page: &[u8]| page.iter().all(|byte| *byte == 0);
    Ok(if blank(first) || blank(second) { Found::Unused } else { Found::Damaged })
}
