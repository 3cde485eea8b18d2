//! A log-linear histogram: percentiles and heatmaps from one state.
//!
//! A bucket is the upper bits of the number itself, six of them behind the binary point: 64 buckets
//! an octave, so that the middle of a bucket is at most 0.79 % off any value in it, over the whole
//! range of numbers, with exact powers of two as edges. Up to 64 distinct values are kept as they
//! are, so that small groups answer exactly.

use model::Result;

use super::{Partial, damaged, read_varint, write_varint};

/// Bits of a double that do not tell buckets apart.
const SHIFT: u32 = 52 - 6;
/// Distinct values kept as they are.
const EXACT_MAX: usize = 64;
/// Buckets kept as a sorted list; more become an array.
const SPARSE_MAX: usize = 192;
/// The widest array, in buckets: half a megabyte. What is spread wider stays a list.
const DENSE_MAX: usize = 1 << 16;
/// Fine buckets that one bucket of a heatmap is made of: a quarter of an octave.
const FINE_PER_COARSE: u64 = 16;

/// A bucket of a heatmap and the weight in it. For positive values `low <= value < high`, for
/// negative ones `low < value <= high`; zero has a bucket of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatmapBucket {
    /// The edge nearer to minus infinity.
    pub low: f64,
    /// The edge nearer to infinity.
    pub high: f64,
    /// The weight of the values in it.
    pub weight: u64,
}

/// How many buckets of equal width a heatmap has: as many as a picture of it shows.
const EVEN_BUCKETS: usize = 50;

/// Weights in buckets of equal width, from the least value to the greatest, which the last bucket
/// holds too. A value lies at most one bucket off, and exactly where there are few distinct ones.
#[derive(Clone, Debug, PartialEq)]
pub struct EvenBuckets {
    /// Where the first bucket begins.
    pub least: f64,
    /// Where the last one ends.
    pub greatest: f64,
    /// The width of each; above zero.
    pub width: f64,
    /// The weights, empty ones among them.
    pub weights: Vec<u64>,
}

/// The distribution of weighted numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Histogram {
    shape: Shape,
    total: u64,
    least: f64,
    greatest: f64,
}

#[derive(Clone, Debug)]
enum Shape {
    /// Distinct values in order.
    Exact(Vec<(f64, u64)>),
    /// Buckets in order.
    Sparse(Vec<(i32, u64)>),
    /// Consecutive buckets from `base` on.
    Dense { base: i32, weights: Vec<u64> },
}

impl Default for Shape {
    fn default() -> Self {
        Self::Exact(Vec::new())
    }
}

impl PartialEq for Shape {
    /// Equal if they hold the same; a list and an array of the same buckets do.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) => a == b,
            (Self::Exact(_), _) | (_, Self::Exact(_)) => false,
            _ => self.buckets().eq(other.buckets()),
        }
    }
}

impl Shape {
    /// Buckets with any weight, in order.
    fn buckets(&self) -> Box<dyn Iterator<Item = (i32, u64)> + '_> {
        match self {
            Self::Exact(values) => {
                Box::new(values.iter().map(|(value, weight)| (bucket_of(*value), *weight)))
            }
            Self::Sparse(buckets) => Box::new(buckets.iter().copied()),
            Self::Dense { base, weights } => Box::new(
                weights
                    .iter()
                    .enumerate()
                    .filter(|(_, weight)| **weight > 0)
                    .map(move |(at, weight)| (base + at as i32, *weight)),
            ),
        }
    }
}

/// The bucket of a finite number: 0 for zero, counted away from it on both sides.
#[inline]
fn bucket_of(value: f64) -> i32 {
    if value == 0.0 {
        return 0;
    }
    let place = (value.abs().to_bits() >> SHIFT) as i32 + 1;
    if value > 0.0 { place } else { -place }
}

/// The edges of a bucket's distance from zero.
fn edges_of(bucket: i32) -> (f64, f64) {
    if bucket == 0 {
        return (0.0, 0.0);
    }
    let place = u64::from(bucket.unsigned_abs()) - 1;
    (f64::from_bits(place << SHIFT), f64::from_bits((place + 1) << SHIFT))
}

impl Histogram {
    /// Adds a number that stands for `weight` of its kind. What is not finite is not a number.
    #[inline]
    pub(crate) fn add(&mut self, value: f64, weight: u64) {
        if !value.is_finite() || weight == 0 {
            return;
        }
        if self.total == 0 {
            (self.least, self.greatest) = (value, value);
        }
        self.total += weight;
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
        match &mut self.shape {
            Shape::Dense { base, weights } => {
                let at = (bucket_of(value) - *base) as usize;
                if let Some(slot) = weights.get_mut(at) {
                    *slot += weight;
                    return;
                }
                self.add_bucket(bucket_of(value), weight);
            }
            Shape::Exact(values) => {
                match values.binary_search_by(|(known, _)| known.total_cmp(&value)) {
                    Ok(found) => values[found].1 += weight,
                    Err(place) if values.len() < EXACT_MAX => values.insert(place, (value, weight)),
                    Err(_) => {
                        self.leave_exact();
                        self.add_bucket(bucket_of(value), weight);
                    }
                }
            }
            Shape::Sparse(_) => self.add_bucket(bucket_of(value), weight),
        }
    }

    fn leave_exact(&mut self) {
        if let Shape::Exact(values) = &mut self.shape {
            let mut buckets: Vec<(i32, u64)> = Vec::with_capacity(values.len());
            for (value, weight) in values.drain(..) {
                let bucket = bucket_of(value);
                match buckets.last_mut() {
                    Some(last) if last.0 == bucket => last.1 += weight,
                    _ => buckets.push((bucket, weight)),
                }
            }
            self.shape = Shape::Sparse(buckets);
        }
    }

    fn add_bucket(&mut self, bucket: i32, weight: u64) {
        match &mut self.shape {
            Shape::Exact(_) => {
                self.leave_exact();
                self.add_bucket(bucket, weight);
            }
            Shape::Sparse(buckets) => {
                match buckets.binary_search_by_key(&bucket, |(known, _)| *known) {
                    Ok(found) => buckets[found].1 += weight,
                    Err(place) => buckets.insert(place, (bucket, weight)),
                }
                let (first, last) = (buckets[0].0, buckets[buckets.len() - 1].0);
                let width = (last - first) as usize + 1;
                if buckets.len() > SPARSE_MAX && width <= DENSE_MAX {
                    let mut weights = vec![0; width];
                    for (bucket, weight) in buckets.iter() {
                        weights[(bucket - first) as usize] = *weight;
                    }
                    self.shape = Shape::Dense { base: first, weights };
                }
            }
            Shape::Dense { base, weights } => {
                let first = bucket.min(*base);
                let end = (bucket + 1).max(*base + weights.len() as i32);
                let width = (end - first) as usize;
                if width > DENSE_MAX {
                    let buckets = self.shape.buckets().collect();
                    self.shape = Shape::Sparse(buckets);
                    return self.add_bucket(bucket, weight);
                }
                let before = (*base - first) as usize;
                weights.splice(0..0, std::iter::repeat_n(0, before));
                weights.resize(width, 0);
                *base = first;
                weights[(bucket - first) as usize] += weight;
            }
        }
    }

    /// The smallest value at or below which `permille` thousandths of the weight lie; none if there
    /// is no weight. Off by at most 0.79 %, exact where there are few distinct values.
    pub(crate) fn quantile(&self, permille: u32) -> Option<f64> {
        let wanted = u128::from(permille) * u128::from(self.total);
        let mut below: u128 = 0;
        if let Shape::Exact(values) = &self.shape {
            return values.iter().find_map(|(value, weight)| {
                below += u128::from(*weight) * 1_000;
                (below >= wanted).then_some(*value)
            });
        }
        let found = self.shape.buckets().find(|(_, weight)| {
            below += u128::from(*weight) * 1_000;
            below >= wanted
        });
        let (low, high) = edges_of(found?.0);
        let middle = (low + high) / 2.0;
        let value = if found?.0 < 0 { -middle } else { middle };
        Some(value.clamp(self.least, self.greatest))
    }

    /// The weights in buckets of equal width; none if there is no weight. One value has one bucket.
    pub(crate) fn even(&self) -> Option<EvenBuckets> {
        let (least, greatest) = (self.least, self.greatest);
        if self.total == 0 {
            return None;
        }
        if least == greatest {
            let weights = vec![self.total];
            return Some(EvenBuckets { least, greatest: least + 1.0, width: 1.0, weights });
        }
        // Half of the greatest distance between two numbers is still a number.
        let half = greatest / 2.0 - least / 2.0;
        let width = (half / EVEN_BUCKETS as f64 * 2.0).max(f64::MIN_POSITIVE);
        let mut weights = vec![0; EVEN_BUCKETS];
        let mut put = |value: f64, weight: u64| {
            let place = (value.clamp(least, greatest) / 2.0 - least / 2.0) / (width / 2.0);
            weights[(place as usize).min(EVEN_BUCKETS - 1)] += weight;
        };
        match &self.shape {
            Shape::Exact(values) => values.iter().for_each(|(value, weight)| put(*value, *weight)),
            shape => shape.buckets().for_each(|(bucket, weight)| {
                let (low, high) = edges_of(bucket);
                let middle = low + (high - low) / 2.0;
                put(if bucket < 0 { -middle } else { middle }, weight);
            }),
        }
        Some(EvenBuckets { least, greatest, width, weights })
    }

    /// The weights by quarters of an octave, ascending, empty ones left out. Their counts are
    /// exact.
    pub(crate) fn heatmap(&self) -> Vec<HeatmapBucket> {
        let mut buckets: Vec<HeatmapBucket> = Vec::new();
        for (bucket, weight) in self.shape.buckets() {
            let (low, high) = coarse_edges_of(bucket);
            match buckets.last_mut() {
                Some(last) if last.low == low && last.high == high => last.weight += weight,
                _ => buckets.push(HeatmapBucket { low, high, weight }),
            }
        }
        buckets
    }
}

impl Partial for Histogram {
    fn merge(&mut self, other: &Self) {
        if other.total == 0 {
            return;
        }
        if let Shape::Exact(values) = &other.shape {
            for (value, weight) in values {
                self.add(*value, *weight);
            }
            return;
        }
        self.leave_exact();
        (self.least, self.greatest) = match self.total {
            0 => (other.least, other.greatest),
            _ => (self.least.min(other.least), self.greatest.max(other.greatest)),
        };
        self.total += other.total;
        for (bucket, weight) in other.shape.buckets() {
            self.add_bucket(bucket, weight);
        }
    }

    fn bytes(&self) -> usize {
        let inside = match &self.shape {
            Shape::Exact(values) => values.capacity() * size_of::<(f64, u64)>(),
            Shape::Sparse(buckets) => buckets.capacity() * size_of::<(i32, u64)>(),
            Shape::Dense { weights, .. } => weights.capacity() * size_of::<u64>(),
        };
        size_of::<Self>() + inside
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let exact = matches!(self.shape, Shape::Exact(_));
        out.push(u8::from(exact));
        if let Shape::Exact(values) = &self.shape {
            write_varint(values.len() as u64, out);
            for (value, weight) in values {
                out.extend_from_slice(&value.to_bits().to_le_bytes());
                write_varint(*weight, out);
            }
            return;
        }
        out.extend_from_slice(&self.least.to_bits().to_le_bytes());
        out.extend_from_slice(&self.greatest.to_bits().to_le_bytes());
        let mut previous = i64::from(i32::MIN);
        write_varint(self.shape.buckets().count() as u64, out);
        for (bucket, weight) in self.shape.buckets() {
            write_varint((i64::from(bucket) - previous) as u64, out);
            write_varint(weight, out);
            previous = i64::from(bucket);
        }
    }

    fn decode(mut bytes: &[u8]) -> Result<Self> {
        let (exact, rest) = bytes.split_first().ok_or_else(damaged)?;
        bytes = rest;
        let mut histogram = Self::default();
        if *exact == 1 {
            for _ in 0..read_varint(&mut bytes)? {
                let value = read_f64(&mut bytes)?;
                histogram.add(value, read_varint(&mut bytes)?);
            }
            return Ok(histogram);
        }
        (histogram.least, histogram.greatest) = (read_f64(&mut bytes)?, read_f64(&mut bytes)?);
        let mut previous = i64::from(i32::MIN);
        let mut buckets = Vec::new();
        for _ in 0..read_varint(&mut bytes)? {
            previous += read_varint(&mut bytes)? as i64;
            let weight = read_varint(&mut bytes)?;
            histogram.total += weight;
            buckets.push((previous as i32, weight));
        }
        histogram.shape = Shape::Sparse(buckets);
        Ok(histogram)
    }
}

/// The edges of the heatmap bucket that a fine bucket lies in, the lower one first.
fn coarse_edges_of(bucket: i32) -> (f64, f64) {
    if bucket == 0 {
        return (0.0, 0.0);
    }
    let place = (u64::from(bucket.unsigned_abs()) - 1) / FINE_PER_COARSE * FINE_PER_COARSE;
    let (near, far) =
        (f64::from_bits(place << SHIFT), f64::from_bits((place + FINE_PER_COARSE) << SHIFT));
    if bucket > 0 { (near, far) } else { (-far, -near) }
}

fn read_f64(bytes: &mut &[u8]) -> Result<f64> {
    let (first, rest) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
    *bytes = rest;
    Ok(f64::from_bits(u64::from_le_bytes(*first)))
}

#[cfg(test)]
mod tests;
