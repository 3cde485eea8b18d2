//! How many spans one span stands for.
//!
//! The attribute `sampleRate` decides, else `SampleRate`, wherever it stands; the one that decides
//! is not kept as an attribute. Without either, the sampling threshold in the trace state does.

use model::{Random as _, SeededRandom, Value};

/// The attribute that decides.
pub(crate) const CHOSEN_FIRST: &str = "sampleRate";
/// The attribute that decides where the other is not.
pub(crate) const CHOSEN_SECOND: &str = "SampleRate";

/// Bits of a threshold.
const THRESHOLD_BITS: u32 = 56;
/// Fractional rates up to this are rounded up or down by chance, so that sums stay right; beyond it
/// the error of rounding does not matter.
const ROUND_BY_CHANCE_BELOW: f64 = 100.0;

/// The sample rate that a value says: halves are rounded up, and what makes no sense is one.
pub fn of_value(value: &Value<'_>) -> u32 {
    let number = match value {
        Value::Int(int) => *int as f64,
        Value::Float(float) => *float,
        Value::Text(text) => text.trim().parse().unwrap_or(1.0),
        Value::Bool(_) => 1.0,
    };
    to_rate(number)
}

/// Half up; what makes no sense is one.
fn to_rate(number: f64) -> u32 {
    let rounded = (number + 0.5).floor();
    if rounded >= 1.0 { rounded.min(f64::from(i32::MAX)) as u32 } else { 1 }
}

/// The rate that a trace state's sampling threshold says, if it has one that reads.
pub(crate) fn of_trace_state(trace_state: &str, chance: &SeededRandom) -> Option<u32> {
    let threshold = trace_state.split(',').find_map(|member| {
        let (vendor, value) = member.trim().split_once('=')?;
        match vendor {
            "ot" => value.split(';').find_map(|field| field.strip_prefix("th:")),
            "th" => Some(value),
            _ => None,
        }
    })?;
    let digits = threshold.len() as u32;
    if digits == 0 || digits * 4 > THRESHOLD_BITS {
        return None;
    }
    if !threshold.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let threshold = u64::from_str_radix(threshold, 16).ok()? << (THRESHOLD_BITS - digits * 4);
    let all = 1u64 << THRESHOLD_BITS;
    let rate = all as f64 / (all - threshold) as f64;
    let fraction = rate.fract();
    if fraction == 0.0 || rate > ROUND_BY_CHANCE_BELOW {
        return Some(to_rate(rate));
    }
    let drawn = (chance.next() >> 11) as f64 / (1u64 << 53) as f64;
    let rounded = if drawn < fraction { rate.ceil() } else { rate.floor() };
    Some(to_rate(rounded))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: rates come from every kind of value, and nonsense counts as one.
    #[test]
    fn values() {
        for (value, rate) in [
            (Value::Int(10), 10),
            (Value::Int(-3), 1),
            (Value::Int(i64::MAX), i32::MAX as u32),
            (Value::Float(2.6), 3),
            (Value::Float(2.5), 3),
            (Value::Float(f64::NAN), 1),
            (Value::Text("7"), 7),
            (Value::Text("junk"), 1),
            (Value::Bool(true), 1),
        ] {
            assert_eq!(of_value(&value), rate, "{value:?}");
        }
    }

    /// Guarantees: thresholds become rates, on average the exact ones.
    #[test]
    fn thresholds() {
        let chance = SeededRandom::new(1);
        for (state, rate) in [
            ("ot=th:c", Some(4)),
            ("ot=th:0", Some(1)),
            ("th=8", Some(2)),
            ("vendor=1, ot=rv:abc;th:8", Some(2)),
            ("ot=th:zz", None),
            ("ot=th:", None),
            ("ot=th:fffffffffffffff", None),
            ("vendor=th:c", None),
        ] {
            assert_eq!(of_trace_state(state, &chance), rate, "{state}");
        }
        let sum: u32 = (0..10_000).filter_map(|_| of_trace_state("ot=th:4", &chance)).sum();
        assert!((13_000..13_700).contains(&sum), "4/3 on average: {sum}");
    }
}
