//! Reads the log after a start: every synced group, in order, and nothing else.
//!
//! The last group may be torn, since its requests were not acknowledged. Anything else that does
//! not read although a later group does is damage, and is reported instead of skipped; unless what
//! is missing has long been flushed.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::{Error, Result};

use super::group::{GroupHeader, HEADER_LEN};
use super::slot::{Found, HEADER_BYTES, PAGE_BYTES, Slot, read_header};
use super::{FOLDER, storage_failed};
use crate::disk::{Disk, DiskFile};
use crate::record::{Lsn, Record};

/// The rest of a file is looked through in pieces of this size.
const SCAN_BYTES: usize = 1 << 20;

/// What replay found, for the log to go on from.
pub(crate) struct Replayed {
    pub(super) used: Vec<Slot>,
    pub(super) free: Vec<Slot>,
    pub(super) next_sequence: u64,
    pub(super) next_lsn: Lsn,
    pub(super) last_group: (Lsn, u32),
    /// The last group, if it is beyond the mark, and its requests.
    pub(super) last: Option<(GroupHeader, Bytes)>,
    /// Requests handed out.
    pub(crate) records: u64,
    /// Requests known to be lost, where damage was accepted.
    pub(crate) lost: u64,
    /// Whether damage was accepted.
    pub(crate) is_damaged: bool,
}

impl Replayed {
    fn after(mark: Lsn) -> Self {
        Self {
            used: Vec::new(),
            free: Vec::new(),
            next_sequence: 1,
            next_lsn: mark.plus(1),
            last_group: (mark, 0),
            last: None,
            records: 0,
            lost: 0,
            is_damaged: false,
        }
    }
}

/// How replay goes about the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReplayMode {
    /// Requests up to here are in segments.
    pub(crate) mark: Lsn,
    /// Goes on behind damage and counts what is lost, instead of stopping with an error.
    pub(crate) accept_damage: bool,
    /// Takes a group although its checksum is wrong: a planted bug that the simulation must notice.
    pub(crate) planted_ignore_crc: bool,
}

/// Hands every request beyond the mark to `take`, in order.
pub(crate) fn replay(
    disk: &Arc<dyn Disk>,
    mode: ReplayMode,
    mut take: impl FnMut(Lsn, Record) -> Result<()>,
) -> Result<Replayed> {
    let mut replayed = Replayed::after(mode.mark);
    let slots = open_slots(&**disk, mode, &mut replayed, true)?;
    replay_slots(slots, mode, replayed, &mut take)
}

fn replay_slots(
    mut slots: Vec<Slot>,
    mode: ReplayMode,
    mut replayed: Replayed,
    mut take: impl FnMut(Lsn, Record) -> Result<()>,
) -> Result<Replayed> {
    slots.sort_by_key(|slot| slot.sequence);
    let mut chain = Chain { mode, accepted: HashMap::new() };
    for mut slot in slots {
        replayed.next_sequence = replayed.next_sequence.max(slot.sequence + 1);
        replay_slot(&mut slot, &mut chain, &mut replayed, &mut take)?;
        if slot.last == Lsn::NONE {
            replayed.free.push(slot);
        } else {
            replayed.used.push(slot);
        }
    }
    Ok(replayed)
}

/// How [`read_log`] goes about a log.
#[derive(Clone, Copy, Debug)]
pub struct LogReading {
    /// Requests up to here are passed over.
    pub mark: Lsn,
    /// Goes on behind damage instead of stopping with an error.
    pub accept_damage: bool,
    /// Takes groups whose checksum is wrong, to see what becomes of their bytes.
    pub ignore_checksums: bool,
}

/// Hands every request that a folder's log has beyond a mark to `take`, in order, and changes
/// nothing. Returns how many there are.
pub fn read_log(
    disk: &Arc<dyn Disk>,
    reading: LogReading,
    mut take: impl FnMut(Lsn, Record) -> Result<()>,
) -> Result<u64> {
    let mode = ReplayMode {
        mark: reading.mark,
        accept_damage: reading.accept_damage,
        planted_ignore_crc: reading.ignore_checksums,
    };
    let slots = open_slots(&**disk, mode, &mut Replayed::after(mode.mark), false)?;
    replay_slots(slots, mode, Replayed::after(mode.mark), &mut take)
        .map(|replayed| replayed.records)
}

/// The log's files that were taken into use. With `tidy`, others are removed.
fn open_slots(
    disk: &dyn Disk,
    mode: ReplayMode,
    replayed: &mut Replayed,
    tidy: bool,
) -> Result<Vec<Slot>> {
    let paths = disk
        .list(Path::new(FOLDER))
        .map_err(|error| storage_failed("listing the log's files", error))?;
    let mut slots = Vec::new();
    // Whatever else somebody keeps there is none of the log's business.
    for path in paths.into_iter().filter(|path| path.extension() == Some(OsStr::new("log"))) {
        // File names are given out in sequence, also to files that were never taken into use.
        let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|s| s.parse().ok());
        replayed.next_sequence = replayed.next_sequence.max(number.unwrap_or(0) + 1);
        let failed = |error| storage_failed(&format!("reading {}", path.display()), error);
        let file = disk.open(&path).map_err(failed)?;
        if tidy {
            // A server that was killed may have left bytes that are read here and would still be
            // lost with the power.
            file.sync().map_err(failed)?;
        }
        match read_header(&*file).map_err(failed)? {
            Found::Header(header) => slots.push(Slot {
                capacity: whole_length(&*file, &path, header.capacity, mode, replayed)?,
                sequence: header.sequence,
                key: header.key,
                position: HEADER_BYTES,
                last: Lsn::NONE,
                first_written: Some(Duration::ZERO),
                last_use: false,
                file,
                path,
            }),
            Found::Unused => {
                drop(file);
                if tidy {
                    disk.remove(&path).map_err(failed)?;
                }
            }
            Found::Damaged => {
                return Err(Error::corrupt(format!(
                    "the header of {} is damaged: restore the file from a backup, or remove it to \
                     go on without the requests in it",
                    path.display()
                )));
            }
        }
    }
    Ok(slots)
}

/// The length of a log file, which is made at its full length and stays so.
fn whole_length(
    file: &dyn DiskFile,
    path: &Path,
    made: u64,
    mode: ReplayMode,
    replayed: &mut Replayed,
) -> Result<u64> {
    let length = file
        .len()
        .map_err(|error| storage_failed(&format!("reading {}", path.display()), error))?;
    if length >= made {
        return Ok(made);
    }
    if mode.accept_damage {
        replayed.is_damaged = true;
        return Ok(length / PAGE_BYTES * PAGE_BYTES);
    }
    Err(Error::corrupt(format!(
        "{} is cut: it has {length} of {made} bytes; restore the log folder from a backup, or \
         start with --accept-log-damage to go on without what is lost",
        path.display()
    )))
}

/// The groups accepted so far, by which the next one must be preceded.
struct Chain {
    mode: ReplayMode,
    accepted: HashMap<Lsn, u32>,
}

impl Chain {
    /// Whether the group before `header` is flushed or was accepted.
    fn continues(&self, header: &GroupHeader) -> bool {
        header.previous <= self.mode.mark
            || self.accepted.get(&header.previous) == Some(&header.previous_crc)
    }
}

fn replay_slot(
    slot: &mut Slot,
    chain: &mut Chain,
    replayed: &mut Replayed,
    take: &mut impl FnMut(Lsn, Record) -> Result<()>,
) -> Result<()> {
    loop {
        while let Some((header, payload)) = read_group(slot, slot.position, chain.mode)? {
            slot.position += header.padded_len();
            slot.last = slot.last.max(header.last());
            if header.last() > chain.mode.mark {
                accept(slot, chain, &header, payload, replayed, take)?;
            }
        }
        let Some((position, later)) = find_group_behind(slot, chain.mode)? else { return Ok(()) };
        if !chain.continues(&later) {
            let what = format!(
                "{} is damaged at byte {}: a group does not read although a later one does, from \
                 request {} on",
                slot.path.display(),
                slot.position,
                later.first
            );
            damaged(chain.mode, replayed, &later, what)?;
            chain.accepted.insert(later.previous, later.previous_crc);
        }
        slot.position = position;
    }
}

fn accept(
    slot: &Slot,
    chain: &mut Chain,
    header: &GroupHeader,
    payload: Bytes,
    replayed: &mut Replayed,
    take: &mut impl FnMut(Lsn, Record) -> Result<()>,
) -> Result<()> {
    if !chain.continues(header) {
        let what = format!(
            "the log has lost requests {} to {}, which should stand before those in {}",
            replayed.last_group.0.plus(1),
            header.previous,
            slot.path.display()
        );
        damaged(chain.mode, replayed, header, what)?;
    }
    replayed.last_group = (header.last(), header.payload_crc);
    replayed.last = Some((*header, payload.clone()));
    // A group whose first sync failed stands in two files.
    if chain.accepted.insert(header.last(), header.payload_crc).is_none() {
        hand_out(slot, header, payload, chain.mode.mark, replayed, take)?;
    }
    Ok(())
}

fn hand_out(
    slot: &Slot,
    header: &GroupHeader,
    mut payload: Bytes,
    mark: Lsn,
    replayed: &mut Replayed,
    take: &mut impl FnMut(Lsn, Record) -> Result<()>,
) -> Result<()> {
    for at in 0..u64::from(header.count) {
        let lsn = header.first.plus(at);
        let record = Record::decode(&mut payload).ok_or_else(|| {
            Error::corrupt(format!("request {lsn} in {} does not read", slot.path.display()))
        })?;
        replayed.next_lsn = replayed.next_lsn.max(lsn.plus(1));
        // A generation may end, and the mark with it, in the middle of a group.
        if lsn > mark {
            replayed.records += 1;
            take(lsn, record)?;
        }
    }
    Ok(())
}

/// Notes that everything between the last accepted group and `next` is lost, or fails.
fn damaged(
    mode: ReplayMode,
    replayed: &mut Replayed,
    next: &GroupHeader,
    what: String,
) -> Result<()> {
    if mode.accept_damage {
        // Numbers between the group before and this one were never acknowledged.
        replayed.lost += next.previous.0.saturating_sub(replayed.last_group.0.0);
        replayed.is_damaged = true;
        return Ok(());
    }
    Err(Error::corrupt(format!(
        "{what}; restore the log folder from a backup, or start with --accept-log-damage to go on \
         without what is lost"
    )))
}

/// The group at `position`, if one reads.
fn read_group(
    slot: &Slot,
    position: u64,
    mode: ReplayMode,
) -> Result<Option<(GroupHeader, Bytes)>> {
    let failed = |error| storage_failed(&format!("reading {}", slot.path.display()), error);
    let mut header = [0; HEADER_LEN];
    if position + HEADER_LEN as u64 > slot.capacity {
        return Ok(None);
    }
    slot.file.read_exact_at(&mut header, position).map_err(failed)?;
    let Some(header) = GroupHeader::decode(slot.key, &header) else { return Ok(None) };
    if position + header.padded_len() > slot.capacity {
        return Ok(None);
    }
    let mut payload = vec![0; header.payload_len as usize];
    slot.file.read_exact_at(&mut payload, position + HEADER_LEN as u64).map_err(failed)?;
    let intact = crc32fast::hash(&payload) == header.payload_crc;
    Ok((intact || mode.planted_ignore_crc).then(|| (header, Bytes::from(payload))))
}

/// A whole group of this use of the file, somewhere behind the slot's position, and where it is.
fn find_group_behind(slot: &Slot, mode: ReplayMode) -> Result<Option<(u64, GroupHeader)>> {
    let failed = |error| storage_failed(&format!("reading {}", slot.path.display()), error);
    let mut piece = vec![0; SCAN_BYTES];
    let mut at = slot.position + PAGE_BYTES;
    while at < slot.capacity {
        let length = SCAN_BYTES.min((slot.capacity - at) as usize);
        slot.file.read_exact_at(&mut piece[..length], at).map_err(failed)?;
        for page in (0..length).step_by(PAGE_BYTES as usize) {
            if GroupHeader::decode(slot.key, &piece[page..length]).is_none() {
                continue;
            }
            let position = at + page as u64;
            if let Some((header, _)) = read_group(slot, position, mode)? {
                return Ok(Some((position, header)));
            }
        }
        at += length as u64;
    }
    Ok(None)
}
