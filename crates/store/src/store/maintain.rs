//! What has to be done now and then: files let go, horizons moved, names forgotten, the log kept
//! ready.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{DatasetId, Result};

use super::{Store, lock};
use crate::catalog::DatasetTable;
use crate::log::storage_failed;

/// A horizon is written to the catalog when it has moved this far; snapshots know it exactly.
const HORIZON_STEP_NS: i64 = 60 * model::NANOS_PER_SECOND;

impl Store {
    /// Does all of it once.
    pub fn maintain(&self) -> Result<()> {
        self.remove_replaced()?;
        self.move_horizons()?;
        self.forget_datasets()?;
        self.recycle_log()?;
        let mut log = lock(&self.log);
        if let Some(log) = log.as_mut()
            && log.wants_slot()
        {
            log.prepare_slot()?;
        }
        Ok(())
    }

    /// Removes the files of replaced segments that no snapshot lists any more.
    fn remove_replaced(&self) -> Result<()> {
        let mut removed = Vec::new();
        loop {
            let next = {
                let mut state = lock(&self.state);
                let free = |segment: &Arc<_>| Arc::strong_count(segment) == 1;
                state.dying.iter().position(free).map(|at| state.dying.swap_remove(at))
            };
            let Some(segment) = next else { break };
            for path in [segment.meta.path.clone(), segment.meta.index_path()] {
                match self.seams.disk.remove(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        lock(&self.state).dying.push(segment);
                        return Err(storage_failed("removing a replaced file", error));
                    }
                    _ => self.counters.files_removed.add(1),
                }
            }
            removed.push(segment.meta.number);
        }
        if removed.is_empty() { Ok(()) } else { lock(&self.catalog).purge(&removed) }
    }

    fn move_horizons(&self) -> Result<()> {
        let now = self.seams.clock.now();
        let mut catalog = lock(&self.catalog);
        let mut state = lock(&self.state);
        let moved: Vec<_> = state
            .datasets
            .live()
            .filter_map(|dataset| {
                let horizon = DatasetTable::horizon_at(dataset, now)?;
                let step = dataset
                    .horizon
                    .map_or(i64::MAX, |old| horizon.nanos().saturating_sub(old.nanos()));
                (step >= HORIZON_STEP_NS).then_some((dataset.id, dataset.retention, horizon))
            })
            .collect();
        for (id, retention, horizon) in moved {
            let table = Arc::make_mut(&mut state.datasets);
            catalog.set_retention(table, id, retention, Some(horizon))?;
        }
        Ok(())
    }

    /// Forgets deleted datasets once no row of theirs is in the log or in a segment.
    fn forget_datasets(&self) -> Result<()> {
        let mut catalog = lock(&self.catalog);
        let mut state = lock(&self.state);
        let segments = state.segments.iter().chain(&state.dying);
        let used: BTreeSet<DatasetId> = segments
            .flat_map(|segment| segment.meta.datasets.iter().map(|part| part.id()))
            .collect();
        let gone: Vec<DatasetId> = state
            .datasets
            .buried()
            .filter(|(id, dead)| dead.0 <= state.mark.0 + 1 && !used.contains(id))
            .map(|(id, _)| id)
            .collect();
        if gone.is_empty() {
            return Ok(());
        }
        catalog.forget_datasets(Arc::make_mut(&mut state.datasets), &gone)
    }
}
