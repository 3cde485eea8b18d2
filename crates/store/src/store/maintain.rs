//! What has to be done now and then: files let go, horizons moved, names forgotten, the log kept
//! ready.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::{DatasetId, Result, Timestamp};

use super::segments::remove_file;
use super::{HORIZON_STEP_NS, Store, lock};
use crate::catalog::DatasetTable;
use crate::disk::Disk;
use crate::log::{Log, storage_failed};
use crate::segment::{SegmentDataset, SegmentMeta};
use crate::snapshot::Segment;

impl Store {
    /// Does all of it once.
    pub fn maintain(&self) -> Result<()> {
        self.remove_litter()?;
        self.remove_replaced()?;
        self.move_horizons()?;
        self.erase_old_log();
        self.recycle_log()?;
        self.forget_datasets()?;
        lock(&self.catalog).empty_owed_journal()?;
        self.prepare_log()
    }

    /// Removes the files of replaced segments that no snapshot lists any more, and that other
    /// readers of the catalog cannot have looked up lately.
    fn remove_replaced(&self) -> Result<()> {
        let now = self.seams.clock.elapsed();
        let mut free = {
            let mut state = lock(&self.state);
            let dying = std::mem::take(&mut state.dying);
            let is_free = |one: &(Arc<Segment>, Duration)| {
                let (segment, since) = one;
                Arc::strong_count(segment) == 1
                    && now.saturating_sub(*since) >= self.settings.remove_after
            };
            let (free, stay) = dying.into_iter().partition(is_free);
            state.dying = stay;
            free
        };
        let removed = self.remove_files(&mut free);
        // What could not be removed is tried again.
        lock(&self.state).dying.extend(free);
        removed
    }

    /// Removes the files of these segments and then their rows in the catalog; leaves those of
    /// which something remains to be done.
    fn remove_files(&self, segments: &mut Vec<(Arc<Segment>, Duration)>) -> Result<()> {
        let disk = &*self.seams.disk;
        let mut first_error = None;
        let (mut gone, mut folders) = (Vec::new(), BTreeSet::new());
        for (segment, _) in segments.iter() {
            match remove_segment(disk, &segment.meta) {
                Ok(folder) => {
                    self.counters.files_removed.add(2);
                    folders.insert(folder);
                    gone.push(segment.meta.number);
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        if !gone.is_empty() {
            // A file that came back after a power cut, unknown to the catalog by then, would be put
            // aside with what was to be deleted still in it.
            sync_folders(disk, &folders)?;
            lock(&self.catalog).purge(&gone)?;
            segments.retain(|(segment, _)| !gone.contains(&segment.meta.number));
        }
        first_error.map_or(Ok(()), Err)
    }

    fn move_horizons(&self) -> Result<()> {
        let now = self.seams.clock.now();
        let moved = {
            let datasets = Arc::clone(&lock(&self.state).datasets);
            horizons_at(&datasets, now)
        };
        if moved.is_empty() {
            return Ok(());
        }
        self.change_datasets(|catalog, table| {
            // One that was changed meanwhile is looked at anew.
            catalog.set_horizons(table, &horizons_at(table, now))
        })
    }

    /// Forgets deleted datasets once no row of theirs is in the log or in a segment.
    fn forget_datasets(&self) -> Result<()> {
        // Nothing is deleted, and no file of the log used again, while its lock is held.
        let log = lock(&self.log);
        if !log.as_ref().is_some_and(Log::is_erased) {
            return Ok(());
        }
        let gone = {
            let state = lock(&self.state);
            let dying = state.dying.iter().map(|(segment, _)| segment);
            let segments = state.segments.iter().chain(dying);
            let parts = segments.flat_map(|segment| &segment.meta.datasets);
            let used: BTreeSet<DatasetId> = parts.map(SegmentDataset::id).collect();
            let buried = state.datasets.buried();
            let gone = buried
                .filter(|(id, dead)| dead.0 <= state.mark.0 + 1 && !used.contains(id))
                .map(|(id, _)| id);
            gone.collect::<Vec<_>>()
        };
        if gone.is_empty() {
            return Ok(());
        }
        self.change_datasets(|catalog, table| catalog.forget_datasets(table, &gone))?;
        let mut state = lock(&self.state);
        let fields = Arc::make_mut(&mut state.fields);
        gone.iter().for_each(|id| fields.forget(*id));
        Ok(())
    }

    /// Has the log let go of old files: segments get rid of what expired after `rewrite_after`, and
    /// its bytes must not outlast that in a file of the log that waits for its next use.
    fn erase_old_log(&self) {
        let now = self.seams.clock.elapsed();
        let oldest = now.saturating_sub(self.settings.rewrite_after);
        if let Some(log) = lock(&self.log).as_mut() {
            log.erase_older(oldest);
        }
    }

    /// Makes files of the log ready before they are needed. Requests go on meanwhile.
    fn prepare_log(&self) -> Result<()> {
        let now = self.seams.clock.elapsed();
        loop {
            // In a statement of its own: the log is not held while the file is made.
            let order = lock(&self.log).as_mut().and_then(|log| log.order_slot(now));
            let Some(order) = order else { return Ok(()) };
            let made = order.fill();
            if let Some(log) = lock(&self.log).as_mut() {
                log.take_slot(made)?;
            }
        }
    }
}

/// The horizons that have moved far enough to be written down.
fn horizons_at(table: &DatasetTable, now: Timestamp) -> Vec<(DatasetId, Timestamp)> {
    let moved = table.live().filter_map(|dataset| {
        let horizon = DatasetTable::horizon_at(dataset, now)?;
        let step =
            dataset.horizon.map_or(i64::MAX, |old| horizon.nanos().saturating_sub(old.nanos()));
        (step >= HORIZON_STEP_NS).then_some((dataset.id, horizon))
    });
    moved.collect()
}

/// Removes the files of a segment; returns the folder that they were in.
pub(super) fn remove_segment(disk: &dyn Disk, meta: &SegmentMeta) -> Result<PathBuf> {
    for path in [meta.path.clone(), meta.index_path()] {
        remove_file(disk, &path, "removing a replaced file")?;
    }
    Ok(meta.path.parent().unwrap_or(Path::new("")).to_owned())
}

/// Makes removals from these folders last.
pub(super) fn sync_folders(disk: &dyn Disk, folders: &BTreeSet<PathBuf>) -> Result<()> {
    for folder in folders {
        match disk.sync_folder(folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(storage_failed("making the removal of files last", error));
            }
            _ => {}
        }
    }
    Ok(())
}
