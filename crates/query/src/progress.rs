//! How far a question has come, for whoever waits for it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::scan::ScanStats;
use crate::statistics::Statistics;

/// The scans of a question while it runs. Shared by the question and those who watch it.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Vec<Arc<ScanStats>>>);

/// How far a question has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProgressNow {
    /// What it has read so far. Files and row groups count once it is known that they are read.
    pub statistics: Statistics,
    /// Row groups and stretches of memory that are to be read, as far as that is known: a question
    /// may scan twice.
    pub parts: u64,
    /// Those of them that are done.
    pub parts_done: u64,
}

impl Progress {
    /// Counts a scan too.
    pub(crate) fn watch(&self, stats: &Arc<ScanStats>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(stats));
    }

    /// How far the question has come.
    pub fn now(&self) -> ProgressNow {
        let mut now = ProgressNow::default();
        for stats in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            stats.add_to(&mut now.statistics);
            let (all, done) = stats.parts();
            now.parts += all;
            now.parts_done += done;
        }
        now
    }
}
