//! Why connections were ended by the server, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// A reason to end a connection or a request that its client keeps open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// A request's head did not come to its end in time.
    SlowHead,
    /// A request's head is longer than any client's that means well.
    LongHead,
    /// A request's body came too slowly, or no further.
    SlowBody,
    /// The client took nothing of an answer for too long.
    UntakenAnswer,
    /// More frames came than requests and answers need.
    Flood,
}

impl Cut {
    const ALL: [Self; 5] =
        [Self::SlowHead, Self::LongHead, Self::SlowBody, Self::UntakenAnswer, Self::Flood];

    /// It in words.
    const fn name(self) -> &'static str {
        match self {
            Self::SlowHead => "slow head",
            Self::LongHead => "long head",
            Self::SlowBody => "slow body",
            Self::UntakenAnswer => "untaken answer",
            Self::Flood => "flood of frames",
        }
    }
}

/// How often each reason came up.
#[derive(Debug, Default)]
pub(crate) struct Cuts([AtomicU64; Cut::ALL.len()]);

impl Cuts {
    /// Counts one.
    pub(super) fn count(&self, cut: Cut) {
        self.0[cut as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Every reason that came up, with its count.
    pub(crate) fn list(&self) -> Vec<(&'static str, u64)> {
        let count = |cut| self.0[cut as usize].load(Ordering::Relaxed);
        let all = Cut::ALL.into_iter().map(|cut| (cut.name(), count(cut)));
        all.filter(|(_, count)| *count > 0).collect()
    }
}
