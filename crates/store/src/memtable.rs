//! Events that are acknowledged and not in a segment yet.
//!
//! The memtable is a list of decoded requests in log order, cut into generations. The last
//! generation grows; the ones before it are frozen and on their way into segments. A snapshot takes
//! the list as it is at that moment, and costs one pointer for each stretch of requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use model::{Batch, DatasetId, EnvironmentId, Hour, Signal, Timestamp};

use crate::record::Lsn;

/// What keeps a request's memory accounted for until its last reader lets go.
pub type Lease = Box<dyn Send + Sync>;

/// The decoded events of one signal of one request.
pub struct MemBatch {
    /// The request.
    pub lsn: Lsn,
    /// The environment of all its rows.
    pub environment: EnvironmentId,
    /// When the request arrived.
    pub arrival: Timestamp,
    /// The events.
    pub batch: Batch,
    /// The datasets, parallel to [`Batch::datasets`].
    pub datasets: Vec<DatasetId>,
    /// Shared by the batches of a request.
    pub(crate) _lease: Option<Arc<Lease>>,
}

impl MemBatch {
    /// The dataset of a row.
    pub fn dataset_of(&self, row: u32) -> DatasetId {
        let run = self.batch.datasets().partition_point(|run| run.rows.end <= row);
        self.datasets[run]
    }

    /// The dataset of each run of rows.
    pub fn dataset_runs(&self) -> impl Iterator<Item = (std::ops::Range<u32>, DatasetId)> {
        let runs = self.batch.datasets().iter().zip(&self.datasets);
        runs.map(|(run, id)| (run.rows.clone(), *id))
    }
}

/// Requests in log order, shared between the memtable and its snapshots.
pub(crate) type Stretch = Arc<[Arc<MemBatch>]>;

/// What rows are flushed together: those of one signal of one environment in one hour.
pub(crate) type RowsOf = (EnvironmentId, Signal, Hour);

/// A generation that no longer grows.
pub(crate) struct Frozen {
    pub(crate) number: u64,
    pub(crate) stretches: Vec<Stretch>,
    /// What its rows are of.
    pub(crate) rows_of: BTreeSet<RowsOf>,
    pub(crate) last: Lsn,
    pub(crate) rows: u64,
}

impl Frozen {
    pub(crate) fn batches(&self) -> Vec<Arc<MemBatch>> {
        self.stretches.iter().flat_map(|stretch| stretch.iter().cloned()).collect()
    }
}

/// When a generation is full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Rows of one signal of one environment in one hour: a whole row group.
    pub(crate) partition_rows: u32,
    /// Bytes of all its requests.
    pub(crate) bytes: usize,
}

/// The generation that grows.
pub(crate) struct Generation {
    number: u64,
    stretches: Vec<Stretch>,
    tail: Vec<Arc<MemBatch>>,
    partitions: BTreeMap<RowsOf, u32>,
    bytes: usize,
    rows: u64,
    last: Lsn,
    started: Duration,
}

impl Generation {
    pub(crate) fn new(number: u64) -> Self {
        Self {
            number,
            stretches: Vec::new(),
            tail: Vec::new(),
            partitions: BTreeMap::new(),
            bytes: 0,
            rows: 0,
            last: Lsn::NONE,
            started: Duration::ZERO,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.last == Lsn::NONE
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// When its first request came, by the clock that never jumps.
    pub(crate) fn started(&self) -> Duration {
        self.started
    }

    /// What its rows are of.
    pub(crate) fn rows_of(&self) -> impl Iterator<Item = &RowsOf> {
        self.partitions.keys()
    }

    /// Whether the batches of a request would take it over a limit. A row group that ends just
    /// before its limit is full; one that goes over it would leave a small one behind.
    pub(crate) fn is_full_for(&self, batches: &[Arc<MemBatch>], limits: &Limits) -> bool {
        if self.is_empty() {
            return false;
        }
        let bytes: usize = batches.iter().map(|batch| batch.batch.bytes()).sum();
        if self.bytes + bytes > limits.bytes {
            return true;
        }
        batches.iter().any(|batch| {
            batch.batch.hours().iter().any(|hour| {
                let partition = (batch.environment, batch.batch.signal(), hour.hour);
                let rows = self.partitions.get(&partition).copied().unwrap_or(0);
                rows > 0 && rows + hour.rows > limits.partition_rows
            })
        })
    }

    /// Adds the batches of the next request.
    pub(crate) fn push(&mut self, lsn: Lsn, batches: Vec<Arc<MemBatch>>, now: Duration) {
        if self.is_empty() {
            self.started = now;
        }
        self.last = lsn;
        for batch in batches {
            self.bytes += batch.batch.bytes();
            self.rows += batch.batch.rows() as u64;
            for hour in batch.batch.hours() {
                let partition = (batch.environment, batch.batch.signal(), hour.hour);
                *self.partitions.entry(partition).or_default() += hour.rows;
            }
            self.tail.push(batch);
        }
    }

    /// Its last request; the first place of all if it has none.
    pub(crate) fn last(&self) -> Lsn {
        self.last
    }

    /// What was in it when it was last looked at as a whole, and what has come since.
    pub(crate) fn parts(&self) -> (&[Stretch], &[Arc<MemBatch>]) {
        (&self.stretches, &self.tail)
    }

    /// Everything so far, as a list of stretches.
    pub(crate) fn view(&mut self) -> &[Stretch] {
        if !self.tail.is_empty() {
            self.stretches.push(Arc::from(std::mem::take(&mut self.tail)));
        }
        &self.stretches
    }

    /// Ends its growth.
    pub(crate) fn freeze(mut self) -> Frozen {
        self.view();
        Frozen {
            number: self.number,
            stretches: self.stretches,
            rows_of: self.partitions.into_keys().collect(),
            last: self.last,
            rows: self.rows,
        }
    }
}
