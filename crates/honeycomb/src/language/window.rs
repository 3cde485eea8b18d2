//! `time_range`, `start_time` and `end_time`: the range of time that a query is about.

use std::time::Duration;

use model::{Error, NANOS_PER_SECOND, Result, Timestamp};

use super::clause::{Clause, Members};

/// The members of a query that say its range.
pub(super) const MEMBERS: [&str; 3] = ["time_range", "start_time", "end_time"];
/// The range where a query does not say one, seconds: two hours.
const RANGE_DEFAULT: f64 = 7_200.0;
/// The longest range, seconds: all the time that can be represented.
const RANGE_MAX: f64 = (i64::MAX / NANOS_PER_SECOND) as f64;
/// Most steps of a series.
const STEPS_MAX: f64 = 1_000.0;

/// Most steps of a series where a query does not say how long they are.
const ROUND_STEPS_MAX: f64 = 120.0;
/// Lengths of steps that people count in, milliseconds; beyond them whole days.
const ROUND_STEPS: [u64; 22] = [
    1, 10, 100, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
    900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 14_400_000, 21_600_000, 43_200_000,
    86_400_000,
];
/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// A half-open range of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Window {
    /// Two of the three members say it, or one and the default range, or none: the last two hours.
    pub(super) fn read(members: &Members<'_>, now: Timestamp) -> Result<Self> {
        let [range, start, end] = MEMBERS.map(|name| members.said(name));
        if let (Some(_), Some(_), Some(_)) = (&range, &start, &end) {
            return Err(Error::invalid(
                "query: time_range, start_time and end_time are all three given where at most two \
                 are expected",
            ));
        }
        let moment = |clause: &Option<Clause<'_>>| clause.as_ref().map(moment).transpose();
        let length = match &range {
            None => RANGE_DEFAULT,
            Some(range) => match range.number()? {
                // Zero is what some clients send for "not said".
                0.0 => RANGE_DEFAULT,
                seconds if (0.0..=RANGE_MAX).contains(&seconds) => seconds,
                _ => return Err(range.refused("a number of seconds above 0")),
            },
        };
        let nanos = (length * NANOS_PER_SECOND as f64) as i64;
        let window = match (moment(&start)?, moment(&end)?) {
            (Some(start), Some(end)) => Self { start, end },
            (Some(start), None) => Self { start, end: start.saturating_add(nanos) },
            (None, Some(end)) => Self { start: end.saturating_add(-nanos), end },
            (None, None) => {
                // To the end of this second: what was just acknowledged is in it.
                let second = now.nanos().div_euclid(NANOS_PER_SECOND) + 1;
                let end = Timestamp::from_nanos(second.saturating_mul(NANOS_PER_SECOND));
                Self { start: end.saturating_add(-nanos), end }
            }
        };
        if window.start >= window.end {
            let start = start.as_ref().or(end.as_ref());
            let wrong = start.map(|clause| clause.refused("a start_time before the end_time"));
            return Err(wrong.unwrap_or_else(|| Error::bug("a relative range is empty")));
        }
        Ok(window)
    }

    /// The step where a query does not say one: the shortest round one that makes a series of no
    /// more than a screen can show.
    pub(super) fn round_step(self) -> Duration {
        let least = self.granularities().1 / ROUND_STEPS_MAX;
        let mut round = ROUND_STEPS.iter().map(|millis| *millis as f64 / 1e3);
        let step = round.find(|step| *step >= least);
        Duration::from_secs_f64(step.unwrap_or_else(|| (least / DAY).ceil() * DAY))
    }

    /// The shortest and the longest step of a series, seconds.
    pub(super) fn granularities(self) -> (f64, f64) {
        let nanos = self.end.nanos() as f64 - self.start.nanos() as f64;
        let seconds = nanos / NANOS_PER_SECOND as f64;
        (seconds / STEPS_MAX, seconds)
    }
}

/// A moment in seconds since the epoch.
fn moment(clause: &Clause<'_>) -> Result<Timestamp> {
    let seconds = clause.number()?;
    if seconds.abs() > RANGE_MAX {
        return Err(clause.refused("seconds since 1970-01-01T00:00:00Z"));
    }
    let whole = clause.whole_number().map(|seconds| seconds.saturating_mul(NANOS_PER_SECOND));
    let nanos = whole.unwrap_or((seconds * NANOS_PER_SECOND as f64) as i64);
    Ok(Timestamp::from_nanos(nanos))
}
