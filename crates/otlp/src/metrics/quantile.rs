//! Quantiles, and what their columns are called.
//!
//! The name is the digits behind the decimal point, two at least: `p50`, `p05`, `p999`. Honeycomb's
//! own percentiles are named so, and a summary's may be any.

use std::fmt;

/// Digits that a name can have: 0.999999 is the finest quantile that anybody asked for.
const DIGITS_MAX: usize = 6;
/// Quantiles are counted in pieces of this.
const WHOLE: u32 = 1_000_000;

/// A quantile between zero and one, not these themselves, to six digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Quantile(u32);

/// Those that every distribution is told by, ascending. The list is Honeycomb's.
pub(super) const TOLD: [Quantile; 13] = [
    Quantile(1_000),
    Quantile(10_000),
    Quantile(50_000),
    Quantile(100_000),
    Quantile(200_000),
    Quantile(250_000),
    Quantile(500_000),
    Quantile(750_000),
    Quantile(800_000),
    Quantile(900_000),
    Quantile(950_000),
    Quantile(990_000),
    Quantile(999_000),
];

impl Quantile {
    /// The nearest to a number between zero and one, not these themselves.
    pub(super) fn nearest(number: f64) -> Self {
        let pieces = (number * f64::from(WHOLE)).round();
        Self((pieces as u32).clamp(1, WHOLE - 1))
    }

    pub(super) fn number(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE)
    }

    /// It as a number that can be packed: at least 1, less than a million.
    pub(super) const fn code(self) -> u32 {
        self.0
    }

    pub(super) const fn of_code(code: u32) -> Self {
        Self(code)
    }

    /// The quantile of a name, if it is spelled as `Display` does.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let digits = name.strip_prefix('p')?;
        let is_shortest = digits.len() == 2 || !digits.ends_with('0');
        if !(2..=DIGITS_MAX).contains(&digits.len()) || !is_shortest {
            return None;
        }
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let number: u32 = digits.parse().ok()?;
        let code = number * 10u32.pow((DIGITS_MAX - digits.len()) as u32);
        (code > 0).then_some(Self(code))
    }
}

impl fmt::Display for Quantile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut digits, mut width) = (self.0, DIGITS_MAX);
        while width > 2 && digits.is_multiple_of(10) {
            digits /= 10;
            width -= 1;
        }
        write!(f, "p{digits:0width$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: the percentiles that are told have the documented names.
    #[test]
    fn names_of_those_told() {
        let names: Vec<_> = TOLD.iter().map(Quantile::to_string).collect();
        let documented = "p001 p01 p05 p10 p20 p25 p50 p75 p80 p90 p95 p99 p999";
        assert_eq!(names.join(" "), documented);
    }

    /// Guarantees: any quantile has the name of its digits, and the name leads back to it.
    #[test]
    fn names_lead_back() {
        for (number, name) in [
            (0.5, "p50"),
            (0.98, "p98"),
            (0.6, "p60"),
            (0.025, "p025"),
            (0.9999, "p9999"),
            (0.999999, "p999999"),
            (1.0 - 1e-12, "p999999"),
            (1e-12, "p000001"),
            (0.3333333333, "p333333"),
        ] {
            let quantile = Quantile::nearest(number);
            assert_eq!(quantile.to_string(), name);
            assert_eq!(Quantile::of_name(name), Some(quantile));
        }
        for name in ["p", "p5", "p00", "p500", "p0000001", "p5x", "P50", "p+50", "p000000"] {
            assert_eq!(Quantile::of_name(name), None, "{name}");
        }
    }
}
