//! The write-ahead log: what was acknowledged and is not in a segment yet.
//!
//! Requests are appended in groups; a group is one write and one `fdatasync`, after which all its
//! requests are acknowledged. The log is a few files of fixed size, written full of zeros when they
//! are made and used again once their requests are in segments: overwriting blocks that the file
//! system has already allocated needs no journal commit, which triples the rate (measured: 25,106
//! against 8,142 appends a second of 64 KiB).
//!
//! After a failed write or sync a file is never written again: what reached the disk is unknown.
//! The group is written once more to another file, unless the disk is full; if that fails too, its
//! requests are refused and their numbers are not used again.

mod group;
mod order;
mod replay;
mod slot;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::{Error, Random, Result};

pub(crate) use order::{SlotMade, SlotOrder};
pub use replay::{LogReading, read_log};
pub(crate) use replay::{ReplayMode, Replayed, replay};

use crate::disk::Disk;
use crate::record::{Lsn, Record};
use group::GroupHeader;
use order::is_full;
use slot::Slot;

/// The folder of the log's files.
pub(crate) const FOLDER: &str = "log";
/// The size of a file that requests wait for: a disk writes it in a few milliseconds, and 100,000
/// spans a second take longer to fill it than a file of full size takes to make meanwhile.
const SMALL_SLOT_BYTES: u64 = 8 << 20;
/// Free files kept for the next use; more are removed.
const FREE_SLOTS_MAX: usize = 3;
/// The buffer a group is put together in shrinks back to this.
const BUFFER_BYTES_KEPT: usize = 4 << 20;
/// How long a client waits before it tries again after the log could not be written.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long no new file is made after the disk was full. A file is written full of zeros, so each
/// attempt takes up what is left of the disk for a moment, and with it the room that a flush needs
/// to make an end of it.
const FULL_PAUSE: Duration = Duration::from_secs(1);

/// The writing end of the log.
pub(crate) struct Log {
    disk: Arc<dyn Disk>,
    random: Arc<dyn Random>,
    slot_bytes: u64,
    /// Files with requests, the one being written last.
    used: Vec<Slot>,
    free: Vec<Slot>,
    /// Files to be removed.
    discarded: Vec<Slot>,
    /// Whether files were removed whose removal is not made to last.
    unsynced_removals: bool,
    /// Whether the last of `used` may be appended to.
    open: bool,
    next_sequence: u64,
    next_lsn: Lsn,
    /// The last group that was synced: its last request and its checksum.
    last_group: (Lsn, u32),
    /// The last group that replay found, until it is written once more before the next one. It may
    /// be one whose sync failed and that was refused: then the disk may not have what was read, and
    /// no group must name it as the one before.
    unconfirmed: Option<(GroupHeader, Vec<u8>)>,
    /// Whether that group holds what has to go, and with it the file it is written to.
    erase_unconfirmed: bool,
    /// No new file is made before this time.
    full_until: Duration,
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
            slot_bytes: slot_bytes.next_multiple_of(slot::PAGE_BYTES),
            used: replayed.used,
            free: replayed.free,
            discarded: Vec::new(),
            unsynced_removals: false,
            open: false,
            next_sequence: replayed.next_sequence,
            next_lsn: replayed.next_lsn,
            last_group: replayed.last_group,
            unconfirmed: replayed.last.map(|(header, payload)| (header, header.buffer(&payload))),
            erase_unconfirmed: false,
            full_until: Duration::ZERO,
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
        let slots = self.used.iter().chain(&self.free).chain(&self.discarded);
        slots.map(|slot| slot.capacity).sum()
    }

    /// Leaves out the sync that acknowledgement waits for.
    #[doc(hidden)]
    pub(crate) fn plant_no_sync(&mut self) {
        self.planted_no_sync = true;
    }

    /// Appends a group and syncs it; returns the place of its first request. On an error none of
    /// its requests may be acknowledged. `now` is the time since the start.
    pub(crate) fn append<'a>(
        &mut self,
        records: impl ExactSizeIterator<Item = &'a Record>,
        now: Duration,
    ) -> Result<Lsn> {
        let failed =
            |error| Error::unavailable(RETRY_AFTER, "the log cannot be written").because(error);
        self.confirm(now).map_err(failed)?;
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
        let written = self.write_twice(&header, &mut buffer, now);
        buffer.clear();
        buffer.shrink_to(BUFFER_BYTES_KEPT);
        self.buffer = buffer;
        // A number may be on disk even if the write failed, so it is never given out again.
        self.next_lsn = first.plus(u64::from(count));
        written.map_err(failed)?;
        self.last_group = (header.last(), header.payload_crc);
        Ok(first)
    }

    /// Writes the last group that replay found once more.
    fn confirm(&mut self, now: Duration) -> io::Result<()> {
        let Some((header, mut buffer)) = self.unconfirmed.take() else { return Ok(()) };
        if let Err(error) = self.write_twice(&header, &mut buffer, now) {
            self.unconfirmed = Some((header, buffer));
            return Err(error);
        }
        if self.erase_unconfirmed {
            self.close();
        }
        Ok(())
    }

    fn write_twice(
        &mut self,
        header: &GroupHeader,
        buffer: &mut [u8],
        now: Duration,
    ) -> io::Result<()> {
        let Err(first_error) = self.write(header, buffer, now) else { return Ok(()) };
        self.close();
        if is_full(&first_error) {
            // Another file would find no more room.
            return Err(first_error);
        }
        self.write(header, buffer, now).map_err(|error| {
            self.close();
            io::Error::new(error.kind(), format!("{first_error}; then {error}"))
        })
    }

    /// Never writes the present file again: what a failed write or sync left in it is unknown, or
    /// it is to be let go of soon.
    fn close(&mut self) {
        if self.open
            && let Some(slot) = self.used.last_mut()
        {
            slot.last_use = true;
        }
        self.open = false;
    }

    fn write(&mut self, header: &GroupHeader, buffer: &mut [u8], now: Duration) -> io::Result<()> {
        let fits = |slot: &Slot| slot.position + buffer.len() as u64 <= slot.capacity;
        if !self.open || !self.used.last().is_some_and(fits) {
            self.open = false;
            self.next_slot(buffer.len() as u64, now)?;
        }
        let slot = self.used.last_mut().ok_or(io::ErrorKind::NotFound)?;
        header.seal(slot.key, buffer);
        slot.last = slot.last.max(header.last());
        slot.first_written.get_or_insert(now);
        slot.file.write_all_at(buffer, slot.position)?;
        if !self.planted_no_sync {
            slot.file.sync()?;
        }
        slot.position += buffer.len() as u64;
        Ok(())
    }

    /// Goes on in another file with room for `bytes`.
    fn next_slot(&mut self, bytes: u64, now: Duration) -> io::Result<()> {
        let needed = slot::HEADER_BYTES + bytes;
        let found = self.free.iter().position(|slot| slot.capacity >= needed);
        let slot = match found {
            Some(found) => {
                let (sequence, key) = (self.take_sequence(), self.random.next());
                let mut slot = self.free.swap_remove(found);
                if let Err(error) = slot.reuse(sequence, key) {
                    self.discarded.push(slot);
                    return Err(error);
                }
                slot
            }
            None => {
                let made = self.order(needed.max(self.small_slot_bytes()), now)?.make();
                self.note_full(&made, now);
                made?
            }
        };
        self.used.push(slot);
        self.open = true;
        Ok(())
    }

    fn small_slot_bytes(&self) -> u64 {
        self.slot_bytes.min(SMALL_SLOT_BYTES)
    }

    fn take_sequence(&mut self) -> u64 {
        self.next_sequence += 1;
        self.next_sequence - 1
    }

    /// A new file to be made, unless the disk has just been full.
    fn order(&mut self, capacity: u64, now: Duration) -> io::Result<SlotOrder> {
        if now < self.full_until {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(SlotOrder {
            disk: Arc::clone(&self.disk),
            capacity,
            sequence: self.take_sequence(),
            key: self.random.next(),
            ordered: now,
        })
    }

    fn note_full(&mut self, made: &io::Result<Slot>, now: Duration) {
        if made.as_ref().is_err_and(is_full) {
            self.full_until = now + FULL_PAUSE;
        }
    }

    /// A file to be made ready for when there is none to go on in. The caller makes it while
    /// requests go on, and asks again.
    ///
    /// As after a start, when there is no present file and no other, it is a small one, which is
    /// there before the first requests are. One of full size is wanted as soon as the present file
    /// is a small one or more than half full.
    pub(crate) fn order_slot(&mut self, now: Duration) -> Option<SlotOrder> {
        if !self.open && self.free.is_empty() {
            return self.order(self.small_slot_bytes(), now).ok();
        }
        let is_whole = |slot: &Slot| slot.capacity >= self.slot_bytes;
        let lasts = |slot: &Slot| self.open && is_whole(slot) && slot.position <= slot.capacity / 2;
        let wanted = !self.free.iter().any(is_whole) && !self.used.last().is_some_and(lasts);
        if wanted { self.order(self.slot_bytes, now).ok() } else { None }
    }

    /// Takes the file that was ordered.
    pub(crate) fn take_slot(&mut self, made: SlotMade) -> Result<()> {
        self.note_full(&made.slot, made.ordered);
        let slot = made.slot.map_err(|error| storage_failed("making a log file", error))?;
        self.free.push(slot);
        Ok(())
    }

    /// Lets go of files whose requests are all in segments up to `mark`.
    pub(crate) fn recycle(&mut self, mark: Lsn) -> Result<()> {
        self.unconfirmed.take_if(|(header, _)| header.last() <= mark);
        let writing = if self.open { self.used.pop() } else { None };
        let (done, used) = std::mem::take(&mut self.used)
            .into_iter()
            .partition::<Vec<_>, _>(|slot| slot.last <= mark);
        self.used = used;
        self.used.extend(writing);
        for slot in done {
            let plain = !slot.last_use && slot.capacity == self.slot_bytes;
            match plain && self.free.len() < FREE_SLOTS_MAX {
                true => self.free.push(slot),
                false => self.discarded.push(slot),
            }
        }
        self.remove_discarded()
    }

    /// Lets no byte that is in the log now outlast its use: the deletion of a dataset asks for it.
    /// Free files go with the next [`recycle`](Self::recycle), others once they are let go of.
    pub(crate) fn erase(&mut self) {
        self.open = false;
        self.erase_unconfirmed = true;
        self.discarded.append(&mut self.free);
        for slot in &mut self.used {
            slot.last_use = true;
        }
    }

    /// Erases files that were first written before `time`: on a quiet server they would keep
    /// expired rows long after those have left their segments.
    pub(crate) fn erase_older(&mut self, time: Duration) {
        let is_old = |slot: &Slot| slot.first_written.is_some_and(|first| first < time);
        self.open &= !self.used.last().is_some_and(is_old);
        self.discarded.extend(self.free.extract_if(.., |slot| is_old(slot)));
        for slot in self.used.iter_mut().filter(|slot| is_old(slot)) {
            slot.last_use = true;
        }
    }

    /// Whether all that was to be erased is gone from the disk.
    pub(crate) fn is_erased(&self) -> bool {
        let leaving = self.used.iter().any(|slot| slot.last_use);
        !leaving && self.discarded.is_empty() && !self.unsynced_removals
    }

    fn remove_discarded(&mut self) -> Result<()> {
        while let Some(slot) = self.discarded.last() {
            match self.disk.remove(&slot.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(storage_failed("removing a log file", error));
                }
                _ => {}
            }
            self.unsynced_removals = true;
            self.discarded.pop();
        }
        if self.unsynced_removals {
            // Otherwise a power cut could bring back what was deleted.
            self.disk
                .sync_folder(Path::new(FOLDER))
                .map_err(|error| storage_failed("removing log files", error))?;
            self.unsynced_removals = false;
        }
        Ok(())
    }

    /// How many files hold requests beyond `mark`.
    pub(crate) fn held_back_by(&self, mark: Lsn) -> usize {
        self.used.iter().filter(|slot| slot.last > mark).count()
    }
}

/// An I/O error of the store as an error that says when to try again.
pub(crate) fn storage_failed(doing: &str, error: io::Error) -> Error {
    Error::unavailable(RETRY_AFTER, doing).because(error)
}
