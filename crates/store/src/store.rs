//! The store: one writer of the log, the memtable and the segments, and any number of readers.
//!
//! Locks are taken in one order: log, catalog, state. None is held while segments are written.

mod append;
mod datasets;
mod maintain;
mod open;

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Error, ErrorKind, Result, Timestamp};

pub use append::Pending;
pub use open::Recovery;

use crate::catalog::{AttributeTable, Catalog, Commit, DatasetTable};
use crate::check::check_files;
use crate::compact::{self, plan::Job};
use crate::disk::Disk;
use crate::flush::{FlushContext, flush};
use crate::log::{Log, storage_failed};
use crate::memtable::{Frozen, Generation, Limits};
use crate::record::Lsn;
use crate::seams::{Seams, Stage};
use crate::segment::{SegmentMeta, SegmentNumber};
use crate::settings::Settings;
use crate::snapshot::{Segment, Snapshot};
use crate::stats::{Counters, Gauges};

/// What snapshots are taken of.
pub(crate) struct State {
    version: u64,
    mark: Lsn,
    datasets: Arc<DatasetTable>,
    attributes: Arc<AttributeTable>,
    segments: Arc<Vec<Arc<Segment>>>,
    active: Generation,
    frozen: VecDeque<Arc<Frozen>>,
    next_generation: u64,
    /// Replaced segments whose files go when their last snapshot is gone.
    dying: Vec<Arc<Segment>>,
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
    /// The latest time by which rows were hidden, ns: rows that were gone do not come back when the
    /// clock is set back.
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

/// Removes a file, if it is there.
fn remove_file(disk: &dyn Disk, path: &Path, doing: &str) -> Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(storage_failed(doing, error)),
        _ => Ok(()),
    }
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

    /// The time by which expired rows are hidden.
    fn hiding_time(&self) -> Timestamp {
        let now = self.seams.clock.now().nanos();
        Timestamp::from_nanos(self.hidden_at.fetch_max(now, Ordering::Relaxed).max(now))
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
            stretches,
            segments: Arc::clone(&state.segments),
        }
    }

    /// The present state in numbers.
    pub fn gauges(&self) -> Gauges {
        let log_bytes = lock(&self.log).as_ref().map_or(0, Log::bytes);
        let now = self.hiding_time();
        let state = lock(&self.state);
        let sum = |fact: fn(&SegmentMeta) -> u64| {
            state.segments.iter().map(|segment| fact(&segment.meta)).sum()
        };
        let frozen_rows: u64 = state.frozen.iter().map(|frozen| frozen.rows).sum();
        let segments = state.mergeable();
        let jobs = compact::plan::pending(&segments, &state.datasets, now, &self.settings);
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

    /// Flushes the oldest frozen generation, if there is one.
    pub fn flush_one(&self) -> Result<bool> {
        let flushed = self.try_flush_one();
        let mut state = lock(&self.state);
        match &flushed {
            Ok(_) => state.trouble.flush = None,
            Err(error) => state.trouble.flush = Some(error.to_string()),
        }
        drop(state);
        flushed
    }

    fn try_flush_one(&self) -> Result<bool> {
        let _one = lock(&self.flushing);
        self.settle()?;
        let (frozen, datasets, attributes) = {
            let state = lock(&self.state);
            let Some(frozen) = state.frozen.front() else { return Ok(false) };
            (Arc::clone(frozen), Arc::clone(&state.datasets), Arc::clone(&state.attributes))
        };
        self.seams.observer.reached(Stage::Flush);
        let batches = frozen.batches();
        let context = FlushContext {
            disk: &*self.seams.disk,
            datasets: &datasets,
            attributes,
            now: self.hiding_time(),
            group_rows: self.settings.group_rows as usize,
            names_max: self.settings.names_max,
            new_segment: &|| self.new_segment(),
        };
        let flushed = flush(context, &batches)?;
        drop(batches);
        let commit = Commit {
            added: flushed.segments,
            attributes: flushed.new_attributes,
            mark: Some(frozen.last),
            ..Commit::default()
        };
        let version = self.commit(&commit, Stage::Commit, "flush")?;
        self.counters.flushes.add(1);
        self.counters.flushed_rows.add(commit.added.iter().map(|meta| meta.rows).sum());
        self.counters.flushed_bytes.add(commit.added.iter().map(|meta| meta.bytes).sum());
        {
            let mut state = lock(&self.state);
            state.attributes = flushed.attributes;
            state.swap(version, commit.added, &[]);
            state.mark = frozen.last;
            debug_assert_eq!(state.frozen.front().map(|f| f.number), Some(frozen.number));
            state.frozen.pop_front();
        }
        self.seams.observer.reached(Stage::Recycle);
        if let Err(error) = self.recycle_log() {
            // The rows are in segments all the same; tidying up tries again.
            self.seams.observer.trouble("letting go of the log", &error);
        }
        Ok(true)
    }

    /// Merges or rewrites segments once, if any need it.
    pub fn compact_one(&self) -> Result<bool> {
        let _one = lock(&self.compacting);
        self.settle()?;
        let now = self.hiding_time();
        let (job, datasets, attributes) = {
            let state = lock(&self.state);
            let segments = state.mergeable();
            let job = compact::plan::next(&segments, &state.datasets, now, &self.settings);
            let Some(job) = job else { return Ok(false) };
            (job, Arc::clone(&state.datasets), Arc::clone(&state.attributes))
        };
        let context = compact::CompactContext {
            disk: &*self.seams.disk,
            datasets: &datasets,
            attributes: &attributes,
            now,
            settings: &self.settings,
            new_segment: &|| self.new_segment(),
            counters: &self.counters,
        };
        let added =
            compact::run(&context, &job).inspect_err(|error| self.leave_out(&job, error))?;
        let commit = Commit {
            added: added.into_iter().collect(),
            removed: job.inputs.iter().map(|segment| segment.meta.number).collect(),
            ..Commit::default()
        };
        let version = self.commit(&commit, Stage::Compact, "compaction")?;
        self.counters.compactions.add(1);
        self.counters.compacted_bytes.add(commit.added.iter().map(|meta| meta.bytes).sum());
        lock(&self.state).swap(version, commit.added, &commit.removed);
        self.seams.observer.reached(Stage::Remove);
        Ok(true)
    }

    /// Leaves the segments that made a compaction fail out of the next ones, so that one damaged
    /// file does not keep all others from being merged.
    fn leave_out(&self, job: &Job, error: &Error) {
        if !matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Bug) {
            return;
        }
        let disk = &*self.seams.disk;
        let number = |segment: &Arc<Segment>| segment.meta.number;
        let damaged = job.inputs.iter().filter(|segment| check_files(disk, &segment.meta).is_err());
        let mut left_out: Vec<SegmentNumber> = damaged.map(number).collect();
        if left_out.is_empty() {
            // Each reads alone: it cannot be said which of them it is.
            left_out = job.inputs.iter().map(number).collect();
        }
        lock(&self.state).damaged.extend(left_out);
    }

    /// Commits a change of the segments; returns its version.
    ///
    /// If that fails, a power cut might still bring the transaction back, so the files it names stay
    /// until a later transaction has taken its place.
    fn commit(&self, commit: &Commit, stage: Stage, what: &str) -> Result<u64> {
        self.seams.observer.reached(stage);
        let committed = lock(&self.catalog).commit(commit, self.seams.clock.now(), what);
        committed.inspect_err(|_| {
            let files =
                commit.added.iter().flat_map(|meta| [meta.path.clone(), meta.index_path()]);
            lock(&self.uncommitted).extend(files);
        })
    }

    /// Makes sure that commits that failed do not come back, by one that succeeds, and removes their
    /// files.
    fn settle(&self) -> Result<()> {
        let mut files = lock(&self.uncommitted);
        if files.is_empty() {
            return Ok(());
        }
        lock(&self.catalog).commit(&Commit::default(), self.seams.clock.now(), "retry")?;
        lock(&self.litter).append(&mut files);
        drop(files);
        if let Err(error) = self.remove_litter() {
            // What is in the way of nobody need not hold up a flush; tidying up tries again.
            self.seams.observer.trouble("removing uncommitted files", &error);
        }
        Ok(())
    }

    fn remove_litter(&self) -> Result<()> {
        let mut litter = lock(&self.litter);
        while let Some(path) = litter.last() {
            remove_file(&*self.seams.disk, path, "removing an uncommitted file")?;
            litter.pop();
        }
        Ok(())
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

    fn new_segment(&self) -> (SegmentNumber, u64) {
        let number = self.next_segment.fetch_add(1, Ordering::Relaxed);
        (SegmentNumber(number), self.seams.random.next())
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
        let segments = state.segments.iter().chain(&state.dying);
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

    /// Takes segments away and adds others, for all snapshots from now on.
    fn swap(&mut self, version: u64, added: Vec<SegmentMeta>, removed: &[SegmentNumber]) {
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
        self.dying.extend(go);
    }
}
