//! Real time, for the commands that say how long something took or give up after a while.
//!
//! The product takes its time from a seam so that the simulation decides it. What is measured and
//! waited for here are processes of the operating system, which go by the real clock; this module
//! is the only one of `xtask` that reads it.

use std::time::{Duration, Instant};

/// Runs from its start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "other processes go by the real clock")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has run.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// What is left of `limit`; none if it is used up.
    pub(crate) fn left_of(self, limit: Duration) -> Option<Duration> {
        limit.checked_sub(self.elapsed()).filter(|left| !left.is_zero())
    }
}
