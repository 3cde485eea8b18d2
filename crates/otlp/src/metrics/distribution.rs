//! Percentiles of distributions that are known by their buckets.
//!
//! Values are taken as evenly spread between the ends of a bucket, as far as the least and the
//! greatest value leave room, and a percentile is where as many values as it says lie below. It is
//! therefore never further from the true one than its bucket is wide.

use super::parts::PointParts;
use super::quantile::{Quantile, TOLD};
use crate::problems::{Fault, Reason};

/// Values between two numbers.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    low: f64,
    high: f64,
    count: u64,
}

/// The least and the greatest value, where they are known.
#[derive(Clone, Copy, Debug)]
struct Ends {
    min: Option<f64>,
    max: Option<f64>,
}

impl Ends {
    /// Those of a point, unless they make no sense.
    fn of(point: &PointParts<'_>) -> Self {
        let min = point.min.filter(|min| min.is_finite());
        let max = point.max.filter(|max| max.is_finite());
        match (min, max) {
            (Some(min), Some(max)) if min > max => Self { min: None, max: None },
            _ => Self { min, max },
        }
    }

    /// A bucket without what lies beyond the ends.
    fn narrow(self, bucket: Bucket) -> Bucket {
        let is_within = |end: &f64| bucket.low < *end && *end < bucket.high;
        Bucket {
            low: self.min.filter(is_within).unwrap_or(bucket.low),
            high: self.max.filter(is_within).unwrap_or(bucket.high),
            count: bucket.count,
        }
    }

    fn hold(self, value: f64) -> f64 {
        let value = self.min.map_or(value, |min| value.max(min));
        self.max.map_or(value, |max| value.min(max))
    }
}

/// The percentiles of a histogram with explicit bounds; none if it has no buckets.
pub(super) fn of_histogram(
    point: &PointParts<'_>,
    take: &mut impl FnMut(Quantile, f64),
) -> Result<(), Fault> {
    let (counts, bounds) = (&point.counts, &point.bounds);
    if counts.is_empty() && bounds.is_empty() {
        return Ok(());
    }
    if counts.len() != bounds.len() + 1 {
        let (counts, bounds) = (counts.len(), bounds.len());
        let detail = format!("{counts} bucket_counts with {bounds} explicit_bounds");
        return Err(Fault::new(Reason::BucketsUnlikeBounds, detail));
    }
    let bound = |at: usize| bounds.get(at).map(|bits| f64::from_bits(*bits));
    let is_ascending = |at: usize| match (bound(at), bound(at + 1)) {
        (Some(low), Some(high)) => low < high,
        _ => true,
    };
    let is_right = |at: usize| bound(at).is_some_and(f64::is_finite) && is_ascending(at);
    if let Some(wrong) = (0..bounds.len()).find(|at| !is_right(*at)) {
        let detail = format!("explicit_bounds[{wrong}]");
        return Err(Fault::new(Reason::BoundsNotAscending, detail));
    }
    let ends = Ends::of(point);
    // The outermost buckets are open. The first one begins at zero if nothing says otherwise and it
    // ends above, because what has such buckets is mostly sizes and times.
    let first = || ends.min.or_else(|| bound(0).map(|bound| bound.min(0.0)));
    let last = || ends.max.or_else(|| bound(bounds.len().checked_sub(1)?));
    let (Some(first), Some(last)) = (first(), last()) else { return Ok(()) };
    let bucket = |(at, count): (usize, &u64)| {
        let low = at.checked_sub(1).and_then(bound);
        let high = bound(at);
        Bucket {
            low: low.unwrap_or_else(|| high.map_or(first, |high| first.min(high))),
            high: high.unwrap_or_else(|| low.map_or(last, |low| last.max(low))),
            count: *count,
        }
    };
    told(counts.iter().enumerate().map(bucket), ends, take);
    Ok(())
}

/// The percentiles of an exponential histogram; none if it has no buckets.
pub(super) fn of_exponential(point: &PointParts<'_>, take: &mut impl FnMut(Quantile, f64)) {
    let PointParts { scale, positive, negative, zero_count, .. } = point;
    // Buckets end at the powers of 2^(2^-scale).
    let step = (-f64::from(*scale)).exp2();
    let bound = |index: i64| match index {
        0 => 1.0,
        index => (index as f64 * step).exp2().min(f64::MAX),
    };
    let at = |offset: i32, place: usize| i64::from(offset) + place as i64;
    let below = negative.counts.iter().enumerate().rev().map(|(place, count)| {
        let index = at(negative.offset, place);
        Bucket { low: -bound(index + 1), high: -bound(index), count: *count }
    });
    let above = positive.counts.iter().enumerate().map(|(place, count)| {
        let index = at(positive.offset, place);
        Bucket { low: bound(index), high: bound(index + 1), count: *count }
    });
    // What is near zero lies on the side on which the rest lies.
    let threshold = point.zero_threshold.clamp(0.0, f64::MAX);
    let threshold = if threshold.is_nan() { 0.0 } else { threshold };
    let has = |counts: &[u64]| counts.iter().any(|count| *count > 0);
    let (is_below, is_above) = (has(&negative.counts), has(&positive.counts));
    let zero = Bucket {
        low: if is_above && !is_below { 0.0 } else { -threshold },
        high: if is_below && !is_above { 0.0 } else { threshold },
        count: *zero_count,
    };
    told(below.chain([zero]).chain(above), Ends::of(point), take);
}

/// Gives every percentile that is told to `take`, but for those that no float can hold.
fn told(
    buckets: impl Iterator<Item = Bucket> + Clone,
    ends: Ends,
    take: &mut impl FnMut(Quantile, f64),
) {
    let total: u128 = buckets.clone().map(|bucket| u128::from(bucket.count)).sum();
    let rank_of = |quantile: &Quantile| quantile.number() * total as f64;
    let mut quantiles = TOLD.iter().peekable();
    let mut below: u128 = 0;
    for bucket in buckets.filter(|bucket| bucket.count > 0) {
        let bucket = ends.narrow(bucket);
        let through = below + u128::from(bucket.count);
        while let Some(quantile) = quantiles.next_if(|next| rank_of(next) <= through as f64) {
            let part = (rank_of(quantile) - below as f64) / bucket.count as f64;
            let value = bucket.low * (1.0 - part) + bucket.high * part;
            let value = ends.hold(value.max(bucket.low).min(bucket.high));
            if value.is_finite() {
                take(*quantile, value);
            }
        }
        below = through;
    }
}

#[cfg(test)]
mod tests;
