//! Medians and percentiles of repeated measurements.
//!
//! Nearest rank throughout, as the load generator has it: each figure is one that was measured.

use std::time::Duration;

/// The smallest of `values` that at least `share` of them do not exceed; 0 if there is none.
pub(super) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    let last = sorted.len().saturating_sub(1);
    sorted.get(rank.saturating_sub(1).min(last)).copied().unwrap_or_default()
}

/// The median.
pub(super) fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// A time in milliseconds.
pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::{median, percentile};

    /// Guarantees: a percentile is the nearest-rank one, whatever order the values come in.
    #[test]
    fn nearest_rank() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 0.99), 99.0);
        assert_eq!(percentile(&values, 1.0), 100.0);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[]), 0.0);
    }
}
