//! The trace index beside a segment: in which rows a trace has spans, without reading any column.
//!
//! An entry is 16 bytes: a hash of the trace id, a row group, and a bitmap of 32 blocks of 4,096
//! rows. Entries are sorted by hash, which is as good as random, so a lookup guesses the place and
//! mostly reads once. The key is a hash and not the id because some tracers' ids share their first
//! bytes. The index also holds the checksum of the segment's file, which cannot hold its own.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Error, Result, TraceId};

use crate::disk::DiskFile;
use crate::log::storage_failed;

const MAGIC: &[u8; 8] = b"TRKWTIX2";
/// Magic, number of entries, checksum of the entries, of the segment's file, and of the header.
const HEADER_BYTES: u64 = 8 + 8 + 4 + 4 + 4;
const ENTRY_BYTES: usize = 16;
/// Rows that one bit of an entry stands for.
pub const BLOCK_ROWS: usize = 4_096;
/// Most rows of a row group: one bit for each block.
pub const GROUP_ROWS_MAX: usize = 32 * BLOCK_ROWS;
/// Entries read around the guessed place at once: one page of the file.
const WINDOW: u64 = 256;
/// Matching entries read at once: a trace lies in one or two row groups of a segment.
const MATCHES_READ: u64 = 4;

/// Where a trace has rows: one row group of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceRows {
    /// The row group.
    pub group: u32,
    /// Bit `n` is set if rows `n * 4,096` up to the next block hold the trace (or one of its hash).
    pub blocks: u32,
}

/// Collects a segment's trace ids.
#[derive(Debug, Default)]
pub(crate) struct TraceIndexBuilder {
    entries: HashMap<(u64, u32), u32>,
}

impl TraceIndexBuilder {
    /// Notes that a row has a trace id.
    pub(crate) fn add(&mut self, id: TraceId, group: u32, row: usize) {
        debug_assert!(row < GROUP_ROWS_MAX, "row groups have at most 32 blocks");
        *self.entries.entry((hash(id), group)).or_default() |= 1 << (row / BLOCK_ROWS);
    }

    /// Notes an entry of another index, whose row group has another number here.
    pub(crate) fn add_entry(&mut self, hash: u64, rows: TraceRows) {
        *self.entries.entry((hash, rows.group)).or_default() |= rows.blocks;
    }

    /// The index file's bytes; `file_crc` is the checksum of the segment's file.
    pub(crate) fn finish(self, file_crc: u32) -> Vec<u8> {
        let mut entries: Vec<_> = self.entries.into_iter().collect();
        entries.sort_unstable();
        let mut body = Vec::with_capacity(entries.len() * ENTRY_BYTES);
        for ((hash, group), blocks) in &entries {
            body.extend_from_slice(&hash.to_le_bytes());
            body.extend_from_slice(&group.to_le_bytes());
            body.extend_from_slice(&blocks.to_le_bytes());
        }
        let mut out = Vec::with_capacity(HEADER_BYTES as usize + body.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&(entries.len() as u64).to_le_bytes());
        out.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        out.extend_from_slice(&file_crc.to_le_bytes());
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        out.extend_from_slice(&body);
        out
    }
}

/// An open trace index.
pub struct TraceIndex {
    file: Arc<dyn DiskFile>,
    entries: u64,
    crc: u32,
    file_crc: u32,
}

impl TraceIndex {
    /// Reads the header of an index.
    pub fn open(file: Arc<dyn DiskFile>) -> Result<Self> {
        let mut header = [0; HEADER_BYTES as usize];
        let damaged = || Error::corrupt("the header of the trace index is damaged");
        let length = file.len().map_err(|error| storage_failed("reading a trace index", error))?;
        if length < HEADER_BYTES {
            return Err(damaged());
        }
        read(&*file, &mut header, 0)?;
        let (fields, crc) = header.split_at(HEADER_BYTES as usize - 4);
        let entries = number(&fields[8..16]);
        let body = entries.saturating_mul(ENTRY_BYTES as u64).saturating_add(HEADER_BYTES);
        if !fields.starts_with(MAGIC)
            || crc32fast::hash(fields).to_le_bytes() != crc
            || length != body
        {
            return Err(damaged());
        }
        let (crc, file_crc) = (number(&fields[16..20]) as u32, number(&fields[20..24]) as u32);
        Ok(Self { file, entries, crc, file_crc })
    }

    /// The checksum that the segment's file must have.
    pub(crate) fn file_crc(&self) -> u32 {
        self.file_crc
    }

    /// How many bytes stand before the entries, and the checksum of these.
    pub(crate) fn body_crc(&self) -> (u64, u32) {
        (HEADER_BYTES, self.crc)
    }

    /// The row groups and blocks that may hold a trace.
    pub fn find(&self, id: TraceId) -> Result<Vec<TraceRows>> {
        let hash = hash(id);
        let mut found = Vec::new();
        let mut at = self.lower_bound(hash)?;
        while at < self.entries {
            let end = (at + MATCHES_READ).min(self.entries);
            for (key, rows) in self.read_entries(at, end)? {
                if key != hash {
                    return Ok(found);
                }
                found.push(rows);
            }
            at = end;
        }
        Ok(found)
    }

    /// The first entry whose key is not below `hash`.
    fn lower_bound(&self, hash: u64) -> Result<u64> {
        let (mut low, mut high) = (0, self.entries);
        // Hashes are spread evenly: the place is nearly known.
        let mut guess = ((u128::from(hash) * u128::from(self.entries)) >> 64) as u64;
        while low < high {
            let start = guess.saturating_sub(WINDOW / 2).clamp(low, high - 1);
            let end = (start + WINDOW).min(high);
            let window = self.read_entries(start, end)?;
            match window.partition_point(|(key, _)| *key < hash) {
                0 => high = start,
                below if below == window.len() => low = end,
                below => return Ok(start + below as u64),
            }
            guess = low + (high - low) / 2;
        }
        Ok(low)
    }

    /// Every entry: hash and rows. Checks the checksum.
    pub(crate) fn read_all(&self) -> Result<Vec<(u64, TraceRows)>> {
        let mut body = vec![0; self.entries as usize * ENTRY_BYTES];
        read(&*self.file, &mut body, HEADER_BYTES)?;
        if crc32fast::hash(&body) != self.crc {
            return Err(Error::corrupt("the trace index is damaged"));
        }
        Ok(body.chunks_exact(ENTRY_BYTES).map(entry).collect())
    }

    fn read_entries(&self, start: u64, end: u64) -> Result<Vec<(u64, TraceRows)>> {
        let mut bytes = vec![0; (end - start) as usize * ENTRY_BYTES];
        read(&*self.file, &mut bytes, HEADER_BYTES + start * ENTRY_BYTES as u64)?;
        Ok(bytes.chunks_exact(ENTRY_BYTES).map(entry).collect())
    }
}

fn entry(bytes: &[u8]) -> (u64, TraceRows) {
    let rows =
        TraceRows { group: number(&bytes[8..12]) as u32, blocks: number(&bytes[12..16]) as u32 };
    (number(&bytes[..8]), rows)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn read(file: &dyn DiskFile, buffer: &mut [u8], offset: u64) -> Result<()> {
    file.read_exact_at(buffer, offset)
        .map_err(|error| storage_failed("reading a trace index", error))
}

/// The key of a trace: a hash that spreads evenly. Part of the file format.
pub(crate) fn hash(id: TraceId) -> u64 {
    let (front, back) = id.bytes().split_at(8);
    mix(number(front) ^ mix(number(back)))
}

fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

#[cfg(test)]
mod tests;
