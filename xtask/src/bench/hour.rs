//! The hour that all spans lie in, and the ranges of it that are asked for.
//!
//! Some hours ago, so that the hour is over and its segments are merged; and so long ago that all
//! of its rows are late by the same doubling of hours (four to eight), because segments of rows of
//! different lateness are not merged with each other.

use std::process::Command;
use std::time::SystemTime;

/// How many hours ago the hour begins, counted from the beginning of the present one.
const HOURS_AGO: u64 = 6;
const HOUR_S: u64 = 3_600;

/// A range of time in whole seconds since the epoch, its end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// The hour of the spans.
#[derive(Clone, Debug)]
pub(super) struct Hour {
    start: u64,
    /// The same as RFC 3339.
    pub(super) start_text: String,
}

impl Hour {
    /// The hour that a run which begins now uses.
    #[expect(clippy::disallowed_methods, reason = "the measured server goes by the real clock")]
    pub(super) fn choose() -> Result<Self, String> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_err(|_| "the clock stands before 1970".to_owned())?.as_secs();
        let start = now - now % HOUR_S - HOURS_AGO * HOUR_S;
        let mut date = Command::new("date");
        date.args(["--utc", "--date", &format!("@{start}"), "+%Y-%m-%dT%H:%M:%SZ"]);
        let told = date.output().map_err(|error| format!("starting date: {error}"))?;
        let start_text = String::from_utf8_lossy(&told.stdout).trim().to_owned();
        Ok(Self { start, start_text })
    }

    /// All of it.
    pub(super) fn whole(&self) -> Range {
        Range { from: self.start, to: self.start + HOUR_S }
    }

    /// Nearly all of it, otherwise for each `call`, so that nothing can answer from an answer that
    /// it gave before.
    pub(super) fn nearly(&self, call: usize) -> Range {
        let call = call as u64;
        let whole = self.whole();
        Range { from: whole.from + 1 + call % 59, to: whole.to - 1 - call / 59 % 59 - call % 7 }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{HOUR_S, Hour};

    /// Guarantees: no two calls ask for the same range, and none for much less than the hour.
    #[test]
    fn ranges_differ() {
        let hour = Hour { start: 7_200, start_text: String::new() };
        let ranges: Vec<_> = (0..1_000).map(|call| hour.nearly(call)).collect();
        let different: BTreeSet<_> = ranges.iter().map(|range| (range.from, range.to)).collect();
        assert_eq!(different.len(), ranges.len());
        assert!(ranges.iter().all(|range| range.to - range.from > HOUR_S * 9 / 10));
        assert!(ranges.iter().all(|range| range.from > 7_200 && range.to < 7_200 + HOUR_S));
    }
}
