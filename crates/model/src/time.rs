//! Moments in time: nanoseconds since the epoch, UTC.

use std::fmt;

/// Nanoseconds in a second.
pub const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// Nanoseconds in an hour.
pub const NANOS_PER_HOUR: i64 = 3_600 * NANOS_PER_SECOND;

/// A moment: nanoseconds since 1970-01-01T00:00:00Z, from the year 1677 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest moment.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest moment.
    pub const MAX: Self = Self(i64::MAX);

    /// The moment `nanos` nanoseconds after the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The hour this moment lies in.
    pub const fn hour(self) -> Hour {
        Hour(self.0.div_euclid(NANOS_PER_HOUR) as i32)
    }

    /// This moment moved by `nanos`, kept within the representable range.
    #[must_use]
    pub const fn saturating_add(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with as many digits of the second as are needed: `2018-12-13T14:51:00.5Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(time) => time.fmt(f),
            Err(_) => write!(f, "{}ns", self.0),
        }
    }
}

/// An hour of event time, counted from the epoch: the unit in which the store partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i32);

impl Hour {
    /// The hour `count` hours after the epoch.
    pub const fn from_count(count: i32) -> Self {
        Self(count)
    }

    /// Hours since the epoch.
    pub const fn count(self) -> i32 {
        self.0
    }

    /// The first moment of this hour.
    pub const fn start(self) -> Timestamp {
        Timestamp((self.0 as i64).saturating_mul(NANOS_PER_HOUR))
    }
}
