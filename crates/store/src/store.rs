//! The store: one writer of the log, the memtable and the segments, and any number of readers.
//!
//! Locks are taken in one order: log, catalog, state. None is held while segments are written.

mod append;
mod backup;
mod datasets;
mod maintain;
mod open;
mod recent;
mod segments;

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Error, Result, Timestamp};

pub use append::Pending;
pub use backup::{Backup, BackupFile};
pub use open::Recovery;
pub use recent::Recent;

use crate::catalog::{AttributeTable, Catalog, DatasetFields, DatasetTable};
use crate::compact;
use crate::log::Log;
use crate::memtable::{Frozen, Generation, Limits, RowsOf};
use crate::record::Lsn;
use crate::seams::Seams;
use crate::segment::{SegmentMeta, SegmentNumber};
use crate::settings::Settings;
use crate::snapshot::{Segment, Snapshot};
use crate::stats::{Counters, Gauges};

/// A horizon is written to the catalog when it has moved this far; snapshots know it exactly.
const HORIZON_STEP_NS: i64 = 60 * model::NANOS_PER_SECOND;

/// What snapshots are taken of.
pub(crate) struct State {
    version: u64,
    mark: Lsn,
    datasets: Arc<DatasetTable>,
    attributes: Arc<AttributeTable>,
    fields: Arc<DatasetFields>,
    segments: Arc<Vec<Arc<Segment>>>,
    active: Generation,
    frozen: VecDeque<Arc<Frozen>>,
    next_generation: u64,
    /// Replaced segments, and when they were. Their files go when their last snapshot is gone and
    /// other readers of the catalog have had their time.
    dying: Vec<(Arc<Segment>, Duration)>,
    /// Segments that compaction could not read, left out of it until the next start.
    damaged: BTreeSet<SegmentNumber>,
    trouble: Trouble,
}

/// Why storage cannot be written at present, by who found out; each is cleared by its own success.
#[derive(Default)]
struct Trouble {
    log: Option<String>,
    flush: Option<String>,
}

impl Trouble {
    fn text(&self) -> Option<String> {
        self.log.clone().or_else(|| self.flush.clone())
    }
}

/// Keeps events durably and gives consistent views of them.
pub struct Store {
    seams: Seams,
    settings: Settings,
    counters: Counters,
    log: Mutex<Option<Log>>,
    catalog: Mutex<Catalog>,
    state: Mutex<State>,
    /// Files of commits that failed.
    uncommitted: Mutex<Vec<PathBuf>>,
    /// Files that no row of the catalog will ever name, and that could not be removed yet.
    litter: Mutex<Vec<PathBuf>>,
    /// One flush at a time, one compaction at a time.
    flushing: Mutex<()>,
    compacting: Mutex<()>,
    next_segment: AtomicU64,
    /// The last time by which a snapshot hid expired rows, ns.
    hidden_at: AtomicI64,
    /// Whether there may be work for the flusher; waited on by its thread.
    work: Mutex<bool>,
    work_came: Condvar,
    stopping: AtomicBool,
}

/// A lock whose holder panicked is taken over: store threads stop the process when they panic, and
/// readers leave nothing half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// What the store has done.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The time by which snapshots hide expired rows. What one has hidden does not come back when
    /// the clock is set back a little; beyond that horizons are in the catalog. A clock that was
    /// far ahead for a moment hides nothing for longer than that.
    fn hiding_time(&self) -> Timestamp {
        let now = self.seams.clock.now().nanos();
        let last = self.hidden_at.load(Ordering::Relaxed);
        let ahead = last.saturating_sub(now);
        if (0..=HORIZON_STEP_NS).contains(&ahead) {
            return Timestamp::from_nanos(last);
        }
        self.hidden_at.store(now, Ordering::Relaxed);
        Timestamp::from_nanos(now)
    }

    /// A consistent view of everything acknowledged so far.
    pub fn snapshot(&self) -> Snapshot {
        let now = self.seams.clock.now();
        let hidden_at = self.hiding_time();
        let mut state = lock(&self.state);
        let mut stretches: Vec<_> =
            state.frozen.iter().flat_map(|frozen| frozen.stretches.iter().cloned()).collect();
        stretches.extend(state.active.view().iter().cloned());
        Snapshot {
            disk: Arc::clone(&self.seams.disk),
            now,
            hidden_at,
            version: state.version,
            datasets: Arc::clone(&state.datasets),
            attributes: Arc::clone(&state.attributes),
            fields: Arc::clone(&state.fields),
            stretches,
            segments: Arc::clone(&state.segments),
        }
    }

    /// The present state in numbers.
    pub fn gauges(&self) -> Gauges {
        let log_bytes = lock(&self.log).as_ref().map_or(0, Log::bytes);
        let now = self.seams.clock.now();
        let state = lock(&self.state);
        let sum = |fact: fn(&SegmentMeta) -> u64| {
            state.segments.iter().map(|segment| fact(&segment.meta)).sum()
        };
        let frozen_rows: u64 = state.frozen.iter().map(|frozen| frozen.rows).sum();
        let segments = state.mergeable();
        let unflushed = state.unflushed();
        let facts = compact::plan::Facts {
            datasets: &state.datasets,
            unflushed: &unflushed,
            now,
            settings: &self.settings,
        };
        let jobs = facts.pending(&segments);
        Gauges {
            memtable_rows: state.active.rows() + frozen_rows,
            memtable_bytes: state.active.bytes() as u64,
            flushes_pending: state.frozen.len() as u64,
            compactions_pending: jobs as u64,
            segments: state.segments.len() as u64,
            segment_bytes: sum(|meta| meta.bytes),
            index_bytes: sum(|meta| meta.index_bytes),
            segment_rows: sum(|meta| meta.rows),
            log_bytes,
            datasets: state.datasets.len() as u64,
            damaged_segments: state.damaged.len() as u64,
            storage_trouble: state.trouble.text(),
        }
    }

    /// Why storage cannot be written at present, if it cannot.
    pub fn trouble(&self) -> Option<String> {
        lock(&self.state).trouble.text()
    }

    /// Cuts the memtable here: everything acknowledged so far will be flushed. Returns whether
    /// there was anything.
    pub fn freeze(&self) -> bool {
        let mut state = lock(&self.state);
        let frozen = state.freeze();
        drop(state);
        if frozen {
            self.wake();
        }
        frozen
    }

    /// Freezes the growing generation if it has grown old.
    pub(crate) fn freeze_old(&self) {
        let now = self.seams.clock.elapsed();
        let mut state = lock(&self.state);
        let age = now.saturating_sub(state.active.started());
        if !state.active.is_empty() && age >= self.settings.flush_after {
            state.freeze();
        }
    }

    fn recycle_log(&self) -> Result<()> {
        let mut log = lock(&self.log);
        let Some(log) = log.as_mut() else { return Ok(()) };
        let mark = lock(&self.state).mark;
        log.recycle(mark)
    }

    /// Notes whether the log can be written.
    pub(crate) fn note_log_trouble(&self, trouble: Option<&Error>) {
        lock(&self.state).trouble.log = trouble.map(ToString::to_string);
    }

    /// Changes the table of datasets, first in the catalog and then for all snapshots from now on.
    ///
    /// The state is not locked while the catalog syncs, so nobody who reads waits for it. No change
    /// is lost by that, since whoever changes the table holds the catalog all the while.
    fn change_datasets<T>(
        &self,
        change: impl FnOnce(&mut Catalog, &mut DatasetTable) -> Result<T>,
    ) -> Result<T> {
        let mut catalog = lock(&self.catalog);
        let mut datasets = Arc::clone(&lock(&self.state).datasets);
        let value = change(&mut catalog, Arc::make_mut(&mut datasets))?;
        lock(&self.state).datasets = datasets;
        Ok(value)
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits { partition_rows: self.settings.group_rows, bytes: self.settings.flush_bytes }
    }

    /// Tells the flusher that there may be work.
    pub(crate) fn wake(&self) {
        *lock(&self.work) = true;
        self.work_came.notify_all();
    }

    /// Waits until there may be work, at most this long.
    pub(crate) fn wait_for_work(&self, at_most: Duration) {
        let work = lock(&self.work);
        let waited = self.work_came.wait_timeout_while(work, at_most, |work| !*work);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }

    /// Waits this long, or until the store is stopped.
    pub(crate) fn pause(&self, time: Duration) {
        let work = lock(&self.work);
        let waited = self.work_came.wait_timeout_while(work, time, |_| !self.is_stopping());
        drop(waited);
    }

    /// Asks the store's threads to end after what they are doing.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub(crate) fn seams(&self) -> &Seams {
        &self.seams
    }

    /// Every file that the catalog names.
    pub fn files(&self) -> Vec<PathBuf> {
        let state = lock(&self.state);
        let dying = state.dying.iter().map(|(segment, _)| segment);
        let segments = state.segments.iter().chain(dying);
        segments
            .flat_map(|segment| [segment.meta.path.clone(), segment.meta.index_path()])
            .collect()
    }
}

impl State {
    fn freeze(&mut self) -> bool {
        if self.active.is_empty() {
            return false;
        }
        self.next_generation += 1;
        let next = Generation::new(self.next_generation);
        let frozen = std::mem::replace(&mut self.active, next).freeze();
        self.frozen.push_back(Arc::new(frozen));
        true
    }

    /// The segments that compaction may work with.
    fn mergeable(&self) -> Arc<Vec<Arc<Segment>>> {
        if self.damaged.is_empty() {
            return Arc::clone(&self.segments);
        }
        let segments = self.segments.iter();
        let healthy = segments.filter(|segment| !self.damaged.contains(&segment.meta.number));
        Arc::new(healthy.cloned().collect())
    }

    /// What the rows that are not in segments yet are of.
    fn unflushed(&self) -> BTreeSet<RowsOf> {
        let frozen = self.frozen.iter().flat_map(|frozen| &frozen.rows_of);
        self.active.rows_of().chain(frozen).copied().collect()
    }

    /// Takes segments away and adds others, for all snapshots from now on.
    fn swap(
        &mut self,
        version: u64,
        added: Vec<SegmentMeta>,
        removed: &[SegmentNumber],
        now: Duration,
    ) {
        self.version = self.version.max(version);
        let (stay, go) = self
            .segments
            .iter()
            .cloned()
            .partition::<Vec<_>, _>(|segment| !removed.contains(&segment.meta.number));
        let mut segments = stay;
        segments.extend(added.into_iter().map(|meta| Arc::new(Segment { meta })));
        segments.sort_by_key(|segment| segment.meta.number);
        self.segments = Arc::new(segments);
        self.dying.extend(go.into_iter().map(|segment| (segment, now)));
    }
}
