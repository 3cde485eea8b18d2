//! Answers in memory: those that are being worked out, and those asked for last.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Error, Result, Timestamp};

use crate::problem::{Kind, Problem};

/// Most bytes of answers. The largest that people look at, a thousand groups in a thousand steps,
/// has some 50 MB; most have a few kilobytes.
const BYTES_MAX: usize = 64 << 20;
/// What an answer takes beside its text.
const ENTRY_BYTES: usize = 512;
/// Most questions that are worked on or wait for their turn. The engine takes eight at a time, and
/// whoever is behind this many would wait longer than any client does.
const RUNNING_MAX: usize = 100;
/// When to ask again where so many are.
const BUSY: Duration = Duration::from_secs(2);

/// What came of a question.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) finished: Timestamp,
    /// The data as JSON, or why there is none.
    pub(crate) answer: std::result::Result<String, Problem>,
}

/// How far a question is.
#[derive(Clone, Debug)]
pub(crate) enum Progress {
    Running,
    Done(Arc<Outcome>),
}

/// Whether somebody had asked before.
pub(super) enum Begun {
    /// Nobody had, or the answer had to go: it is to be worked out now.
    Now,
    Before(Progress),
}

/// The answers.
#[derive(Default)]
pub(super) struct Cache {
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    entries: HashMap<String, Entry>,
    /// Answers by the number of their last use.
    uses: BTreeMap<u64, String>,
    next_use: u64,
    bytes: usize,
    running: usize,
}

enum Entry {
    Running,
    Done { outcome: Arc<Outcome>, last_use: u64, bytes: usize },
}

impl Cache {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far a question is, or that it is to begin now.
    pub(super) fn begin(&self, id: &str) -> Result<Begun> {
        let mut inside = self.lock();
        if let Some(progress) = inside.used(id) {
            return Ok(Begun::Before(progress));
        }
        if inside.running >= RUNNING_MAX {
            return Err(Error::throttled(
                BUSY,
                format!("{RUNNING_MAX} questions are being worked out already"),
            ));
        }
        inside.running += 1;
        inside.entries.insert(id.to_owned(), Entry::Running);
        Ok(Begun::Now)
    }

    /// The end of the work on a question; without an outcome it is as if nobody had asked.
    pub(super) fn end(&self, id: &str, outcome: Option<Outcome>) {
        let mut inside = self.lock();
        if let Some(Entry::Running) = inside.entries.remove(id) {
            inside.running -= 1;
        }
        if let Some(outcome) = outcome {
            inside.keep(id, outcome);
        }
    }
}

impl Inside {
    fn used(&mut self, id: &str) -> Option<Progress> {
        let now = self.next_use;
        match self.entries.get_mut(id)? {
            Entry::Running => Some(Progress::Running),
            Entry::Done { outcome, last_use, .. } => {
                let name = self.uses.remove(last_use).unwrap_or_else(|| id.to_owned());
                self.uses.insert(now, name);
                *last_use = now;
                self.next_use += 1;
                Some(Progress::Done(Arc::clone(outcome)))
            }
        }
    }

    fn keep(&mut self, id: &str, mut outcome: Outcome) {
        let mut bytes = size(&outcome);
        if bytes > BYTES_MAX {
            outcome.answer = Err(Problem::new(
                Kind::Invalid,
                format!(
                    "the answer has {bytes} bytes, and {BYTES_MAX} is the most that is kept: ask \
                     with a lower limit, a greater granularity, or with disable_series"
                ),
            ));
            bytes = size(&outcome);
        }
        while self.bytes + bytes > BYTES_MAX {
            let Some((_, oldest)) = self.uses.pop_first() else { break };
            if let Some(Entry::Done { bytes, .. }) = self.entries.remove(&oldest) {
                self.bytes -= bytes;
            }
        }
        let last_use = self.next_use;
        self.next_use += 1;
        self.bytes += bytes;
        self.uses.insert(last_use, id.to_owned());
        let outcome = Arc::new(outcome);
        self.entries.insert(id.to_owned(), Entry::Done { outcome, last_use, bytes });
    }
}

fn size(outcome: &Outcome) -> usize {
    ENTRY_BYTES + outcome.answer.as_ref().map_or(0, String::capacity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(bytes: usize) -> Option<Outcome> {
        Some(Outcome { finished: Timestamp::from_nanos(0), answer: Ok("x".repeat(bytes)) })
    }

    fn is_there(cache: &Cache, id: &str) -> bool {
        match cache.begin(id).unwrap() {
            Begun::Before(_) => true,
            Begun::Now => {
                cache.end(id, None);
                false
            }
        }
    }

    /// Guarantees: one question is worked out once at a time; what ended without an outcome can
    /// begin again.
    #[test]
    fn once_at_a_time() {
        let cache = Cache::default();
        assert!(matches!(cache.begin("a").unwrap(), Begun::Now));
        assert!(matches!(cache.begin("a").unwrap(), Begun::Before(Progress::Running)));
        cache.end("a", None);
        assert!(matches!(cache.begin("a").unwrap(), Begun::Now));
        cache.end("a", outcome(1));
        assert!(matches!(cache.begin("a").unwrap(), Begun::Before(Progress::Done(_))));
        assert_eq!(cache.lock().running, 0);
    }

    /// Guarantees: answers take no more than the most bytes, those used last stay, and one that is
    /// too large for all of it says so.
    #[test]
    fn bounded_bytes() {
        let cache = Cache::default();
        let third = BYTES_MAX / 3 - ENTRY_BYTES;
        for id in ["a", "b", "c"] {
            assert!(!is_there(&cache, id));
            cache.end(id, outcome(third));
        }
        assert!(is_there(&cache, "a"));
        cache.end("d", outcome(third));
        assert!(is_there(&cache, "a") && is_there(&cache, "c") && is_there(&cache, "d"));
        assert!(!is_there(&cache, "b"));
        cache.end("e", outcome(BYTES_MAX));
        let Begun::Before(Progress::Done(kept)) = cache.begin("e").unwrap() else { panic!("e") };
        let problem = kept.answer.as_ref().unwrap_err();
        assert!(problem.error.contains("disable_series"), "{}", problem.error);
        let inside = cache.lock();
        assert!(inside.bytes <= BYTES_MAX);
        assert_eq!(inside.uses.len(), inside.entries.len());
    }

    /// Guarantees: beyond the most questions at once the next is told to come again.
    #[test]
    fn bounded_work() {
        let cache = Cache::default();
        for number in 0..RUNNING_MAX {
            assert!(matches!(cache.begin(&number.to_string()).unwrap(), Begun::Now));
        }
        assert!(cache.begin("more").is_err());
        assert!(matches!(cache.begin("1").unwrap(), Begun::Before(Progress::Running)));
        cache.end("1", outcome(1));
        assert!(matches!(cache.begin("more").unwrap(), Begun::Now));
    }
}
