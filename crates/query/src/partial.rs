//! Partial results of aggregates: what is known of some rows, and can be merged with what is known
//! of others.
//!
//! They merge between batches, threads, memtable and segments, and between spill files, always with
//! the same outcome. Every way of answering a query yields these.

mod distinct;
mod histogram;
mod moments;

pub(crate) use distinct::DistinctSet;
pub use distinct::{DISTINCT_ERROR, DISTINCT_EXACT_MAX};
pub(crate) use histogram::Histogram;
pub use histogram::{EvenBuckets, HeatmapBucket};
pub(crate) use moments::{FloatMoments, IntMoments};

use model::{Error, Result};

/// What is known of some rows, to be merged with what is known of others.
pub(crate) trait Partial: Default {
    /// Adds everything that another one holds.
    fn merge(&mut self, other: &Self);

    /// What it occupies in memory.
    fn bytes(&self) -> usize;

    /// Appends it as bytes, the form in which it is spilled and sent.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads what [`Partial::encode`] wrote.
    fn decode(bytes: &[u8]) -> Result<Self>;
}

/// Appends an unsigned LEB128 number.
fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads what [`write_varint`] wrote off the front of `bytes`.
fn read_varint(bytes: &mut &[u8]) -> Result<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().ok_or_else(damaged)?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if *first < 0x80 {
            return Ok(value);
        }
    }
    Err(damaged())
}

fn damaged() -> Error {
    Error::bug("a partial result does not read")
}
