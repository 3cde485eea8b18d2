//! What the store has done and has to do, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that only grow.
#[derive(Debug, Default)]
pub struct Counters {
    /// Groups written to the log.
    pub log_groups: Counter,
    /// Requests written to the log.
    pub log_records: Counter,
    /// Bytes of the requests written to the log.
    pub log_bytes: Counter,
    /// Groups that could not be written, whose requests were refused.
    pub log_failures: Counter,
    /// Generations flushed.
    pub flushes: Counter,
    /// Rows flushed into segments.
    pub flushed_rows: Counter,
    /// Bytes of flushed segments.
    pub flushed_bytes: Counter,
    /// Flushes that failed and are tried again.
    pub flush_failures: Counter,
    /// Compactions.
    pub compactions: Counter,
    /// Row groups that compaction copied byte for byte.
    pub groups_copied: Counter,
    /// Row groups that compaction encoded again.
    pub groups_encoded: Counter,
    /// Bytes that compaction wrote.
    pub compacted_bytes: Counter,
    /// Compactions that failed and are tried again.
    pub compaction_failures: Counter,
    /// Files that were replaced and removed.
    pub files_removed: Counter,
    /// Files of no known segment, moved to quarantine at the start.
    pub files_quarantined: Counter,
    /// Requests lost to damage of the log that was accepted.
    pub lost_records: Counter,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// What it has come to.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The present state in numbers.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    /// Rows of the memtable.
    pub memtable_rows: u64,
    /// Bytes of the generation that grows.
    pub memtable_bytes: u64,
    /// Generations that wait for their flush.
    pub flushes_pending: u64,
    /// Segments that wait to be merged or rewritten.
    pub compactions_pending: u64,
    /// Live segments.
    pub segments: u64,
    /// Bytes of live segments.
    pub segment_bytes: u64,
    /// Bytes of their trace indexes.
    pub index_bytes: u64,
    /// Rows of live segments.
    pub segment_rows: u64,
    /// Bytes of the log's files.
    pub log_bytes: u64,
    /// Live datasets.
    pub datasets: u64,
    /// Segments that compaction could not read since the start, and leaves as they are.
    pub damaged_segments: u64,
    /// Why storage cannot be written at present.
    pub storage_trouble: Option<String>,
}
