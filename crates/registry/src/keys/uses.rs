//! How often something was used: counted by many threads at once, added up across processes.
//!
//! A [`Counter`] holds what happened since it was last taken; [`Uses`] is an amount that adds up
//! with others in any order. Counts live in memory between flushes: a crash loses some seconds of
//! them, which nobody decides anything by.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use model::Timestamp;
use serde::{Deserialize, Serialize};

/// Uses of a key, or of all keys under one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Requests that were admitted.
    pub admitted: u64,
    /// Requests that were refused.
    pub refused: u64,
    /// The first of either kind.
    pub first: Option<Timestamp>,
    /// The last of either kind.
    pub last: Option<Timestamp>,
}

impl Uses {
    /// Adds uses counted elsewhere.
    pub(super) fn merge(&mut self, other: &Self) {
        self.admitted = self.admitted.saturating_add(other.admitted);
        self.refused = self.refused.saturating_add(other.refused);
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
    }

    /// Whether there was none.
    pub(super) fn is_empty(&self) -> bool {
        self.admitted == 0 && self.refused == 0
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Admitted,
    Refused,
}

/// Uses since the last flush.
#[derive(Debug)]
pub(super) struct Counter {
    admitted: AtomicU64,
    refused: AtomicU64,
    first_ns: AtomicI64,
    last_ns: AtomicI64,
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            admitted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            first_ns: AtomicI64::new(i64::MAX),
            last_ns: AtomicI64::new(i64::MIN),
        }
    }
}

impl Counter {
    /// Counts a request.
    pub(super) fn count(&self, outcome: Outcome, now: Timestamp) {
        let (admitted, refused) = match outcome {
            Outcome::Admitted => (1, 0),
            Outcome::Refused => (0, 1),
        };
        self.add(&Uses { admitted, refused, first: Some(now), last: Some(now) });
    }

    /// Adds uses, those that could not be saved for instance.
    pub(super) fn add(&self, uses: &Uses) {
        // The times go first: whoever takes the count sees the times that belong to it.
        if let Some(first) = uses.first {
            self.first_ns.fetch_min(first.nanos(), Ordering::Relaxed);
        }
        if let Some(last) = uses.last {
            self.last_ns.fetch_max(last.nanos(), Ordering::Relaxed);
        }
        self.admitted.fetch_add(uses.admitted, Ordering::Release);
        self.refused.fetch_add(uses.refused, Ordering::Release);
    }

    /// What was counted and not yet taken.
    pub(super) fn pending(&self) -> Uses {
        let admitted = self.admitted.load(Ordering::Acquire);
        let refused = self.refused.load(Ordering::Acquire);
        self.with_times(admitted, refused)
    }

    /// Takes what was counted. The times stay: merged twice they are the same.
    pub(super) fn take(&self) -> Uses {
        let admitted = self.admitted.swap(0, Ordering::Acquire);
        let refused = self.refused.swap(0, Ordering::Acquire);
        self.with_times(admitted, refused)
    }

    fn with_times(&self, admitted: u64, refused: u64) -> Uses {
        if admitted == 0 && refused == 0 {
            return Uses::default();
        }
        let time = |nanos: &AtomicI64| Some(Timestamp::from_nanos(nanos.load(Ordering::Relaxed)));
        Uses { admitted, refused, first: time(&self.first_ns), last: time(&self.last_ns) }
    }
}

/// Uses as they are stored.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct StoredUses {
    admitted: u64,
    refused: u64,
    first_ns: Option<i64>,
    last_ns: Option<i64>,
}

impl From<&Uses> for StoredUses {
    fn from(uses: &Uses) -> Self {
        Self {
            admitted: uses.admitted,
            refused: uses.refused,
            first_ns: uses.first.map(Timestamp::nanos),
            last_ns: uses.last.map(Timestamp::nanos),
        }
    }
}

impl From<StoredUses> for Uses {
    fn from(stored: StoredUses) -> Self {
        Self {
            admitted: stored.admitted,
            refused: stored.refused,
            first: stored.first_ns.map(Timestamp::from_nanos),
            last: stored.last_ns.map(Timestamp::from_nanos),
        }
    }
}
