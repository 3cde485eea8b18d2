//! Deletion and retention of datasets.

use std::sync::Arc;
use std::time::Duration;

use model::{Dataset, EnvironmentId, Error, ErrorKind, Result};

use super::{Store, lock};
use crate::catalog::DatasetTable;
use crate::log::Log;

/// Shortest retention. Anything less would delete rows about as fast as they come.
const RETENTION_MIN: Duration = Duration::from_secs(3_600);

impl Store {
    /// Deletes a dataset: its rows are gone from every snapshot from now on. Their bytes go with the
    /// next flush, with the rewriting of segments, and from the log once it is flushed.
    pub fn delete_dataset(&self, environment: EnvironmentId, name: &str) -> Result<Dataset> {
        let mut log = lock(&self.log);
        let next = log.as_ref().map(Log::next_lsn).ok_or_else(|| {
            Error::unavailable(Duration::from_secs(1), "deleting a dataset: the log is replayed")
        })?;
        let now = self.seams.clock.now();
        let mut catalog = lock(&self.catalog);
        let mut state = lock(&self.state);
        let dataset = find(&state.datasets, environment, name)?;
        catalog.delete_dataset(Arc::make_mut(&mut state.datasets), dataset.id, next, now)?;
        state.freeze();
        state.erase_log = true;
        drop((state, catalog));
        if let Some(log) = log.as_mut() {
            log.rotate();
        }
        drop(log);
        self.wake();
        Ok(dataset)
    }

    /// Sets how long a dataset's rows are kept; forever if `None`. Rows that are too old by the new
    /// rule are gone at once, and do not come back when it is relaxed.
    pub fn set_retention(
        &self,
        environment: EnvironmentId,
        name: &str,
        retention: Option<Duration>,
    ) -> Result<Dataset> {
        if let Some(retention) = retention
            && !(RETENTION_MIN..=DatasetTable::RETENTION_MAX).contains(&retention)
        {
            return Err(Error::invalid(format!(
                "a retention of {} s is outside {} s (an hour) to {} s",
                retention.as_secs(),
                RETENTION_MIN.as_secs(),
                DatasetTable::RETENTION_MAX.as_secs()
            )));
        }
        let now = self.seams.clock.now();
        let mut catalog = lock(&self.catalog);
        let mut state = lock(&self.state);
        let mut dataset = find(&state.datasets, environment, name)?;
        // What the old rule hid by now stays hidden.
        dataset.horizon = DatasetTable::horizon_at(&dataset, now);
        dataset.retention = retention;
        let horizon = DatasetTable::horizon_at(&dataset, now);
        let table = Arc::make_mut(&mut state.datasets);
        catalog.set_retention(table, dataset.id, retention, horizon)?;
        table.get(dataset.id).cloned().ok_or_else(|| Error::bug("the dataset has just been there"))
    }
}

fn find(table: &DatasetTable, environment: EnvironmentId, name: &str) -> Result<Dataset> {
    table.find(environment, name).cloned().ok_or_else(|| {
        Error::new(ErrorKind::Missing, format!("there is no dataset named {name:?}"))
    })
}
