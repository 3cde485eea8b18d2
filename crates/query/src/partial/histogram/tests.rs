use proptest::prelude::*;

use super::*;

fn of(values: &[(f64, u64)]) -> Histogram {
    let mut histogram = Histogram::default();
    values.iter().for_each(|(value, weight)| histogram.add(*value, *weight));
    histogram
}

fn exact_quantile(values: &[(f64, u64)], permille: u32) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: u64 = sorted.iter().map(|(_, weight)| weight).sum();
    let mut below = 0;
    for (value, weight) in sorted {
        below += weight;
        if u128::from(below) * 1_000 >= u128::from(permille) * u128::from(total) {
            return value;
        }
    }
    unreachable!("the last value is at or above everything")
}

/// Guarantees: groups with few distinct values answer exactly.
#[test]
fn few_values_are_exact() {
    let histogram = of(&[(1.0, 1), (1_000.0, 1), (-3.5, 2)]);
    assert_eq!(histogram.quantile(500), Some(-3.5));
    assert_eq!(histogram.quantile(750), Some(1.0));
    assert_eq!(histogram.quantile(999), Some(1_000.0));
    assert_eq!(Histogram::default().quantile(500), None);
}

/// Guarantees: buckets of equal width go from the least value to the greatest, hold few values
/// exactly, and exist for one value, for the greatest numbers, and not for none.
#[test]
fn even_buckets() {
    let even = of(&[(10.0, 1), (-50.0, 3), (50.0, 2)]).even().unwrap();
    assert_eq!((even.least, even.greatest, even.width), (-50.0, 50.0, 2.0));
    let found: Vec<(usize, u64)> =
        even.weights.iter().copied().enumerate().filter(|(_, weight)| *weight > 0).collect();
    assert_eq!((found, even.weights.len()), (vec![(0, 3), (30, 1), (49, 2)], 50));
    let one = of(&[(7.5, 4)]).even().unwrap();
    assert_eq!(one, EvenBuckets { least: 7.5, greatest: 8.5, width: 1.0, weights: vec![4] });
    let widest = of(&[(f64::MIN, 1), (f64::MAX, 1)]).even().unwrap();
    assert!(widest.width.is_finite(), "{widest:?}");
    assert_eq!((widest.weights[0], widest.weights[49]), (1, 1));
    assert_eq!(Histogram::default().even(), None);
}

/// Guarantees: what is not a number changes nothing.
#[test]
fn not_numbers() {
    let histogram = of(&[(f64::NAN, 1), (f64::INFINITY, 1), (5.0, 0), (2.0, 3)]);
    assert_eq!(histogram.total, 3);
    assert_eq!(histogram.quantile(999), Some(2.0));
}

/// Guarantees: numbers spread over the whole range neither fail nor take more than they should.
#[test]
fn wide_spread() {
    let values: Vec<(f64, u64)> = (0..2_000)
        .map(|n| (1.5f64.powi(n % 1_700 - 850) * if n % 2 == 0 { 1.0 } else { -1.0 }, 1))
        .collect();
    let histogram = of(&values);
    assert_eq!(histogram.total, 2_000);
    assert!(histogram.bytes() < 100_000, "{}", histogram.bytes());
}

fn values() -> impl Strategy<Value = Vec<(f64, u64)>> {
    let value = prop_oneof![
        6 => 0.001..1e6f64,
        2 => -1e6..1e6f64,
        1 => Just(0.0),
        1 => (-40i32..40).prop_map(|power| 2f64.powi(power)),
    ];
    proptest::collection::vec((value, 1u64..1_000), 1..600)
}

proptest! {
    /// Guarantees: every percentile is within 0.8 % of the exact one.
    #[test]
    fn quantiles(values in values(), permille in 1u32..1_000) {
        let found = of(&values).quantile(permille).unwrap();
        let exact = exact_quantile(&values, permille);
        prop_assert!((found - exact).abs() <= exact.abs() * 0.008, "{found} for {exact}");
    }

    /// Guarantees: it does not matter in which parts values came, nor whether a part went through
    /// bytes.
    #[test]
    fn merging(values in values(), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(values.len());
        let (mut front, back) = (of(&values[..cut]), of(&values[cut..]));
        let mut bytes = Vec::new();
        back.encode(&mut bytes);
        front.merge(&Histogram::decode(&bytes).unwrap());
        prop_assert_eq!(front, of(&values));
    }

    /// Guarantees: the buckets of a heatmap hold just the weights of their values.
    #[test]
    fn heatmaps(values in values()) {
        let buckets = of(&values).heatmap();
        prop_assert!(buckets.is_sorted_by(|a, b| a.low < b.low));
        for bucket in &buckets {
            let inside = |value: f64| match bucket.low {
                low if low == 0.0 && bucket.high == 0.0 => value == 0.0,
                low if low >= 0.0 => value != 0.0 && low <= value && value < bucket.high,
                low => low < value && value <= bucket.high && value != 0.0,
            };
            let weight: u64 = values.iter().filter(|(v, _)| inside(*v)).map(|(_, w)| w).sum();
            prop_assert_eq!(bucket.weight, weight, "{:?}", bucket);
        }
        let all: u64 = buckets.iter().map(|bucket| bucket.weight).sum();
        prop_assert_eq!(all, values.iter().map(|(_, weight)| weight).sum::<u64>());
    }

    /// Guarantees: buckets of equal width lose no weight.
    #[test]
    fn even_buckets_hold_all(values in values()) {
        let even = of(&values).even().unwrap();
        let all: u64 = values.iter().map(|(_, weight)| weight).sum();
        prop_assert_eq!(even.weights.iter().sum::<u64>(), all);
    }
}
