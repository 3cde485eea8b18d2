//! Keys as the registry keeps them: one document each, named by the key's SHA-256.
//!
//! That name is what makes a value a key once only, whichever processes create it at the same
//! time. Counts of uses have a collection of their own, so that flushing them is no change of keys
//! and cannot meet a revocation.

use model::{EnvironmentId, Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::secret::KeyHash;
use super::{Key, Permissions, Uses};
use crate::registry::Registry;

/// The collection of keys.
pub(super) const KEYS: &str = "key";
/// The collection of counts, under the same names.
pub(super) const USES: &str = "key-use";
/// The collection of what is known of unknown keys, and the one document in it.
pub(super) const UNKNOWN: (&str, &str) = ("unknown-key", "all");

/// A key as it is stored.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredKey {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) label: String,
    pub(super) environment: u32,
    pub(super) permissions: Permissions,
    pub(super) created_ns: i64,
    pub(super) revoked_ns: Option<i64>,
}

impl StoredKey {
    /// The text of its document.
    pub(super) fn json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::bug("writing a key").because(error))
    }

    /// The key as it is shown.
    pub(super) fn shown(self, uses: Uses) -> Key {
        Key {
            id: self.id,
            name: self.name,
            label: self.label,
            environment: EnvironmentId(self.environment),
            permissions: self.permissions,
            created: Timestamp::from_nanos(self.created_ns),
            revoked: self.revoked_ns.map(Timestamp::from_nanos),
            uses,
        }
    }
}

/// All keys.
pub(super) fn read_keys(registry: &Registry) -> Result<Vec<(KeyHash, StoredKey)>> {
    let documents = registry.list(KEYS)?;
    let keys = documents.iter().map(|document| {
        let key = document.parse()?;
        Ok((KeyHash::parse(&document.id)?, key))
    });
    keys.collect::<Result<_>>().map_err(|error: Error| error.while_doing("reading keys"))
}
