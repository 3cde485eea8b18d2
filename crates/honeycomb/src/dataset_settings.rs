//! What people have said about datasets in Honeycomb's words: their description, how deep JSON in
//! their events is taken apart, and whether they may be deleted.
//!
//! Whether a dataset exists is the store's to say; here is only what the store has no use for. It
//! is kept in the registry and, because every event that comes in asks for it, in memory by the
//! dataset's name. Settings belong to one life of a name: a dataset made again under the name of a
//! deleted one begins with the defaults.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use model::{Dataset, DatasetId, EnvironmentId, Error, Result, dataset_key};
use registry::Registry;
use serde::{Deserialize, Serialize};

/// The documents: one for each dataset of which something was said.
const COLLECTION: &str = "honeycomb.datasets";

/// What can be said about a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetSettings {
    /// What it is for.
    pub description: String,
    /// How many levels of JSON within the text of fields become fields of their own.
    pub expand_json_depth: u8,
    /// Whether it must not be deleted.
    pub delete_protected: bool,
}

impl Default for DatasetSettings {
    /// What holds where nothing was said. Nothing is deleted by mistake.
    fn default() -> Self {
        Self { description: String::new(), expand_json_depth: 0, delete_protected: true }
    }
}

/// A document.
#[derive(Serialize, Deserialize)]
struct Stored {
    environment: u32,
    dataset: u32,
    name: String,
    settings: DatasetSettings,
}

/// The settings of one life of a name.
#[derive(Clone)]
struct Kept {
    dataset: DatasetId,
    settings: DatasetSettings,
}

/// The settings of all datasets.
pub struct DatasetSettingsTable {
    registry: Arc<Registry>,
    /// By environment and by the form under which names are the same.
    kept: RwLock<BTreeMap<(EnvironmentId, String), Kept>>,
    /// Whether JSON is taken apart in events of any of them.
    any_is_expanded: AtomicBool,
}

/// Whether JSON is taken apart anywhere.
fn any_is_expanded(kept: &BTreeMap<(EnvironmentId, String), Kept>) -> bool {
    kept.values().any(|kept| kept.settings.expand_json_depth > 0)
}

impl DatasetSettingsTable {
    /// Reads them all.
    pub(crate) fn open(registry: Arc<Registry>) -> Result<Self> {
        let mut kept: BTreeMap<_, Kept> = BTreeMap::new();
        for document in registry.list(COLLECTION)? {
            let stored: Stored = document
                .parse()
                .map_err(|error| error.while_doing("reading the settings of datasets"))?;
            let key = (EnvironmentId(stored.environment), dataset_key(&stored.name));
            let life = Kept { dataset: DatasetId(stored.dataset), settings: stored.settings };
            // Ids ascend: the greatest is the last that had the name.
            if kept.get(&key).is_none_or(|known| known.dataset < life.dataset) {
                kept.insert(key, life);
            }
        }
        let any_is_expanded = AtomicBool::new(any_is_expanded(&kept));
        Ok(Self { registry, kept: RwLock::new(kept), any_is_expanded })
    }

    /// Whether there is a dataset in whose events JSON is taken apart: where there is none, no
    /// request need look for its own.
    pub(crate) fn any_is_expanded(&self) -> bool {
        self.any_is_expanded.load(Ordering::Relaxed)
    }

    /// How many levels of JSON are taken apart in events of the dataset of this name.
    pub fn expand_json_depth(&self, environment: EnvironmentId, name: &str) -> u8 {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if kept.is_empty() {
            return 0;
        }
        kept.get(&(environment, dataset_key(name)))
            .map_or(0, |kept| kept.settings.expand_json_depth)
    }

    /// What holds for a dataset.
    pub(crate) fn get(&self, dataset: &Dataset) -> DatasetSettings {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&key_of(dataset)).filter(|kept| kept.dataset == dataset.id);
        found.map(|kept| kept.settings.clone()).unwrap_or_default()
    }

    /// Whether a dataset must not be deleted.
    pub fn is_protected(&self, dataset: &Dataset) -> bool {
        self.get(dataset).delete_protected
    }

    /// Says whether a dataset must not be deleted. Waits for the disk.
    pub fn protect(&self, dataset: &Dataset, protected: bool) -> Result<()> {
        self.set(dataset, DatasetSettings { delete_protected: protected, ..self.get(dataset) })
    }

    /// Says what holds for a dataset from now on. Waits for the disk.
    pub(crate) fn set(&self, dataset: &Dataset, settings: DatasetSettings) -> Result<()> {
        let stored = Stored {
            environment: dataset.environment.0,
            dataset: dataset.id.0,
            name: dataset.name.clone(),
            settings,
        };
        let json = serde_json::to_string(&stored)
            .map_err(|error| Error::bug("writing the settings of a dataset").because(error))?;
        self.registry.put(COLLECTION, &id_of(dataset), &json)?;
        let life = Kept { dataset: dataset.id, settings: stored.settings };
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.insert(key_of(dataset), life);
        self.note(&kept);
        Ok(())
    }

    /// Forgets what was said about a dataset that is no more. Waits for the disk.
    pub fn forget(&self, dataset: &Dataset) -> Result<()> {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.get(&key_of(dataset)).is_some_and(|kept| kept.dataset == dataset.id) {
            kept.remove(&key_of(dataset));
            self.note(&kept);
        }
        drop(kept);
        self.registry.delete(COLLECTION, &id_of(dataset)).map(drop)
    }

    fn note(&self, kept: &BTreeMap<(EnvironmentId, String), Kept>) {
        self.any_is_expanded.store(any_is_expanded(kept), Ordering::Relaxed);
    }

    /// Forgets the datasets that `is_alive` does not know: those that were deleted just before a
    /// crash. Waits for the disk.
    pub fn forget_dead(&self, is_alive: impl Fn(DatasetId) -> bool) -> Result<()> {
        for document in self.registry.list(COLLECTION)? {
            let stored: Stored = document.parse()?;
            if is_alive(DatasetId(stored.dataset)) {
                continue;
            }
            self.registry.delete(COLLECTION, &document.id)?;
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|_, life| life.dataset.0 != stored.dataset);
            self.note(&kept);
        }
        Ok(())
    }
}

fn key_of(dataset: &Dataset) -> (EnvironmentId, String) {
    (dataset.environment, dataset_key(&dataset.name))
}

/// Ids of datasets are never used twice, in no environment.
fn id_of(dataset: &Dataset) -> String {
    format!("{}/{}", dataset.environment, dataset.id)
}

#[cfg(test)]
mod tests;
