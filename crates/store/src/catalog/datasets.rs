//! Names of datasets and the ids that rows carry.
//!
//! A name is bound to an id from one place in the log to another. Replay asks for the binding at a
//! request's own place, so that rows sent before a deletion never land in the dataset made after
//! it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use model::{Dataset, DatasetId, EnvironmentId, Timestamp, dataset_key, dataset_slug};

use crate::record::Lsn;

/// A dataset about to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewDataset {
    pub(crate) environment: EnvironmentId,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
}

/// The life of a name's binding.
#[derive(Clone, Debug)]
struct Entry {
    dataset: Dataset,
    born: Lsn,
    dead: Option<Death>,
}

/// The end of a dataset.
#[derive(Clone, Copy, Debug)]
struct Death {
    lsn: Lsn,
    time: Timestamp,
}

/// Every dataset, deleted ones included until their rows are gone.
#[derive(Clone, Debug, Default)]
pub struct DatasetTable {
    entries: BTreeMap<DatasetId, Entry>,
    /// The lives of each name, in order; only the last can be still going on.
    lives: HashMap<(EnvironmentId, String), Vec<DatasetId>>,
}

impl DatasetTable {
    /// Adds a dataset whose name is bound from `born` on.
    pub(super) fn insert(&mut self, dataset: Dataset, born: Lsn) {
        let key = (dataset.environment, dataset_key(&dataset.name));
        self.lives.entry(key).or_default().push(dataset.id);
        self.entries.insert(dataset.id, Entry { dataset, born, dead: None });
    }

    /// Ends a dataset's life before the request `lsn`.
    pub(super) fn bury(&mut self, id: DatasetId, lsn: Lsn, time: Timestamp) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.dead = Some(Death { lsn, time });
        }
    }

    pub(super) fn get_mut(&mut self, id: DatasetId) -> Option<&mut Dataset> {
        self.entries.get_mut(&id).map(|entry| &mut entry.dataset)
    }

    /// Forgets a dataset of which nothing is left.
    pub(super) fn forget(&mut self, id: DatasetId) {
        let Some(Entry { dataset, .. }) = self.entries.remove(&id) else { return };
        let key = (dataset.environment, dataset_key(&dataset.name));
        if let Some(lives) = self.lives.get_mut(&key) {
            lives.retain(|life| *life != id);
            if lives.is_empty() {
                self.lives.remove(&key);
            }
        }
    }

    /// The live dataset of a name.
    pub fn resolve(&self, environment: EnvironmentId, name: &str) -> Option<DatasetId> {
        let lives = self.lives.get(&(environment, dataset_key(name)))?;
        let last = *lives.last()?;
        self.get(last).map(|dataset| dataset.id)
    }

    /// The dataset that a name was bound to at `lsn`.
    pub(crate) fn resolve_at(
        &self,
        environment: EnvironmentId,
        name: &str,
        lsn: Lsn,
    ) -> Option<DatasetId> {
        let lives = self.lives.get(&(environment, dataset_key(name)))?;
        lives.iter().copied().rfind(|id| {
            let entry = &self.entries[id];
            entry.born <= lsn && entry.dead.is_none_or(|dead| lsn < dead.lsn)
        })
    }

    /// A live dataset by its name or its slug.
    pub fn find(&self, environment: EnvironmentId, name: &str) -> Option<&Dataset> {
        if let Some(id) = self.resolve(environment, name) {
            return self.get(id);
        }
        self.live_in(environment).find(|dataset| dataset_slug(&dataset.name) == name)
    }

    /// A live dataset.
    pub fn get(&self, id: DatasetId) -> Option<&Dataset> {
        self.entries.get(&id).filter(|entry| entry.dead.is_none()).map(|entry| &entry.dataset)
    }

    /// Every live dataset of an environment, by id.
    pub fn live_in(&self, environment: EnvironmentId) -> impl Iterator<Item = &Dataset> {
        self.live().filter(move |dataset| dataset.environment == environment)
    }

    /// Every live dataset, by id.
    pub fn live(&self) -> impl Iterator<Item = &Dataset> {
        self.entries.values().filter(|entry| entry.dead.is_none()).map(|entry| &entry.dataset)
    }

    /// Every deleted dataset that is still known, and the place in the log where it ended.
    pub(crate) fn buried(&self) -> impl Iterator<Item = (DatasetId, Lsn)> {
        self.entries.iter().filter_map(|(id, entry)| Some((*id, entry.dead?.lsn)))
    }

    /// When a dataset was deleted; a dataset that is not known was deleted long ago.
    pub(crate) fn deleted(&self, id: DatasetId) -> Option<Timestamp> {
        self.entries.get(&id).map_or(Some(Timestamp::MIN), |entry| Some(entry.dead?.time))
    }

    /// How many live datasets there are.
    pub fn len(&self) -> usize {
        self.live().count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.live().next().is_none()
    }

    /// A place in the log not before any that a binding begins or ends at.
    pub(crate) fn last_lsn(&self) -> Lsn {
        let ends =
            self.entries.values().map(|entry| entry.dead.map_or(entry.born, |dead| dead.lsn));
        ends.max().unwrap_or(Lsn::NONE)
    }

    /// The horizon that follows from a dataset's retention at `now`; never earlier than before, so
    /// that what is gone does not come back.
    pub(crate) fn horizon_at(dataset: &Dataset, now: Timestamp) -> Option<Timestamp> {
        let by_retention = dataset.retention.map(|retention| {
            now.saturating_add(-i64::try_from(retention.as_nanos()).unwrap_or(i64::MAX))
        });
        by_retention.max(dataset.horizon)
    }

    /// Which rows of a dataset are gone at `now` although they may still be on disk.
    pub(crate) fn hidden(&self, id: DatasetId, now: Timestamp) -> Hidden {
        match self.get(id) {
            None => Hidden::All,
            Some(dataset) => Self::horizon_at(dataset, now).map_or(Hidden::Nothing, Hidden::Before),
        }
    }

    /// How long a retention may be at most: further back than any time that can be represented.
    pub const RETENTION_MAX: Duration = Duration::from_secs(292 * 365 * 86_400);
}

/// The rows of a dataset that no answer shows any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// None.
    Nothing,
    /// Those whose later of event time and arrival is before this moment.
    Before(Timestamp),
    /// All: the dataset is deleted.
    All,
}

impl Hidden {
    /// The event time before which rows that arrived up to `late_max` ns late are hidden.
    pub fn event_time_before(self, late_max: i64) -> Timestamp {
        match self {
            Self::Nothing => Timestamp::MIN,
            Self::Before(horizon) => horizon.saturating_add(-late_max.max(0)),
            Self::All => Timestamp::MAX,
        }
    }
}
