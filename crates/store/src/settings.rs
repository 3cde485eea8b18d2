//! The store's settings.

use std::time::Duration;

use crate::segment::GROUP_ROWS_MAX;

/// When the store flushes, compacts and lets go. The defaults are those of production; tests lower
/// them so that every stage is passed with little data.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A generation of the memtable is flushed at this many rows of one signal of one environment
    /// in one hour: a whole row group, of 131,072 at most.
    pub group_rows: u32,
    /// A generation is flushed at this many bytes.
    pub flush_bytes: usize,
    /// A generation is flushed when it is this old.
    pub flush_after: Duration,
    /// Most names of attributes that an environment's signal may have in the catalog. Names come
    /// from clients, and all of them are kept in memory. Beyond it values are kept in the overflow
    /// column under their name, but every overflow column has to be read to find them.
    pub names_max: usize,
    /// The size of the log's files.
    pub log_file_bytes: u64,
    /// Fresh segments of one hour are merged once there are this many.
    pub compact_segments: usize,
    /// Fresh segments are merged anyway once their hour has been over, and nothing has come for it,
    /// for this long.
    pub compact_after: Duration,
    /// Segments smaller than this are merged on, by hour, day and month.
    pub small_segment_bytes: u64,
    /// Segments are not merged beyond this size.
    pub segment_bytes_max: u64,
    /// A segment is rewritten when this share of its rows, in percent, is deleted or expired.
    pub rewrite_dead_percent: u64,
    /// A segment with any deleted or expired rows is rewritten after this long.
    pub rewrite_after: Duration,
    /// The files of a replaced segment stay this long. Another program that has read their names in
    /// the catalog has as much time to open them; space is held so much longer.
    pub remove_after: Duration,
    /// Goes on behind a damaged part of the log and counts what is lost.
    pub accept_log_damage: bool,
    /// A planted bug, for tests of the tests.
    #[doc(hidden)]
    pub planted: Option<Planted>,
}

/// Bugs that the simulation must notice.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// Acknowledges without a sync of the log.
    SkipSync,
    /// Moves the mark in a transaction before the one that adds the segments.
    EarlyMark,
    /// Replays groups whose checksum is wrong.
    IgnoreCrc,
    /// Takes replaced segments away in a transaction before the one that adds theirs.
    SplitSwap,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            group_rows: GROUP_ROWS_MAX as u32,
            flush_bytes: 112 << 20,
            flush_after: Duration::from_secs(300),
            names_max: 100_000,
            log_file_bytes: 64 << 20,
            compact_segments: 16,
            compact_after: Duration::from_secs(60),
            small_segment_bytes: 64 << 20,
            segment_bytes_max: 512 << 20,
            rewrite_dead_percent: 20,
            rewrite_after: Duration::from_secs(24 * 3_600),
            remove_after: Duration::from_secs(60),
            accept_log_damage: false,
            planted: None,
        }
    }
}

impl Settings {
    /// The same with a size of row groups that a file can have.
    pub(crate) fn possible(mut self) -> Self {
        self.group_rows = self.group_rows.clamp(1, GROUP_ROWS_MAX as u32);
        self
    }

    /// Rows from which a row group is final: nothing is gained by filling it up.
    pub(crate) fn full_group_rows(&self) -> u32 {
        self.group_rows / 8 * 7
    }
}
