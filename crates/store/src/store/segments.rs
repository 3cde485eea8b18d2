//! Turns generations of the memtable into segments, and segments into better ones; and what becomes
//! of their files when that fails.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use model::{Error, ErrorKind, Result};

use super::{State, Store, lock};
use crate::catalog::Commit;
use crate::check::check_files;
use crate::compact::{self, plan::Job};
use crate::disk::Disk;
use crate::flush::{FlushContext, flush};
use crate::log::storage_failed;
use crate::seams::Stage;
use crate::segment::SegmentNumber;
use crate::snapshot::Segment;

impl Store {
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
        let (frozen, datasets, attributes, fields) = {
            let state = lock(&self.state);
            let Some(frozen) = state.frozen.front() else { return Ok(false) };
            let (attributes, fields) = (Arc::clone(&state.attributes), Arc::clone(&state.fields));
            (Arc::clone(frozen), Arc::clone(&state.datasets), attributes, fields)
        };
        self.seams.observer.reached(Stage::Flush);
        let batches = frozen.batches();
        let context = FlushContext {
            disk: &*self.seams.disk,
            datasets: &datasets,
            attributes,
            fields: &fields,
            now: self.seams.clock.now(),
            group_rows: self.settings.group_rows as usize,
            names_max: self.settings.names_max,
            new_segment: &|| self.new_segment(),
        };
        let flushed = flush(context, &batches)?;
        drop(batches);
        let commit = Commit {
            added: flushed.segments,
            attributes: flushed.new_attributes,
            fields: flushed.new_fields,
            mark: Some(frozen.last),
            ..Commit::default()
        };
        let rows = commit.added.iter().map(|meta| meta.rows).sum();
        let bytes = commit.added.iter().map(|meta| meta.bytes).sum();
        let new_fields = commit.fields.clone();
        self.commit(commit, Stage::Commit, "flush", |state| {
            state.attributes = flushed.attributes;
            let fields = Arc::make_mut(&mut state.fields);
            new_fields.into_iter().for_each(|(dataset, field)| fields.insert(dataset, field));
            state.mark = frozen.last;
            debug_assert_eq!(state.frozen.front().map(|f| f.number), Some(frozen.number));
            state.frozen.pop_front();
        })?;
        self.counters.flushes.add(1);
        self.counters.flushed_rows.add(rows);
        self.counters.flushed_bytes.add(bytes);
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
        let now = self.seams.clock.now();
        let (job, datasets, attributes) = {
            let state = lock(&self.state);
            let segments = state.mergeable();
            let unflushed = state.unflushed();
            let facts = compact::plan::Facts {
                datasets: &state.datasets,
                unflushed: &unflushed,
                now,
                settings: &self.settings,
            };
            let Some(job) = facts.next(&segments) else { return Ok(false) };
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
        let bytes = commit.added.iter().map(|meta| meta.bytes).sum();
        self.commit(commit, Stage::Compact, "compaction", |_| {})?;
        self.counters.compactions.add(1);
        self.counters.compacted_bytes.add(bytes);
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

    /// Commits a change of the segments, and makes it in the state, with `publish` for what else
    /// changes there, before the catalog is let go: whoever holds it finds that both agree.
    ///
    /// If that fails, a power cut might still bring the transaction back, so the files it names
    /// stay until a later transaction has taken its place.
    fn commit(
        &self,
        commit: Commit,
        stage: Stage,
        what: &str,
        publish: impl FnOnce(&mut State),
    ) -> Result<()> {
        self.seams.observer.reached(stage);
        let mut catalog = lock(&self.catalog);
        match catalog.commit(&commit, self.seams.clock.now(), what) {
            Ok(version) => {
                let mut state = lock(&self.state);
                publish(&mut state);
                let now = self.seams.clock.elapsed();
                state.swap(version, commit.added, &commit.removed, now);
                Ok(())
            }
            Err(error) => {
                // Whoever settles these takes the catalog second.
                drop(catalog);
                let files = commit.added.iter();
                let files = files.flat_map(|meta| [meta.path.clone(), meta.index_path()]);
                lock(&self.uncommitted).extend(files);
                Err(error)
            }
        }
    }

    /// Makes sure that commits that failed do not come back, by one that succeeds, and removes
    /// their files.
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

    /// Removes files that nothing will ever name.
    pub(super) fn remove_litter(&self) -> Result<()> {
        let mut litter = lock(&self.litter);
        while let Some(path) = litter.last() {
            remove_file(&*self.seams.disk, path, "removing an uncommitted file")?;
            litter.pop();
        }
        Ok(())
    }

    fn new_segment(&self) -> (SegmentNumber, u64) {
        let number = self.next_segment.fetch_add(1, Ordering::Relaxed);
        (SegmentNumber(number), self.seams.random.next())
    }
}

/// Removes a file, if it is there.
pub(super) fn remove_file(disk: &dyn Disk, path: &Path, doing: &str) -> Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(storage_failed(doing, error)),
        _ => Ok(()),
    }
}
