//! How many distinct values there are: exactly up to a hundred thousand, by estimate beyond.
//!
//! Values come as 64-bit hashes. Below the bound the hashes themselves are kept; the chance that
//! two of 100,000 values share one is 3 in 10 billion. Beyond it a HyperLogLog of 16,384 registers
//! takes over, whose standard error is 0.81 %.

use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashSet;
use model::Result;

use super::{Partial, damaged, read_varint, write_varint};

/// Distinct values counted exactly.
pub const DISTINCT_EXACT_MAX: usize = 100_000;
/// The standard error of the estimate beyond.
pub const DISTINCT_ERROR: f64 = 0.0081;

/// Bits of a hash that choose the register.
const REGISTER_BITS: u32 = 14;
const REGISTERS: usize = 1 << REGISTER_BITS;

/// Hashes are as good as random already.
#[derive(Clone, Copy, Debug, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

type Hashes = HashSet<u64, BuildHasherDefault<Identity>>;

/// A set of values that knows its size.
#[derive(Clone, Debug)]
pub(crate) struct DistinctSet {
    shape: Shape,
}

#[derive(Clone, Debug)]
enum Shape {
    Exact(Hashes),
    /// For each register the longest run of zeros seen behind its bits, plus one.
    Estimate(Box<[u8]>),
}

impl Default for DistinctSet {
    fn default() -> Self {
        Self { shape: Shape::Exact(Hashes::default()) }
    }
}

impl PartialEq for DistinctSet {
    fn eq(&self, other: &Self) -> bool {
        match (&self.shape, &other.shape) {
            (Shape::Exact(a), Shape::Exact(b)) => a == b,
            (Shape::Estimate(a), Shape::Estimate(b)) => a == b,
            _ => false,
        }
    }
}

impl DistinctSet {
    /// Adds a value by its hash.
    #[inline]
    pub(crate) fn add(&mut self, hash: u64) {
        match &mut self.shape {
            Shape::Exact(hashes) => {
                hashes.insert(hash);
                if hashes.len() > DISTINCT_EXACT_MAX {
                    self.estimate();
                }
            }
            Shape::Estimate(registers) => note(registers, hash),
        }
    }

    fn estimate(&mut self) {
        if let Shape::Exact(hashes) = &self.shape {
            let mut registers = vec![0; REGISTERS].into_boxed_slice();
            // The order of a set of hashes does not matter to maxima.
            for hash in hashes {
                note(&mut registers, *hash);
            }
            self.shape = Shape::Estimate(registers);
        }
    }

    /// How many values it holds.
    pub(crate) fn count(&self) -> u64 {
        match &self.shape {
            Shape::Exact(hashes) => hashes.len() as u64,
            Shape::Estimate(registers) => {
                let size = REGISTERS as f64;
                let alpha = 0.7213 / (1.0 + 1.079 / size);
                let sum: f64 = registers.iter().map(|run| 0.5f64.powi(i32::from(*run))).sum();
                let estimate = alpha * size * size / sum;
                // The estimate must not fall below what has been counted.
                (estimate.round() as u64).max(DISTINCT_EXACT_MAX as u64 + 1)
            }
        }
    }
}

impl Partial for DistinctSet {
    fn merge(&mut self, other: &Self) {
        match (&mut self.shape, &other.shape) {
            (_, Shape::Exact(hashes)) => {
                for hash in hashes {
                    self.add(*hash);
                }
            }
            (Shape::Exact(_), Shape::Estimate(_)) => {
                self.estimate();
                self.merge(other);
            }
            (Shape::Estimate(mine), Shape::Estimate(theirs)) => {
                for (mine, theirs) in mine.iter_mut().zip(theirs) {
                    *mine = (*mine).max(*theirs);
                }
            }
        }
    }

    fn bytes(&self) -> usize {
        let inside = match &self.shape {
            Shape::Exact(hashes) => hashes.allocation_size(),
            Shape::Estimate(registers) => registers.len(),
        };
        size_of::<Self>() + inside
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match &self.shape {
            Shape::Exact(hashes) => {
                out.push(1);
                write_varint(hashes.len() as u64, out);
                let mut hashes: Vec<u64> = hashes.iter().copied().collect();
                hashes.sort_unstable();
                for hash in hashes {
                    out.extend_from_slice(&hash.to_le_bytes());
                }
            }
            Shape::Estimate(registers) => {
                out.push(0);
                out.extend_from_slice(registers);
            }
        }
    }

    fn decode(mut bytes: &[u8]) -> Result<Self> {
        let (exact, rest) = bytes.split_first().ok_or_else(damaged)?;
        bytes = rest;
        if *exact == 0 {
            if bytes.len() != REGISTERS {
                return Err(damaged());
            }
            return Ok(Self { shape: Shape::Estimate(bytes.into()) });
        }
        let count = read_varint(&mut bytes)? as usize;
        if bytes.len() != count.saturating_mul(8) {
            return Err(damaged());
        }
        let hashes = bytes.as_chunks::<8>().0.iter().map(|hash| u64::from_le_bytes(*hash));
        Ok(Self { shape: Shape::Exact(hashes.collect()) })
    }
}

fn note(registers: &mut [u8], hash: u64) {
    let register = (hash >> (u64::BITS - REGISTER_BITS)) as usize;
    let run = (hash << REGISTER_BITS | 1 << (REGISTER_BITS - 1)).leading_zeros() as u8 + 1;
    registers[register] = registers[register].max(run);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u64) -> u64 {
        let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn of(values: impl Iterator<Item = u64>) -> DistinctSet {
        let mut set = DistinctSet::default();
        values.for_each(|n| set.add(hash(n)));
        set
    }

    /// Guarantees: exact up to the bound, within three standard errors beyond it.
    #[test]
    fn counts() {
        for n in [0, 1, 7, 99_999, 100_000] {
            assert_eq!(of((0..n).chain(0..n)).count(), n);
        }
        for n in [100_001u64, 250_000, 1_000_000] {
            let error = (of(0..n).count() as f64 / n as f64 - 1.0).abs();
            assert!(error < 3.0 * DISTINCT_ERROR, "{n}: {error}");
        }
    }

    /// Guarantees: parts merge to the whole, in any shape, also through bytes.
    #[test]
    fn merging() {
        for (n, cut) in [(10, 3), (150_000, 20), (150_000, 120_000), (300_000, 150_000)] {
            let (mut front, back) = (of(0..cut), of(cut / 2..n));
            let mut bytes = Vec::new();
            back.encode(&mut bytes);
            front.merge(&DistinctSet::decode(&bytes).unwrap());
            assert_eq!(front, of(0..n), "{n} {cut}");
        }
    }
}
