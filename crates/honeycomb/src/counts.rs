//! What came in and what was refused, by reason; a case of each reason goes to the log now and
//! then.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::Clock;
use otlp::Problem;

/// How often a case of one reason is logged. A client that sends a thousand wrong spans a second
/// shows up, and does not fill the log.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// What came in and what was refused since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests acknowledged.
    pub requests: u64,
    /// Events acknowledged: spans, their events and links, and log records.
    pub events: u64,
    /// Spans and log records refused within accepted requests, by reason.
    pub refused_events: Vec<(&'static str, u64)>,
    /// Requests refused, by reason.
    pub refused_requests: Vec<(&'static str, u64)>,
}

/// The running counts.
pub(crate) struct Counted {
    clock: Arc<dyn Clock>,
    requests: AtomicU64,
    events: AtomicU64,
    refused_events: Mutex<Reasons>,
    refused_requests: Mutex<Reasons>,
}

/// Reasons are fixed words, so there are few.
type Reasons = BTreeMap<&'static str, Reason>;

#[derive(Default)]
struct Reason {
    count: u64,
    logged: Option<Duration>,
}

impl Counted {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            requests: AtomicU64::new(0),
            events: AtomicU64::new(0),
            refused_events: Mutex::default(),
            refused_requests: Mutex::default(),
        }
    }

    pub(crate) fn read(&self) -> Counts {
        let list = |reasons: &Mutex<Reasons>| {
            let reasons = reasons.lock().unwrap_or_else(PoisonError::into_inner);
            reasons.iter().map(|(name, reason)| (*name, reason.count)).collect()
        };
        Counts {
            requests: self.requests.load(Ordering::Relaxed),
            events: self.events.load(Ordering::Relaxed),
            refused_events: list(&self.refused_events),
            refused_requests: list(&self.refused_requests),
        }
    }

    /// Counts an acknowledged request.
    pub(crate) fn accepted(&self, events: u64, problems: &[Problem]) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.events.fetch_add(events, Ordering::Relaxed);
        for problem in problems {
            if self.count(&self.refused_events, problem.reason, problem.count) {
                tracing::warn!(
                    reason = problem.reason,
                    "refused {} in a request: {}",
                    problem.count,
                    problem.sample
                );
            }
        }
    }

    /// Counts a refused request.
    pub(crate) fn refused(&self, reason: &'static str, text: &str) {
        if self.count(&self.refused_requests, reason, 1) {
            tracing::warn!(reason, "refused a request: {text}");
        }
    }

    /// Returns whether this case is one to log.
    fn count(&self, reasons: &Mutex<Reasons>, name: &'static str, count: u64) -> bool {
        let now = self.clock.elapsed();
        let mut reasons = reasons.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = reasons.entry(name).or_default();
        reason.count += count;
        let due = reason.logged.is_none_or(|logged| now.saturating_sub(logged) >= LOG_EVERY);
        if due {
            reason.logged = Some(now);
        }
        due
    }
}
