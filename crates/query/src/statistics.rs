//! What answering a query took.

use std::time::Duration;

/// What a query read, what it could leave out, and what it could not read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// How long it took.
    pub elapsed: Duration,
    /// Which way answered it.
    pub way: &'static str,
    /// Rows whose conditions were looked at.
    pub rows_examined: u64,
    /// Rows that passed.
    pub rows_matched: u64,
    /// Of the rows examined, those in memory.
    pub memtable_rows: u64,
    /// Bytes read of files.
    pub bytes_read: u64,
    /// Segments of the environment, over all scans of the query.
    pub segments: u64,
    /// Segments of which anything was read.
    pub segments_read: u64,
    /// Row groups of all segments.
    pub row_groups: u64,
    /// Row groups read.
    pub row_groups_read: u64,
    /// Pages that the query's columns have in the row groups read.
    pub pages: u64,
    /// Pages read, dictionaries included.
    pub pages_read: u64,
    /// Bytes spilled to disk.
    pub spilled_bytes: u64,
    /// Files spilled.
    pub spill_files: u64,
    /// Files, or parts of them, that could not be read; the answer is without them.
    pub unreadable: Vec<String>,
    /// The standard error of estimates, where there are any.
    pub estimate_error: Option<f64>,
}
