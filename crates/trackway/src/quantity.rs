//! Amounts as people write them: sizes and lengths of time.

use std::time::Duration;

/// Units of sizes, the largest first, by the name they are shown under.
const SIZES: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
/// Decimal units, which are read and not shown.
const DECIMAL_SIZES: [(&str, u64); 4] =
    [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)];
/// Units of time in seconds, the largest first.
const TIMES: [(&str, u64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// What stands for a time without end.
const FOREVER: &str = "forever";

/// A size in bytes: digits and a unit, or digits alone. None where it is not one, or too large.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let (count, unit) = split(text)?;
    if unit.is_empty() {
        return Some(count);
    }
    let mut units = SIZES.iter().chain(&DECIMAL_SIZES);
    let (_, bytes) = units.find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    count.checked_mul(*bytes)
}

/// A size in the largest unit that divides it.
pub(crate) fn size_text(bytes: u64) -> String {
    let (name, unit) = SIZES
        .into_iter()
        .find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit))
        .unwrap_or(("B", 1));
    format!("{}{name}", bytes / unit)
}

/// A size in words, rounded, for a list.
pub(crate) fn about_size(bytes: u64) -> String {
    let found = SIZES.into_iter().find(|(_, unit)| bytes >= *unit);
    match found {
        None | Some((_, 1)) => format!("{bytes} B"),
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
    }
}

/// How long something is kept: digits and one of `s m h d w`, or `forever`, which is none inside.
pub(crate) fn parse_keeping(text: &str) -> Option<Option<Duration>> {
    if text.eq_ignore_ascii_case(FOREVER) {
        return Some(None);
    }
    let (count, unit) = split(text)?;
    let (_, seconds) = TIMES.iter().find(|(name, _)| *name == unit)?;
    Some(Some(Duration::from_secs(count.checked_mul(*seconds)?)))
}

/// How long something is kept, in the largest unit that divides it.
pub(crate) fn keeping_text(seconds: Option<u64>) -> String {
    let Some(seconds) = seconds else { return FOREVER.to_owned() };
    let (name, unit) = TIMES
        .into_iter()
        .find(|(_, unit)| seconds >= *unit && seconds.is_multiple_of(*unit))
        .unwrap_or(("s", 1));
    format!("{}{name}", seconds / unit)
}

/// Microseconds in a unit that leaves few digits.
pub(crate) fn micros_text(micros: f64) -> String {
    if micros >= 60e6 {
        let seconds = (micros / 1e6).round() as u64;
        return match seconds / 3_600 {
            0 => format!("{}m{:02}s", seconds / 60, seconds % 60),
            hours => format!("{hours}h{:02}m", seconds % 3_600 / 60),
        };
    }
    if micros >= 1e6 {
        return format!("{:.2} s", micros / 1e6);
    }
    if micros >= 1e3 {
        return format!("{:.1} ms", micros / 1e3);
    }
    format!("{micros:.0} µs")
}

/// Digits and what follows them.
fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    Some((digits.parse().ok()?, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: sizes are read with binary, decimal and no units, and nonsense is not a size.
    #[test]
    fn sizes_are_read() {
        let cases = [
            ("256MiB", Some(256 << 20)),
            ("256 mib", Some(256 << 20)),
            ("1GB", Some(1_000_000_000)),
            ("4096", Some(4096)),
            ("0B", Some(0)),
            ("", None),
            ("MiB", None),
            ("1.5GiB", None),
            ("-1MiB", None),
            ("12 parsecs", None),
            ("18446744073709551615TiB", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_size(text), expected, "{text:?}");
        }
    }

    /// Guarantees: a size shown is the size when read again.
    #[test]
    fn sizes_come_back() {
        for bytes in [0, 1, 1_023, 1_024, 256 << 20, (1 << 40) + 1, u64::MAX] {
            assert_eq!(parse_size(&size_text(bytes)), Some(bytes), "{}", size_text(bytes));
        }
        assert_eq!(size_text(256 << 20), "256MiB");
    }

    /// Guarantees: keeping times are read in every unit, and shown so that they read the same.
    #[test]
    fn keeping_times_are_read() {
        let cases = [
            ("7d", Some(Some(604_800)), "1w"),
            ("12h", Some(Some(43_200)), "12h"),
            ("90s", Some(Some(90)), "90s"),
            ("forever", Some(None), "forever"),
        ];
        for (text, expected, shown) in cases {
            let read = parse_keeping(text).map(|keeping| keeping.map(|time| time.as_secs()));
            assert_eq!(read, expected, "{text}");
            assert_eq!(keeping_text(expected.unwrap()), shown, "{text}");
        }
        for text in ["", "d", "7", "7 years", "99999999999999999999d"] {
            assert_eq!(parse_keeping(text), None, "{text}");
        }
    }

    /// Guarantees: a duration is shown in the unit that leaves few digits.
    #[test]
    fn durations_are_short() {
        let cases = [
            (0.0, "0 µs"),
            (999.0, "999 µs"),
            (1_500.0, "1.5 ms"),
            (2_345_678.0, "2.35 s"),
            (61e6, "1m01s"),
            (3_725e6, "1h02m"),
        ];
        for (micros, expected) in cases {
            assert_eq!(micros_text(micros), expected);
        }
    }
}
