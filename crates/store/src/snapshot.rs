//! Everything that was acknowledged at one moment: memtable and segments as one.
//!
//! A snapshot is taken under one lock, so that no row is seen twice or not at all while it moves
//! from memory into a file. Its segments' files stay until the last snapshot that lists them is
//! gone.

use std::sync::Arc;

use model::{DatasetId, EnvironmentId, Result, Signal, Timestamp};

use crate::catalog::{AttributeTable, DatasetFields, DatasetTable, Hidden};
use crate::disk::Disk;
use crate::log::storage_failed;
use crate::memtable::{MemBatch, Stretch};
use crate::segment::{SegmentMeta, SegmentReader, TraceIndex, unreadable};

/// A segment that snapshots may be reading.
#[derive(Debug)]
pub struct Segment {
    /// What the catalog knows of it.
    pub meta: SegmentMeta,
}

/// A consistent view of all events.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) now: Timestamp,
    /// The time by which expired rows are hidden: not before that of any earlier snapshot.
    pub(crate) hidden_at: Timestamp,
    pub(crate) version: u64,
    pub(crate) datasets: Arc<DatasetTable>,
    pub(crate) attributes: Arc<AttributeTable>,
    pub(crate) fields: Arc<DatasetFields>,
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) segments: Arc<Vec<Arc<Segment>>>,
}

impl Snapshot {
    /// When it was taken.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The catalog's version.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Names and ids of datasets.
    pub fn datasets(&self) -> &DatasetTable {
        &self.datasets
    }

    /// Names of attributes that segments have; the memtable may have more.
    pub fn attributes(&self) -> &AttributeTable {
        &self.attributes
    }

    /// The columns that each dataset has in segments; the memtable may have more.
    pub fn dataset_fields(&self) -> &DatasetFields {
        &self.fields
    }

    /// The decoded requests of one signal of one environment that are not in segments.
    pub fn batches(
        &self,
        environment: EnvironmentId,
        signal: Signal,
    ) -> impl Iterator<Item = &Arc<MemBatch>> {
        let all = self.stretches.iter().flat_map(|stretch| stretch.iter());
        all.filter(move |batch| batch.environment == environment && batch.batch.signal() == signal)
    }

    /// The segments of one signal of one environment.
    pub fn segments(
        &self,
        environment: EnvironmentId,
        signal: Signal,
    ) -> impl Iterator<Item = &Arc<Segment>> {
        self.segments.iter().filter(move |segment| {
            segment.meta.environment == environment && segment.meta.signal == signal
        })
    }

    /// Every segment.
    pub fn all_segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    /// Which rows of a dataset are gone although they are still on disk.
    pub fn hidden(&self, dataset: DatasetId) -> Hidden {
        self.datasets.hidden(dataset, self.hidden_at)
    }

    /// Where the files of its segments are.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// Opens a segment's file.
    pub fn open(&self, segment: &Segment) -> Result<SegmentReader> {
        SegmentReader::open(&*self.disk, &segment.meta.path, segment.meta.bytes)
    }

    /// Opens a segment's trace index.
    pub fn trace_index(&self, segment: &Segment) -> Result<TraceIndex> {
        let path = segment.meta.index_path();
        let file = self
            .disk
            .open(&path)
            .map_err(|error| storage_failed(&format!("opening {}", path.display()), error))?;
        TraceIndex::open(file).map_err(|error| unreadable(&path, error))
    }
}
