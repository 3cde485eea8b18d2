//! What came in and what was refused since the start: by door and sender, with the last refusals.
//!
//! An accepted request costs one look-up and a few additions, however many events it has. A refusal
//! is also kept with its words and their remedy, for whoever asks why something does not arrive,
//! and a case of each reason goes to the log now and then.

mod accounts;
mod doorway;
mod refusals;
mod remedy;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{Clock, Timestamp};
use otlp::Problem;
use registry::Sender;

pub use accounts::{Account, Amount};
pub use doorway::Doorway;
pub use refusals::{REFUSALS_MAX, Refusal};

use accounts::Accounts;
use refusals::Refusals;

/// How often a case of one reason is logged. A client that sends a thousand wrong spans a second
/// shows up, and does not fill the log.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// How often a door refused for a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedFor {
    /// The door.
    pub doorway: Doorway,
    /// The reason, in fixed words.
    pub reason: &'static str,
    /// How often.
    pub count: u64,
}

/// What came in and what was refused since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// When counting began.
    pub since: Timestamp,
    /// By door and sender.
    pub accounts: Vec<Account>,
    /// The last refusals, the newest first.
    pub refusals: Vec<Refusal>,
    /// Requests refused.
    pub refused_requests: Vec<RefusedFor>,
    /// Single events refused within accepted requests.
    pub refused_events: Vec<RefusedFor>,
    /// Points of metrics that say that there is no value; they are right, and nothing is kept.
    pub unrecorded_points: u64,
}

/// An accepted request.
pub(crate) struct Accepted<'a> {
    /// When it arrived.
    pub(crate) arrival: Timestamp,
    /// Its bytes as received.
    pub(crate) bytes: u64,
    /// The events kept.
    pub(crate) events: u64,
    /// Why others were not.
    pub(crate) problems: &'a [Problem],
}

/// The running counts.
pub(crate) struct Counted {
    clock: Arc<dyn Clock>,
    since: Timestamp,
    accounts: Accounts,
    refusals: Mutex<Refusals>,
    refused_events: Mutex<Reasons>,
    refused_requests: Mutex<Reasons>,
    unrecorded_points: AtomicU64,
}

/// Doors and reasons are fixed words, so there are few.
type Reasons = BTreeMap<(Doorway, &'static str), Reason>;

#[derive(Default)]
struct Reason {
    count: u64,
    logged: Option<Duration>,
}

impl Counted {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            since: clock.now(),
            clock,
            accounts: Accounts::default(),
            refusals: Mutex::default(),
            refused_events: Mutex::default(),
            refused_requests: Mutex::default(),
            unrecorded_points: AtomicU64::new(0),
        }
    }

    pub(crate) fn read(&self) -> Counts {
        let list = |reasons: &Mutex<Reasons>| {
            let reasons = reasons.lock().unwrap_or_else(PoisonError::into_inner);
            let one = |(&(doorway, reason), found): (&(Doorway, &'static str), &Reason)| {
                RefusedFor { doorway, reason, count: found.count }
            };
            reasons.iter().map(one).collect()
        };
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner).newest_first();
        Counts {
            since: self.since,
            accounts: self.accounts.read(),
            refusals,
            refused_requests: list(&self.refused_requests),
            refused_events: list(&self.refused_events),
            unrecorded_points: self.unrecorded_points.load(Ordering::Relaxed),
        }
    }

    /// Counts an acknowledged request.
    pub(crate) fn accepted(&self, doorway: Doorway, sender: &Sender, request: &Accepted<'_>) {
        let refused = request.problems.iter().map(|problem| problem.count).sum();
        self.accounts.accepted(doorway, sender, request, refused);
        for Problem { reason, sample, count } in request.problems {
            self.note(doorway, sender, reason, sample, *count);
            if self.count(&self.refused_events, (doorway, reason), *count) {
                tracing::warn!(reason, door = %doorway, "refused {count} in a request: {sample}");
            }
        }
    }

    /// Counts points that have no value.
    pub(crate) fn unrecorded(&self, points: u64) {
        self.unrecorded_points.fetch_add(points, Ordering::Relaxed);
    }

    /// Counts a refused request.
    pub(crate) fn refused(
        &self,
        doorway: Doorway,
        sender: &Sender,
        reason: &'static str,
        text: &str,
    ) {
        self.accounts.refused(doorway, sender);
        self.note(doorway, sender, reason, text, 1);
        if self.count(&self.refused_requests, (doorway, reason), 1) {
            tracing::warn!(reason, door = %doorway, "refused a request: {text}");
        }
    }

    fn note(
        &self,
        doorway: Doorway,
        sender: &Sender,
        reason: &'static str,
        text: &str,
        count: u64,
    ) {
        let now = self.clock.now();
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.note(now, doorway, sender, reason, text, count);
    }

    /// Returns whether this case is one to log.
    fn count(&self, reasons: &Mutex<Reasons>, case: (Doorway, &'static str), count: u64) -> bool {
        let now = self.clock.elapsed();
        let mut reasons = reasons.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = reasons.entry(case).or_default();
        reason.count += count;
        let due = reason.logged.is_none_or(|logged| now.saturating_sub(logged) >= LOG_EVERY);
        if due {
            reason.logged = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests;
