//! When an event happened, in the forms in which Honeycomb's clients say it.
//!
//! RFC 3339; whole seconds as ten digits; more digits than that are fractions of the second, so
//! that 13 are milliseconds, 16 microseconds and 19 nanoseconds; seconds with a point.

use std::borrow::Cow;

use model::{NANOS_PER_SECOND, Timestamp};

/// Digits of the present time in seconds since the epoch, from 2001 to 2286.
const SECONDS_DIGITS: usize = 10;
/// Digits of a nanosecond.
const NANOS_DIGITS: usize = 9;

/// What a client says of an event's time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Said<'a> {
    /// Nothing: it happened when it arrived.
    #[default]
    Nothing,
    /// Words or a number.
    Text(Cow<'a, str>),
    /// Seconds and nanoseconds since the epoch.
    Moment(i64, u32),
}

impl Said<'_> {
    /// The time of an event that arrived at `arrival`; what was said instead of one, if it is none.
    pub(super) fn time(&self, arrival: Timestamp) -> (Timestamp, Option<Cow<'_, str>>) {
        let (read, said) = match self {
            Said::Nothing => return (arrival, None),
            Said::Text(text) if text.trim().is_empty() => return (arrival, None),
            Said::Text(text) => (read(text.trim()), Cow::Borrowed(&**text)),
            Said::Moment(seconds, nanos) => {
                (moment(*seconds, *nanos), Cow::Owned(format!("{seconds}.{nanos:09}")))
            }
        };
        match read {
            // What programs send that have no time.
            Some(time) if time.nanos() == 0 => (arrival, None),
            Some(time) => (time, None),
            None => (arrival, Some(said)),
        }
    }
}

/// The moment so many seconds and nanoseconds after the epoch, if both are in range.
fn moment(seconds: i64, nanos: u32) -> Option<Timestamp> {
    let nanos = i64::from(nanos);
    if nanos >= NANOS_PER_SECOND {
        return None;
    }
    let time = seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos)?;
    Some(Timestamp::from_nanos(time))
}

/// Reads a time.
fn read(text: &str) -> Option<Timestamp> {
    if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.')) {
        return read_number(text);
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return i64::try_from(time.as_nanosecond()).ok().map(Timestamp::from_nanos);
    }
    // Numbers as programs print them that print every number so: 1.4527593e9.
    let seconds: f64 = text.parse().ok()?;
    let nanos = seconds * NANOS_PER_SECOND as f64;
    let in_range = nanos.is_finite() && seconds > 0.0 && nanos < i64::MAX as f64;
    in_range.then(|| Timestamp::from_nanos(nanos as i64))
}

fn read_number(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = match text.split_once('.') {
        Some((seconds, fraction)) => (seconds, fraction),
        None => text.split_at_checked(SECONDS_DIGITS)?,
    };
    let seconds: i64 = seconds.parse().ok()?;
    let digits = fraction.get(..fraction.len().min(NANOS_DIGITS))?;
    let nanos: u32 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    moment(seconds, nanos * 10u32.pow((NANOS_DIGITS - digits.len()) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARRIVAL: Timestamp = Timestamp::from_nanos(7);

    fn time(text: &str) -> (i64, Option<String>) {
        let said = Said::Text(text.into());
        let (time, original) = said.time(ARRIVAL);
        (time.nanos(), original.map(Cow::into_owned))
    }

    /// Guarantees: every form of time that clients send is read to the nanosecond.
    #[test]
    fn times_are_read() {
        const SECOND: i64 = 1_452_759_330_000_000_000;
        for (text, nanos) in [
            ("1452759330", SECOND),
            ("1452759330927", SECOND + 927_000_000),
            ("1452759330927000", SECOND + 927_000_000),
            ("1452759330927000001", SECOND + 927_000_001),
            ("14527593309", SECOND + 900_000_000),
            ("1452759330.5", SECOND + 500_000_000),
            ("1452759330.9270000019", SECOND + 927_000_001),
            ("1.45275933e9", SECOND),
            ("2016-01-14T08:15:30Z", SECOND),
            ("2016-01-14T09:15:30.000000001+01:00", SECOND + 1),
            ("2016-01-14T08:15:30.5z", SECOND + 500_000_000),
            (" 1452759330 ", SECOND),
        ] {
            assert_eq!(time(text), (nanos, None), "{text}");
        }
    }

    /// Guarantees: what is no time counts as the arrival and is kept; no time at all is nothing to
    /// keep.
    #[test]
    fn what_is_no_time_is_kept() {
        for text in
            ["yesterday", "12345", "9999999999", "10000-01-01T00:00:00Z", "1.2.3", "-5", "NaN", "."]
        {
            assert_eq!(time(text), (7, Some(text.to_owned())), "{text}");
        }
        for text in ["", "  ", "0000000000", "1970-01-01T00:00:00Z"] {
            assert_eq!(time(text), (7, None), "{text:?}");
        }
        assert_eq!(Said::Nothing.time(ARRIVAL), (ARRIVAL, None));
        assert_eq!(Said::Moment(1, 2).time(ARRIVAL), (Timestamp::from_nanos(1_000_000_002), None));
        let (found, original) = Said::Moment(1, 1_000_000_000).time(ARRIVAL);
        assert_eq!((found, original.as_deref()), (ARRIVAL, Some("1.1000000000")));
        assert!(Said::Moment(i64::MAX, 0).time(ARRIVAL).1.is_some());
    }
}
