//! Moments and lengths of time as flags say them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::NANOS_PER_SECOND;
use serde_json::{Number, Value};

use crate::quantity::parse_keeping;

/// What a moment may be, for errors.
pub(super) const MOMENT: &str = "a time such as 2026-11-21T14:00:00Z, 2026-11-21 14:00 (which is \
     UTC), 1795269600 (Unix seconds) or 2h (so long ago)";

/// A length of time in seconds: `90s`, `15m`, `2h`, `7d`, `1w`.
pub(super) fn read_length(text: &str) -> Result<u64, String> {
    let length = parse_keeping(text).flatten().filter(|length| !length.is_zero());
    length
        .map(|length| length.as_secs())
        .ok_or_else(|| format!("{text:?} is no length of time: 90s, 15m, 2h, 7d or 1w is expected"))
}

/// A moment in seconds since the epoch, with decimals where there are any.
pub(super) fn read_moment(text: &str, now: model::Timestamp) -> Result<Value, String> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(seconds.into());
    }
    if text == "now" {
        return Ok(seconds_of(now.nanos()));
    }
    if let Ok(length) = read_length(text) {
        let nanos = i64::try_from(length).ok().and_then(|s| s.checked_mul(NANOS_PER_SECOND));
        return Ok(seconds_of(now.nanos().saturating_sub(nanos.unwrap_or(i64::MAX))));
    }
    let utc = |civil: DateTime| civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let moment: Option<Timestamp> =
        text.parse().ok().or_else(|| text.parse::<DateTime>().ok().and_then(utc));
    let nanos = moment.and_then(|moment| i64::try_from(moment.as_nanosecond()).ok());
    nanos.map(seconds_of).ok_or_else(|| format!("{text:?} is no moment: {MOMENT} is expected"))
}

fn seconds_of(nanos: i64) -> Value {
    if nanos % NANOS_PER_SECOND == 0 {
        return (nanos / NANOS_PER_SECOND).into();
    }
    let seconds = nanos as f64 / NANOS_PER_SECOND as f64;
    Number::from_f64(seconds).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: moments are read in every form, and what is none is refused with an example.
    #[test]
    fn moments_are_read() {
        let now = model::Timestamp::from_nanos(1_700_000_000 * NANOS_PER_SECOND);
        let cases = [
            ("1699999999", Value::from(1_699_999_999_i64)),
            ("now", Value::from(1_700_000_000_i64)),
            ("2h", Value::from(1_699_992_800_i64)),
            ("2023-11-14T22:13:20Z", Value::from(1_700_000_000_i64)),
            ("2023-11-14T23:13:20+01:00", Value::from(1_700_000_000_i64)),
            ("2023-11-14 22:13", Value::from(1_699_999_980_i64)),
            ("2023-11-14", Value::from(1_699_920_000_i64)),
            ("2023-11-14T22:13:20.5Z", Value::from(1_700_000_000.5)),
        ];
        for (text, expected) in cases {
            assert_eq!(read_moment(text, now), Ok(expected), "{text}");
        }
        for text in ["", "yesterday", "14:00", "2023-13-01", "-2h"] {
            let said = read_moment(text, now).unwrap_err();
            assert!(said.contains("Unix seconds"), "{text}: {said}");
        }
    }

    /// Guarantees: lengths are read, and zero and for ever are none.
    #[test]
    fn lengths_are_read() {
        assert_eq!(read_length("90s"), Ok(90));
        assert_eq!(read_length("1w"), Ok(604_800));
        for text in ["", "0s", "forever", "2 years", "-1h", "7"] {
            assert!(read_length(text).unwrap_err().contains("15m"), "{text}");
        }
    }
}
