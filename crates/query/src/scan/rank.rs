//! An order of rows by one number, and the bound in it that a search for the first rows raises.
//!
//! While rows are found, the rank of the last one that would still be listed rises. Everything
//! below it is left out: row groups by their bounds, unread, and rows before other conditions are
//! looked at.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arrow::array::{Array as _, AsArray as _, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{Float64Type, Int64Type};
use model::{Base, Result};

use super::bind::Unit;
use super::chunk::Chunk;
use super::values::FieldValues;
use crate::field::Field;

/// What rows are ordered by; the greatest come first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rank {
    /// When they happened, ns.
    Newest,
    /// The number that a field has. Rows without one have no rank.
    Greatest(Field),
}

/// The rank of a number: greater for greater ones, of any sign and size.
pub(crate) fn rank_of(number: f64) -> i64 {
    let bits = number.to_bits() as i64;
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

impl Rank {
    /// The rank of each row.
    pub(crate) fn of(&self, chunk: &dyn Chunk) -> Result<Vec<Option<i64>>> {
        match self {
            Self::Newest => {
                let times = chunk.base(Base::Time);
                let times = times.as_ref().map(|times| times.as_primitive::<Int64Type>().values());
                Ok((0..chunk.rows()).map(|row| Some(times?[row])).collect())
            }
            Self::Greatest(field) => {
                let numbers = FieldValues::of(field, chunk)?.numbers();
                let numbers = numbers.as_primitive::<Float64Type>();
                let rank = |row: usize| {
                    let number = numbers.is_valid(row).then(|| numbers.value(row))?;
                    (!number.is_nan()).then(|| rank_of(number))
                };
                Ok((0..chunk.rows()).map(rank).collect())
            }
        }
    }
}

/// The ranks that are of interest.
#[derive(Debug)]
pub(crate) struct Ranking {
    rank: Rank,
    least: AtomicI64,
    most: i64,
}

impl Ranking {
    /// All ranks up to `most`.
    pub(crate) fn new(rank: Rank, most: i64) -> Self {
        Self { rank, least: AtomicI64::new(i64::MIN), most }
    }

    /// What it orders by.
    pub(crate) fn rank(&self) -> &Rank {
        &self.rank
    }

    /// Nothing below is of interest any more.
    pub(crate) fn raise(&self, least: i64) {
        self.least.fetch_max(least, Ordering::Relaxed);
    }

    /// Whether rows of which none is above `greatest` can be of interest.
    pub(crate) fn may_have(&self, greatest: i64) -> bool {
        greatest >= self.least.load(Ordering::Relaxed)
    }

    /// Which rows are of interest.
    pub(crate) fn mask(&self, chunk: &dyn Chunk) -> Result<BooleanArray> {
        let bounds = self.least.load(Ordering::Relaxed)..=self.most;
        let ranks = self.rank.of(chunk)?;
        let passes = |row: usize| ranks[row].is_some_and(|rank| bounds.contains(&rank));
        Ok(BooleanArray::new(BooleanBuffer::collect_bool(chunk.rows(), passes), None))
    }
}

/// The order in which units are read: those first that may hold the greatest ranks, since they
/// raise the bound.
pub(super) fn best_first(units: &[Arc<Unit>]) -> VecDeque<usize> {
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by_key(|unit| Reverse(units[*unit].rank_max()));
    order.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: ranks order numbers as numbers are ordered.
    #[test]
    fn ranks_order_numbers() {
        let numbers = [f64::NEG_INFINITY, -2.5, -1e-300, 0.0, 1e-300, 0.5, 1.0, 1e300];
        assert!(numbers.map(rank_of).is_sorted());
        assert!(rank_of(-0.0) < rank_of(f64::MIN_POSITIVE));
    }
}
