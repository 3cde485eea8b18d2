//! The write-ahead log: what was acknowledged and is not in a segment yet.
//!
//! Requests are appended in groups; a group is one write and one `fdatasync`, after which all its
//! requests are acknowledged. The log is a few files of fixed size, written full of zeros when they
//! are made and used again once their requests are in segments: overwriting blocks that the file
//! system has already allocated needs no journal commit, which triples the rate (measured: 25,106
//! against 8,142 appends a second of 64 KiB).
//!
//! After a failed write or sync a file is never written again: what reached the disk is unknown. The
//! group is written once more to another file; if that fails too, its requests are refused and their
//! numbers are not used again.

mod group;
mod replay;
mod slot;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::{Error, Random, Result};

pub(crate) use replay::{ReplayMode, Replayed, read_through, replay};

use crate::disk::Disk;
use crate::record::{Lsn, Record};
use group::GroupHeader;
use slot::Slot;

/// The folder of the log's files.
pub(crate) const FOLDER: &str = "log";
/// Free files kept for the next use; more are removed.
const FREE_SLOTS_MAX: usize = 3;
/// The buffer a group is put together in shrinks back to this.
const BUFFER_BYTES_KEPT: usize = 4 << 20;
/// How long a client waits before it tries again after the log could not be written.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The writing end of the log.
pub(crate) struct Log {
    disk: Arc<dyn Disk>,
    random: Arc<dyn Random>,
    slot_bytes: u64,
    /// Files with requests, the one being written last.
    used: Vec<Slot>,
    free: Vec<Slot>,
    /// Whether the last of `used` may be appended to.
    open: bool,
    next_sequence: u64,
    next_lsn: Lsn,
    /// The last group that was synced: its last request and its checksum.
    last_group: (Lsn, u32),
    buffer: Vec<u8>,
    /// Skips the sync: a planted bug that the simulation must notice.
    planted_no_sync: bool,
}

impl Log {
    /// The log that goes on after `replayed`, in files of `slot_bytes`. No file is touched yet.
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        random: Arc<dyn Random>,
        slot_bytes: u64,
        replayed: Replayed,
    ) -> Self {
        Self {
            disk,
            random,
            slot_bytes,
            used: replayed.used,
            free: replayed.free,
            open: false,
            next_sequence: replayed.next_sequence,
            next_lsn: replayed.next_lsn,
            last_group: replayed.last_group,
            buffer: Vec::new(),
            planted_no_sync: false,
        }
    }

    /// The place that the next request gets.
    pub(crate) fn next_lsn(&self) -> Lsn {
        self.next_lsn
    }

    /// Never gives out a place before `lsn`.
    pub(crate) fn skip_to(&mut self, lsn: Lsn) {
        self.next_lsn = self.next_lsn.max(lsn);
    }

    /// Bytes of all its files.
    pub(crate) fn bytes(&self) -> u64 {
        self.used.iter().chain(&self.free).map(|slot| slot.capacity).sum()
    }

    /// Leaves out the sync that acknowledgement waits for.
    #[doc(hidden)]
    pub(crate) fn plant_no_sync(&mut self) {
        self.planted_no_sync = true;
    }

    /// Appends a group and syncs it; returns the place of its first request. On an error none of
    /// its requests may be acknowledged.
    pub(crate) fn append<'a>(
        &mut self,
        records: impl ExactSizeIterator<Item = &'a Record>,
    ) -> Result<Lsn> {
        let count = records.len() as u32;
        let first = self.next_lsn;
        let mut header = GroupHeader {
            first,
            count,
            payload_len: 0,
            payload_crc: 0,
            previous: self.last_group.0,
            previous_crc: self.last_group.1,
        };
        let mut buffer = std::mem::take(&mut self.buffer);
        header.put_together(records, &mut buffer);
        let written = self.write_twice(&header, &mut buffer);
        buffer.clear();
        buffer.shrink_to(BUFFER_BYTES_KEPT);
        self.buffer = buffer;
        // A number may be on disk even if the write failed, so it is never given out again.
        self.next_lsn = first.plus(u64::from(count));
        written.map_err(|error| {
            Error::unavailable(RETRY_AFTER, "writing the log failed twice").because(error)
        })?;
        self.last_group = (header.last(), header.payload_crc);
        Ok(first)
    }

    fn write_twice(&mut self, header: &GroupHeader, buffer: &mut [u8]) -> std::io::Result<()> {
        if let Err(first_error) = self.write(header, buffer) {
            self.open = false;
            if let Some(slot) = self.used.last_mut() {
                slot.distrusted = true;
            }
            return self.write(header, buffer).inspect_err(|_| self.open = false).map_err(
                |error| std::io::Error::new(error.kind(), format!("{first_error}; then {error}")),
            );
        }
        Ok(())
    }

    fn write(&mut self, header: &GroupHeader, buffer: &mut [u8]) -> std::io::Result<()> {
        let fits = |slot: &Slot| slot.position + buffer.len() as u64 <= slot.capacity;
        if !self.open || !self.used.last().is_some_and(fits) {
            self.open = false;
            self.next_slot(buffer.len() as u64)?;
        }
        let slot = self.used.last_mut().ok_or(std::io::ErrorKind::NotFound)?;
        header.seal(slot.key, buffer);
        slot.last = header.last();
        slot.file.write_all_at(buffer, slot.position)?;
        if !self.planted_no_sync {
            slot.file.sync()?;
        }
        slot.position += buffer.len() as u64;
        Ok(())
    }

    /// Goes on in another file with room for `bytes`.
    fn next_slot(&mut self, bytes: u64) -> std::io::Result<()> {
        let needed = slot::HEADER_BYTES + bytes;
        let sequence = self.next_sequence;
        let key = self.random.next();
        let found = self.free.iter().position(|slot| slot.capacity >= needed);
        let slot = match found {
            Some(found) => {
                let mut slot = self.free.swap_remove(found);
                slot.reuse(sequence, key).map(|()| slot)?
            }
            None => self.make_slot(needed.max(self.slot_bytes), sequence, key)?,
        };
        self.next_sequence += 1;
        self.used.push(slot);
        self.open = true;
        Ok(())
    }

    fn make_slot(&self, capacity: u64, sequence: u64, key: u64) -> std::io::Result<Slot> {
        self.disk.make_folder(Path::new(FOLDER))?;
        let path = PathBuf::from(FOLDER).join(format!("{sequence:08}.log"));
        let made = Slot::make(&*self.disk, &path, capacity, sequence, key);
        if made.is_err() {
            // Half a file would only take up room; if it stays, replay knows it for what it is.
            drop(self.disk.remove(&path));
        }
        made
    }

    /// Whether the file being written is more than half full and no other is ready.
    pub(crate) fn wants_slot(&self) -> bool {
        let filling = self.used.last().is_some_and(|slot| slot.position > slot.capacity / 2);
        self.open && filling && self.free.is_empty()
    }

    /// Makes a file ready for when the present one is full.
    pub(crate) fn prepare_slot(&mut self) -> Result<()> {
        let (sequence, key) = (self.next_sequence, self.random.next());
        let slot = self
            .make_slot(self.slot_bytes, sequence, key)
            .map_err(|error| storage_failed("making a log file", error))?;
        self.next_sequence += 1;
        self.free.push(slot);
        Ok(())
    }

    /// Lets go of files whose requests are all in segments up to `mark`. With `erase` their bytes
    /// are removed from the disk as well, as the deletion of a dataset asks for.
    pub(crate) fn recycle(&mut self, mark: Lsn, erase: bool) -> Result<()> {
        let writing = if self.open { self.used.pop() } else { None };
        let (done, used) = std::mem::take(&mut self.used)
            .into_iter()
            .partition::<Vec<_>, _>(|slot| slot.last <= mark);
        self.used = used;
        self.used.extend(writing);
        if erase {
            // A free file still holds what it was used for.
            for slot in self.free.drain(..) {
                remove(&*self.disk, &slot)?;
            }
        }
        for slot in done {
            let plain = !slot.distrusted && slot.capacity == self.slot_bytes;
            if plain && !erase && self.free.len() < FREE_SLOTS_MAX {
                self.free.push(slot);
            } else {
                remove(&*self.disk, &slot)?;
            }
        }
        Ok(())
    }

    /// Closes the file being written, so that it can be let go of once its requests are flushed.
    pub(crate) fn rotate(&mut self) {
        self.open = false;
    }

    /// The last place of the oldest file that still holds requests beyond `mark`.
    pub(crate) fn held_back_by(&self, mark: Lsn) -> usize {
        self.used.iter().filter(|slot| slot.last > mark).count()
    }
}

fn remove(disk: &dyn Disk, slot: &Slot) -> Result<()> {
    disk.remove(&slot.path).map_err(|error| storage_failed("removing a log file", error))
}

/// An I/O error of the store as an error that says when to try again.
pub(crate) fn storage_failed(doing: &str, error: std::io::Error) -> Error {
    Error::unavailable(RETRY_AFTER, doing).because(error)
}
