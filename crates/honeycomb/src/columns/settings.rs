//! What people have said about columns: a type, a description, that one is hidden or gone; and
//! those that they made before any event had them.
//!
//! Columns follow from events, so a column of which nothing was said has no document here. Events
//! stay as they came: one that is deleted is no longer listed until an event brings it back.

use model::{Dataset, Error, Result, Timestamp};
use registry::{Registry, Write};
use serde::{Deserialize, Serialize};

/// Most columns of a dataset of which something was said: no one describes more by hand.
pub(crate) const DESCRIBED_MAX: usize = 10_000;

/// What was said about a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ColumnSettings {
    pub(crate) key_name: String,
    /// The type as its client calls it; what events say where unset.
    pub(crate) kind: Option<String>,
    pub(crate) description: String,
    pub(crate) hidden: bool,
    /// When it was made or first described, ns.
    pub(crate) created: i64,
    /// When something was last said of it, ns.
    pub(crate) updated: i64,
    /// Whether it was deleted then.
    pub(crate) deleted: bool,
}

impl ColumnSettings {
    /// Of a column at the moment when something is first said of it.
    pub(crate) fn new(key_name: &str, now: Timestamp) -> Self {
        Self {
            key_name: key_name.to_owned(),
            kind: None,
            description: String::new(),
            hidden: false,
            created: now.nanos(),
            updated: now.nanos(),
            deleted: false,
        }
    }
}

/// The documents of a dataset.
fn collection(dataset: &Dataset) -> String {
    format!("honeycomb.columns/{}/{}", dataset.environment, dataset.id)
}

/// All that was said about the columns of a dataset.
pub(crate) fn list(registry: &Registry, dataset: &Dataset) -> Result<Vec<ColumnSettings>> {
    let documents = registry.list(&collection(dataset))?;
    documents.iter().map(registry::Document::parse).collect()
}

/// Says something about a column. Waits for the disk.
pub(crate) fn set(
    registry: &Registry,
    dataset: &Dataset,
    id: &str,
    settings: &ColumnSettings,
) -> Result<()> {
    let json = serde_json::to_string(settings)
        .map_err(|error| Error::bug("writing the settings of a column").because(error))?;
    registry.put(&collection(dataset), id, &json).map(drop)
}

/// Forgets all of it. Waits for the disk.
pub(crate) fn forget(registry: &Registry, dataset: &Dataset) -> Result<()> {
    let collection = collection(dataset);
    let documents = registry.list(&collection)?;
    let delete = |id| Write { collection: &collection, id, expected: None, json: None };
    let writes: Vec<Write<'_>> = documents.iter().map(|known| delete(known.id.as_str())).collect();
    registry.write(&writes).map(drop)
}
