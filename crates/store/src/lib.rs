//! Keeps events: write-ahead log, memtable, segments, catalog, compaction, retention, recovery.
//!
//! The way of a request: it is appended to the [log](Store::append) with its group's one
//! `fdatasync`, published in log order, acknowledged; flushed with its generation as segments, one
//! signal of one environment and hour each; committed to the catalog together with the mark up to
//! which the log is no longer needed; compacted once; retired.
//!
//! Invariants:
//! - Nothing is acknowledged before its bytes are on disk, and nothing is visible before that.
//! - A [`Snapshot`] sees every acknowledged row exactly once, wherever it lies.
//! - Marks never cover part of a request; a commit of the catalog is all or nothing.
//! - The crate knows no vendor and no query language, and takes time, chance, files and decoders
//!   from its [`Seams`], so that the simulator runs the very code that ships.

mod catalog;
mod check;
mod compact;
mod disk;
mod flush;
mod log;
mod memtable;
mod paths;
mod record;
mod seams;
mod segment;
mod settings;
mod snapshot;
mod stats;
mod store;
mod threads;

pub use catalog::{Attribute, AttributeTable, Catalog, DatasetFields, DatasetTable, Hidden};
pub use check::{Finding, check, verify};
pub use disk::{Disk, DiskFile, LocalDisk};
pub use log::{LogReading, read_log};
pub use memtable::{Lease, MemBatch};
pub use paths::{CATALOG, LOCK};
pub use record::{Lsn, Record};
pub use seams::{Decoder, Observer, Seams, Stage};
pub use segment::{
    BLOCK_ROWS, FieldId, FooterColumn, GROUP_ROWS_MAX, Partition, Physical, SegmentColumn,
    SegmentDataset, SegmentFooter, SegmentMeta, SegmentNumber, SegmentReader, TraceIndex,
    TraceRows, describe, format_uuid, unreadable,
};
pub use settings::{Planted, Settings};
pub use snapshot::{Segment, Snapshot};
pub use stats::{Counter, Counters, Gauges};
pub use store::{Backup, BackupFile, Pending, Recent, Recovery, Store};
pub use threads::{Appender, Intake, Threads};
