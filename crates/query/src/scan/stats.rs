//! What a scan read, what it could leave out, and what it could not read.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use store::SegmentMeta;

use crate::Statistics;

/// Counted by all tasks of a scan.
#[derive(Debug, Default)]
pub(crate) struct ScanStats {
    pub(crate) segments: Part,
    pub(crate) groups: Part,
    pub(crate) pages: Part,
    /// What tasks read at a time.
    pub(crate) units: Part,
    pub(crate) rows_examined: AtomicU64,
    pub(crate) rows_matched: AtomicU64,
    pub(crate) memtable_rows: AtomicU64,
    pub(crate) bytes_read: AtomicU64,
    unreadable: Mutex<Vec<String>>,
}

/// How many of something there were, and how many of them were read.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) all: AtomicU64,
    pub(crate) read: AtomicU64,
}

pub(crate) fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl ScanStats {
    /// Notes a file that could not be read; answers go on without it and say so.
    pub(crate) fn cannot_read(&self, what: &model::Error) {
        let text = what.to_string();
        let mut unreadable = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        if !unreadable.contains(&text) {
            unreadable.push(text);
        }
    }

    /// Counts a segment that may or may not be read.
    pub(crate) fn note_segment(&self, meta: &SegmentMeta) {
        add(&self.segments.all, 1);
        add(&self.groups.all, meta.groups.len() as u64);
    }

    /// Counts a segment of which so many row groups are read.
    pub(crate) fn note_read(&self, groups: usize) {
        add(&self.segments.read, 1);
        add(&self.groups.read, groups as u64);
    }

    /// How many units there are to read, and how many have been.
    pub(crate) fn parts(&self) -> (u64, u64) {
        (get(&self.units.all), get(&self.units.read))
    }

    /// Adds this scan to the statistics of a query.
    pub(crate) fn add_to(&self, statistics: &mut Statistics) {
        statistics.segments += get(&self.segments.all);
        statistics.segments_read += get(&self.segments.read);
        statistics.row_groups += get(&self.groups.all);
        statistics.row_groups_read += get(&self.groups.read);
        statistics.pages += get(&self.pages.all);
        statistics.pages_read += get(&self.pages.read);
        statistics.rows_examined += get(&self.rows_examined);
        statistics.rows_matched += get(&self.rows_matched);
        statistics.memtable_rows += get(&self.memtable_rows);
        statistics.bytes_read += get(&self.bytes_read);
        let unreadable = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        for text in unreadable.iter() {
            if !statistics.unreadable.contains(text) {
                statistics.unreadable.push(text.clone());
            }
        }
    }
}
