//! Percentiles by hand, and beside the values that the buckets were made of.

use proptest::prelude::*;

use super::*;
use crate::metrics::parts::Buckets;

fn percentiles(point: &PointParts<'_>, is_exponential: bool) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    let mut take = |quantile: Quantile, value| found.push((quantile.to_string(), value));
    if is_exponential {
        of_exponential(point, &mut take);
    } else {
        of_histogram(point, &mut take).unwrap();
    }
    found
}

fn histogram(counts: &[u64], bounds: &[f64]) -> PointParts<'static> {
    PointParts {
        counts: counts.to_vec(),
        bounds: bounds.iter().map(|bound| bound.to_bits()).collect(),
        ..PointParts::default()
    }
}

/// Guarantees: values are spread evenly within a bucket; open ones end at the least and greatest
/// value, or at zero and the last bound; without any end there is no percentile.
#[test]
fn by_hand() {
    let some = |min, max| (Some(min), Some(max));
    let (none, counts) = ((None, None), [10, 20, 10]);
    for (counts, bounds, (min, max), expected) in [
        (&counts[..], &[10.0, 20.0][..], none, [("p25", 10.0), ("p50", 15.0), ("p99", 20.0)]),
        (&counts, &[10.0, 20.0], none, [("p10", 4.0), ("p75", 20.0), ("p80", 20.0)]),
        (&counts, &[10.0, 20.0], some(5.0, 30.0), [("p10", 7.0), ("p50", 15.0), ("p95", 28.0)]),
        (&counts, &[-20.0, -10.0], none, [("p10", -20.0), ("p50", -15.0), ("p80", -10.0)]),
        (&[4], &[], some(0.0, 8.0), [("p25", 2.0), ("p50", 4.0), ("p75", 6.0)]),
        (&[0, 4, 0], &[1.0, 9.0], some(2.0, 6.0), [("p25", 3.0), ("p50", 4.0), ("p75", 5.0)]),
        (&[0, 4, 0], &[1.0, 9.0], some(7.0, 3.0), [("p25", 3.0), ("p50", 5.0), ("p75", 7.0)]),
    ] {
        let point = PointParts { min, max, ..histogram(counts, bounds) };
        let found = percentiles(&point, false);
        assert_eq!(found.len(), 13);
        for (name, value) in expected {
            let (_, found) = found.iter().find(|(known, _)| known == name).unwrap();
            assert!((found - value).abs() < 1e-9, "{name} of {counts:?}: {found}, not {value}");
        }
    }
    for (counts, bounds) in [(&[4][..], &[][..]), (&[], &[]), (&[0, 0], &[1.0])] {
        assert_eq!(percentiles(&histogram(counts, bounds), false), []);
    }
}

/// Guarantees: numbers beyond all reason give percentiles that are finite, or none.
#[test]
fn beyond_reason() {
    let buckets = |offset| Buckets { offset, counts: vec![u64::MAX; 3] };
    for scale in [i32::MIN, -1_100, -11, 0, 20, 1_100, i32::MAX] {
        for offset in [i32::MIN, -1, 0, i32::MAX] {
            for zero_threshold in [0.0, -1.0, f64::MAX, f64::INFINITY, f64::NAN] {
                let point = PointParts {
                    scale,
                    zero_threshold,
                    zero_count: u64::MAX,
                    positive: buckets(offset),
                    negative: buckets(offset),
                    min: Some(f64::NAN),
                    max: Some(f64::NEG_INFINITY),
                    ..PointParts::default()
                };
                let found = percentiles(&point, true);
                assert!(found.iter().all(|(_, value)| value.is_finite()));
                assert!(found.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{found:?}");
            }
        }
    }
}

/// Asks of every percentile that it lies in the bucket of the value that has its rank.
fn check(
    values: &mut [f64],
    found: &[(String, f64)],
    bucket_of: impl Fn(f64) -> (f64, f64),
) -> Result<(), TestCaseError> {
    values.sort_by(f64::total_cmp);
    prop_assert_eq!(found.len(), 13);
    for (quantile, (name, estimate)) in TOLD.iter().zip(found) {
        let rank = (quantile.number() * values.len() as f64).ceil().max(1.0);
        let value = values[rank as usize - 1];
        let (low, high) = bucket_of(value);
        let slack = high.abs().max(low.abs()) * 1e-9;
        let is_within = (low - slack..=high + slack).contains(estimate);
        prop_assert!(is_within, "{}: {} for {} in {:?}", name, estimate, value, (low, high));
    }
    Ok(())
}

proptest! {
    /// Guarantees: a percentile of a histogram is in the bucket of the true one.
    #[test]
    fn near_the_values(
        mut values in proptest::collection::vec(-50.0..150.0f64, 1..200),
        bounds in proptest::collection::btree_set(-40..120i32, 1..8),
        has_ends in any::<bool>(),
    ) {
        let bounds: Vec<f64> = bounds.into_iter().map(f64::from).collect();
        let mut counts = vec![0; bounds.len() + 1];
        for value in &values {
            counts[bounds.partition_point(|bound| bound < value)] += 1;
        }
        let mut point = histogram(&counts, &bounds);
        let least = values.iter().copied().fold(f64::MAX, f64::min);
        let greatest = values.iter().copied().fold(f64::MIN, f64::max);
        if has_ends {
            (point.min, point.max) = (Some(least), Some(greatest));
        }
        check(&mut values, &percentiles(&point, false), |value| {
            let at = bounds.partition_point(|bound| *bound < value);
            // Nothing is known of open buckets but where they begin, unless the ends are.
            let low = if at == 0 { least.min(bounds[0]) } else { bounds[at - 1] };
            let high = bounds.get(at).copied().unwrap_or(greatest.max(low));
            (low.min(0.0_f64.min(high)).max(if at == 0 { f64::MIN } else { low }), high)
        })?;
    }

    /// Guarantees: a percentile of an exponential histogram is in the bucket of the true one.
    #[test]
    fn near_the_values_of_powers(
        mut values in proptest::collection::vec(-1e4..1e4f64, 1..200),
        scale in -3..7i32,
    ) {
        let threshold = 0.5;
        let base = 2f64.powf(2f64.powi(-scale));
        let index = |size: f64| (size.log(base).ceil() as i64) - 1;
        let mut point = PointParts { scale, zero_threshold: threshold, ..PointParts::default() };
        for is_negative in [true, false] {
            let sizes: Vec<f64> = values
                .iter()
                .filter(|value| value.abs() > threshold && value.is_sign_negative() == is_negative)
                .map(|value| value.abs())
                .collect();
            let Some(offset) = sizes.iter().map(|size| index(*size)).min() else { continue };
            let last = sizes.iter().map(|size| index(*size)).max().unwrap();
            let mut counts = vec![0; (last - offset + 1) as usize];
            for size in sizes {
                counts[(index(size) - offset) as usize] += 1;
            }
            let side = if is_negative { &mut point.negative } else { &mut point.positive };
            *side = Buckets { offset: offset as i32, counts };
        }
        point.zero_count = values.iter().filter(|value| value.abs() <= threshold).count() as u64;
        check(&mut values, &percentiles(&point, true), |value| {
            if value.abs() <= threshold {
                return (-threshold, threshold);
            }
            let at = index(value.abs());
            let (low, high) = (base.powf(at as f64), base.powf(at as f64 + 1.0));
            if value < 0.0 { (-high, -low) } else { (low, high) }
        })?;
    }
}
