//! Watches the store at work: says in the log what went wrong, and holds it still for a test.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{Clock, Error};
use store::Stage;
use tokio::sync::watch;

use crate::output;
use crate::switches::Hold;

/// How often the same trouble is said. The store tries again every second; a full disk would be
/// ten thousand lines before anybody has slept over it.
const SAY_EVERY: Duration = Duration::from_secs(30);

/// The store's observer in a server.
pub(crate) struct Watch {
    clock: Arc<dyn Clock>,
    hold: Option<Hold>,
    published: watch::Sender<()>,
    /// How often the stage of the hold was reached.
    reached: AtomicU64,
    /// What was said last, by what was being done: a handful of names that the store has.
    said: Mutex<BTreeMap<String, Said>>,
}

#[derive(Clone, Copy)]
struct Said {
    /// By the clock that never jumps.
    at: Duration,
    /// How often it was left out since.
    left_out: u64,
}

impl Watch {
    /// An observer that holds the store where a test wants it.
    pub(crate) fn new(clock: Arc<dyn Clock>, hold: Option<Hold>) -> Self {
        Self {
            clock,
            hold,
            published: watch::Sender::new(()),
            reached: AtomicU64::new(0),
            said: Mutex::new(BTreeMap::new()),
        }
    }

    /// Is told when requests have become visible.
    pub(crate) fn published(&self) -> watch::Receiver<()> {
        self.published.subscribe()
    }

    /// How often trouble in `doing` was left out since it was last said; none if it is not to be
    /// said now.
    fn turn(&self, doing: &str) -> Option<u64> {
        let now = self.clock.elapsed();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = said.get_mut(doing) else {
            said.insert(doing.to_owned(), Said { at: now, left_out: 0 });
            return Some(0);
        };
        if now.saturating_sub(last.at) < SAY_EVERY {
            last.left_out += 1;
            return None;
        }
        let left_out = last.left_out;
        *last = Said { at: now, left_out: 0 };
        Some(left_out)
    }
}

impl store::Observer for Watch {
    fn reached(&self, stage: Stage) {
        tracing::trace!(stage = stage.name(), "the store has reached a stage");
        let Some(hold) = self.hold.filter(|hold| hold.stage == stage) else { return };
        if self.reached.fetch_add(1, Ordering::SeqCst) + 1 != hold.time {
            return;
        }
        output::announce(&format!("held in {}", stage.name()));
        loop {
            std::thread::park();
        }
    }

    fn published(&self) {
        self.published.send_replace(());
    }

    fn trouble(&self, doing: &str, error: &Error) {
        match self.turn(doing) {
            None => {}
            Some(0) => tracing::warn!("{doing}: {error}"),
            Some(times) => tracing::warn!("{doing}: {error} (and {times} times before)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    struct Scripted(AtomicU64);

    impl Clock for Scripted {
        fn now(&self) -> Timestamp {
            Timestamp::from_nanos(0)
        }

        fn elapsed(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::SeqCst))
        }
    }

    /// Guarantees: the same trouble is said at once and then now and then with a count of what was
    /// left out; other trouble is not kept back by it.
    #[test]
    fn trouble_is_not_repeated() {
        let clock = Arc::new(Scripted(AtomicU64::new(0)));
        let watch = Watch::new(Arc::clone(&clock) as Arc<dyn Clock>, None);
        assert_eq!(watch.turn("flushing"), Some(0));
        assert_eq!(watch.turn("flushing"), None);
        assert_eq!(watch.turn("compacting"), Some(0));
        clock.0.store(29, Ordering::SeqCst);
        assert_eq!(watch.turn("flushing"), None);
        clock.0.store(30, Ordering::SeqCst);
        assert_eq!(watch.turn("flushing"), Some(2));
        assert_eq!(watch.turn("flushing"), None);
    }
}
