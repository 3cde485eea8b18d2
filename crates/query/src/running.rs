//! The questions that are being worked on, for whoever lists or ends them.
//!
//! A question is listed by whoever works on it, under whatever interface it was asked, until the
//! ticket is dropped. Its text is kept as its asker's interface spells it and is not read here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{Clock, EnvironmentId, Timestamp};
use tokio::sync::watch;

use crate::progress::Progress;

/// Longest text of a question that is repeated, bytes. Others have long lists of values.
const SHOWN_BYTES_MAX: usize = 4 << 10;

/// The questions that are being worked on.
pub struct Running {
    clock: Arc<dyn Clock>,
    last: AtomicU64,
    /// No more than there are connections, and questions that are worked on for later.
    entries: Mutex<BTreeMap<u64, Arc<RunningQuestion>>>,
}

/// A question that is being worked on.
#[derive(Debug)]
pub struct RunningQuestion {
    /// Its number; never used twice while the server runs.
    pub id: u64,
    /// Whose it is.
    pub environment: EnvironmentId,
    /// Its text, unless it is long.
    pub text: Option<String>,
    /// When it was asked.
    pub started: Timestamp,
    /// By the clock that never jumps.
    since: Duration,
    progress: Arc<Progress>,
    cancelled: watch::Sender<bool>,
}

impl RunningQuestion {
    /// How far it has come.
    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }
}

/// A question's place in the list, which it leaves when this is dropped.
pub struct Ticket {
    running: Arc<Running>,
    question: Arc<RunningQuestion>,
}

/// Somebody ended the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl Running {
    /// No question yet.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let (last, entries) = (AtomicU64::default(), Mutex::default());
        Arc::new(Self { clock, last, entries })
    }

    /// Lists a question until the ticket is dropped.
    pub fn enter(self: &Arc<Self>, environment: EnvironmentId, text: String) -> Ticket {
        let question = Arc::new(RunningQuestion {
            id: self.last.fetch_add(1, Ordering::Relaxed) + 1,
            environment,
            text: (text.len() <= SHOWN_BYTES_MAX).then_some(text),
            started: self.clock.now(),
            since: self.clock.elapsed(),
            progress: Arc::default(),
            cancelled: watch::Sender::new(false),
        });
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert(question.id, Arc::clone(&question));
        drop(entries);
        Ticket { running: Arc::clone(self), question }
    }

    /// The questions of an environment, the oldest first.
    pub fn of(&self, environment: EnvironmentId) -> Vec<Arc<RunningQuestion>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.values().filter(|entry| entry.environment == environment).cloned().collect()
    }

    /// Ends a question of an environment; gives it as far as it had come.
    pub fn cancel(&self, environment: EnvironmentId, id: u64) -> Option<Arc<RunningQuestion>> {
        let found = self.of(environment).into_iter().find(|entry| entry.id == id)?;
        found.cancelled.send_replace(true);
        Some(found)
    }

    /// How long a question has been worked on.
    pub fn elapsed(&self, question: &RunningQuestion) -> Duration {
        self.clock.elapsed().saturating_sub(question.since)
    }
}

impl Ticket {
    /// The question.
    pub fn question(&self) -> &Arc<RunningQuestion> {
        &self.question
    }

    /// How long it has been worked on.
    pub fn elapsed(&self) -> Duration {
        self.running.elapsed(&self.question)
    }

    /// Does the work, unless somebody cancels it: then it ends at once.
    pub async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Result<T, Cancelled> {
        let mut cancelled = self.question.cancelled.subscribe();
        tokio::select! {
            biased;
            // The sender is in the question, and so still there.
            _ = cancelled.wait_for(|cancelled| *cancelled) => Err(Cancelled),
            done = work => Ok(done),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let entries = &self.running.entries;
        entries.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.question.id);
    }
}
