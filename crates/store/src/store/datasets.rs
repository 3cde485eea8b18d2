//! Making, deletion and retention of datasets.

use std::sync::Arc;
use std::time::Duration;

use model::{
    DATASET_NAME_BYTES_MAX, Dataset, EnvironmentId, Error, ErrorKind, Result, dataset_slug,
};

use super::append::DATASETS_MAX;
use super::{Store, lock};
use crate::catalog::{DatasetTable, NewDataset};

/// Shortest retention. Anything less would delete rows about as fast as they come.
const RETENTION_MIN: Duration = Duration::from_secs(3_600);

impl Store {
    /// Makes a dataset before its first event, durably, and says that it is new; or gives the one
    /// that has this name or address already.
    pub fn create_dataset(
        &self,
        environment: EnvironmentId,
        name: &str,
    ) -> Result<(Dataset, bool)> {
        let name = name.trim();
        if name.is_empty() || name.len() > DATASET_NAME_BYTES_MAX {
            return Err(Error::invalid(format!(
                "the name of a dataset has 1 to {DATASET_NAME_BYTES_MAX} bytes, this one has {}",
                name.len()
            )));
        }
        let log = lock(&self.log);
        let Some(log) = log.as_ref() else { return Err(replaying("making a dataset")) };
        let (born, created) = (log.next_lsn(), self.seams.clock.now());
        self.change_datasets(|catalog, table| {
            if let Some(known) = table.find(environment, name) {
                return Ok((known.clone(), false));
            }
            let slug = dataset_slug(name);
            let mut live = table.live_in(environment);
            if let Some(known) = live.find(|known| dataset_slug(&known.name) == slug) {
                return Ok((known.clone(), false));
            }
            drop(live);
            if table.len() >= DATASETS_MAX {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("there are {DATASETS_MAX} datasets already: delete some"),
                ));
            }
            let new = NewDataset { environment, name: name.to_owned(), created };
            catalog.create_datasets(table, &[new], born)?;
            let made = table.find(environment, name).cloned();
            Ok((made.ok_or_else(|| Error::bug("a dataset just made is not there"))?, true))
        })
    }

    /// The dataset that a caller means to change by this name or address, without a guess.
    pub fn dataset(&self, environment: EnvironmentId, name: &str) -> Result<Dataset> {
        let datasets = Arc::clone(&lock(&self.state).datasets);
        find(&datasets, environment, name)
    }

    /// Deletes a dataset: its rows are gone from every snapshot from now on. Their bytes go with
    /// the next flush, with the rewriting of segments, and from the log once it is flushed.
    pub fn delete_dataset(&self, environment: EnvironmentId, name: &str) -> Result<Dataset> {
        let mut log = lock(&self.log);
        let Some(log) = log.as_mut() else { return Err(replaying("deleting a dataset")) };
        let now = self.seams.clock.now();
        let dataset = self.change_datasets(|catalog, table| {
            let dataset = find(table, environment, name)?;
            catalog.delete_dataset(table, dataset.id, log.next_lsn(), now)?;
            Ok(dataset)
        })?;
        lock(&self.state).freeze();
        log.erase();
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
        // The catalog keeps whole seconds.
        let retention = retention.map(|retention| Duration::from_secs(retention.as_secs()));
        let now = self.seams.clock.now();
        self.change_datasets(|catalog, table| {
            let mut dataset = find(table, environment, name)?;
            // What the old rule hid by now stays hidden.
            dataset.horizon = DatasetTable::horizon_at(&dataset, now);
            dataset.retention = retention;
            dataset.horizon = DatasetTable::horizon_at(&dataset, now);
            catalog.set_retention(table, dataset.id, retention, dataset.horizon)?;
            Ok(dataset)
        })
    }

    /// Tells the names of environments to who reads the catalog from outside. The store itself
    /// goes by their ids.
    pub fn name_environments(&self, names: &[(EnvironmentId, String)]) -> Result<()> {
        let now = self.seams.clock.now();
        lock(&self.catalog).name_environments(names, now)
    }
}

fn replaying(doing: &str) -> Error {
    Error::unavailable(Duration::from_secs(1), format!("{doing}: the log is replayed"))
}

/// The dataset that a caller means to change: of this name, or else of this slug if it is the only
/// one. What is deleted or expires does not come back, so nothing is guessed.
fn find(table: &DatasetTable, environment: EnvironmentId, name: &str) -> Result<Dataset> {
    if let Some(id) = table.resolve(environment, name) {
        return table.get(id).cloned().ok_or_else(|| Error::bug("a live name leads nowhere"));
    }
    let mut of_slug =
        table.live_in(environment).filter(|dataset| dataset_slug(&dataset.name) == name);
    match (of_slug.next(), of_slug.next()) {
        (Some(only), None) => Ok(only.clone()),
        (Some(one), Some(other)) => Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "{name:?} may be {:?} or {:?}: give the dataset's whole name",
                one.name, other.name
            ),
        )),
        _ => Err(Error::missing(format!("there is no dataset named {name:?}"))),
    }
}
