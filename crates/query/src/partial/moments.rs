//! Count, sum, least and greatest of weighted numbers.

use model::Result;

use super::{Partial, damaged};

/// Of integers, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IntMoments {
    /// The weight of the values.
    pub weight: u64,
    /// Their weighted sum.
    pub sum: i128,
    /// The least.
    pub least: i64,
    /// The greatest.
    pub greatest: i64,
}

impl Default for IntMoments {
    fn default() -> Self {
        Self { weight: 0, sum: 0, least: i64::MAX, greatest: i64::MIN }
    }
}

impl IntMoments {
    /// Adds a number that stands for `weight` of its kind.
    #[inline]
    pub(crate) fn add(&mut self, value: i64, weight: u64) {
        self.weight += weight;
        self.sum += i128::from(value) * i128::from(weight);
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
    }
}

impl Partial for IntMoments {
    fn merge(&mut self, other: &Self) {
        self.weight += other.weight;
        self.sum += other.sum;
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    fn bytes(&self) -> usize {
        size_of::<Self>()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.weight.to_le_bytes());
        out.extend_from_slice(&self.sum.to_le_bytes());
        out.extend_from_slice(&self.least.to_le_bytes());
        out.extend_from_slice(&self.greatest.to_le_bytes());
    }

    fn decode(mut bytes: &[u8]) -> Result<Self> {
        Ok(Self {
            weight: u64::from_le_bytes(take(&mut bytes)?),
            sum: i128::from_le_bytes(take(&mut bytes)?),
            least: i64::from_le_bytes(take(&mut bytes)?),
            greatest: i64::from_le_bytes(take(&mut bytes)?),
        })
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>().ok_or_else(damaged)?;
    *bytes = rest;
    Ok(*first)
}

/// Of floats. The sum carries what rounding cuts off (Neumaier), so that it hardly depends on the
/// order in which parts are merged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FloatMoments {
    /// The weight of the values.
    pub weight: u64,
    /// Their weighted sum, without the carry.
    pub sum: f64,
    /// What the sum lacks.
    pub carry: f64,
    /// The least.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
}

impl Default for FloatMoments {
    fn default() -> Self {
        Self { weight: 0, sum: 0.0, carry: 0.0, least: f64::INFINITY, greatest: f64::NEG_INFINITY }
    }
}

impl FloatMoments {
    /// Adds a number that stands for `weight` of its kind. What is not finite is not a number.
    #[inline]
    pub(crate) fn add(&mut self, value: f64, weight: u64) {
        if !value.is_finite() {
            return;
        }
        self.weight += weight;
        self.plus(value * weight as f64);
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
    }

    fn plus(&mut self, value: f64) {
        let sum = self.sum + value;
        self.carry += match self.sum.abs() >= value.abs() {
            true => (self.sum - sum) + value,
            false => (value - sum) + self.sum,
        };
        self.sum = sum;
    }

    /// The sum.
    pub(crate) fn total(&self) -> f64 {
        // Beyond the largest number there is nothing to carry.
        if self.sum.is_finite() { self.sum + self.carry } else { self.sum }
    }
}

impl Partial for FloatMoments {
    fn merge(&mut self, other: &Self) {
        self.weight += other.weight;
        self.plus(other.sum);
        self.carry += other.carry;
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    fn bytes(&self) -> usize {
        size_of::<Self>()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.weight.to_le_bytes());
        for float in [self.sum, self.carry, self.least, self.greatest] {
            out.extend_from_slice(&float.to_le_bytes());
        }
    }

    fn decode(mut bytes: &[u8]) -> Result<Self> {
        Ok(Self {
            weight: u64::from_le_bytes(take(&mut bytes)?),
            sum: f64::from_le_bytes(take(&mut bytes)?),
            carry: f64::from_le_bytes(take(&mut bytes)?),
            least: f64::from_le_bytes(take(&mut bytes)?),
            greatest: f64::from_le_bytes(take(&mut bytes)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: large terms that cancel do not take small ones with them.
    #[test]
    fn compensated() {
        let mut moments = FloatMoments::default();
        for value in [1.0, 1e100, 1.0, -1e100] {
            moments.add(value, 1);
        }
        assert_eq!(moments.total(), 2.0);
    }

    /// Guarantees: integers beyond the precision of floats are summed exactly.
    #[test]
    fn exact_integers() {
        let mut moments = IntMoments::default();
        moments.add(i64::MAX, 1_000);
        moments.add(1, 1);
        assert_eq!(moments.sum, i128::from(i64::MAX) * 1_000 + 1);
    }
}
