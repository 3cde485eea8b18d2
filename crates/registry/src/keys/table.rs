//! The keys in memory: what a request is judged by.
//!
//! A table is never changed but replaced whole; the counters in it pass from one to the next.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{EnvironmentId, Result, Timestamp};

use super::secret::KeyHash;
use super::stored::{StoredKey, read_keys};
use super::uses::{Counter, Outcome, Uses};
use super::{Admission, KeyClass, Permission, Permissions, Refusal};
use crate::registry::Registry;

/// All keys at some moment.
#[derive(Default)]
pub(super) struct Table {
    entries: BTreeMap<KeyHash, Entry>,
}

struct Entry {
    id: Arc<str>,
    environment: EnvironmentId,
    permissions: Permissions,
    is_revoked: bool,
    uses: Arc<Counter>,
}

impl Table {
    /// Reads the keys; goes on with the counters of the former table.
    pub(super) fn load(registry: &Registry, former: &Self) -> Result<Self> {
        let mut entries = BTreeMap::new();
        for (hash, key) in read_keys(registry)? {
            let uses = former.entries.get(&hash).map(|entry| Arc::clone(&entry.uses));
            entries.insert(hash, Entry::new(key, uses.unwrap_or_default()));
        }
        Ok(Self { entries })
    }

    /// Judges a request with the key of this hash and counts it, if there is such a key.
    pub(super) fn judge(
        &self,
        hash: &KeyHash,
        class: KeyClass,
        need: Option<Permission>,
        now: Timestamp,
    ) -> Option<Result<Admission, Refusal>> {
        let entry = self.entries.get(hash)?;
        let judged = entry.judge(class, need);
        let outcome = if judged.is_ok() { Outcome::Admitted } else { Outcome::Refused };
        entry.uses.count(outcome, now);
        Some(judged)
    }

    /// Judges without counting, if there is such a key.
    pub(super) fn look(&self, hash: &KeyHash, need: Permission) -> Option<Result<(), Refusal>> {
        let entry = self.entries.get(hash)?;
        Some(entry.judge(KeyClass::Environment, Some(need)).map(drop))
    }

    /// The id and the environment of the key of this hash.
    pub(super) fn named(&self, hash: &KeyHash) -> Option<(Arc<str>, EnvironmentId)> {
        let entry = self.entries.get(hash)?;
        Some((Arc::clone(&entry.id), entry.environment))
    }

    /// Uses of a key that were not yet taken.
    pub(super) fn pending(&self, hash: &KeyHash) -> Uses {
        self.entries.get(hash).map(|entry| entry.uses.pending()).unwrap_or_default()
    }

    /// Takes the uses of all keys that were used.
    pub(super) fn take(&self) -> BTreeMap<KeyHash, Uses> {
        self.entries
            .iter()
            .map(|(hash, entry)| (*hash, entry.uses.take()))
            .filter(|(_, uses)| !uses.is_empty())
            .collect()
    }

    /// Takes back what could not be saved.
    pub(super) fn put_back(&self, taken: &BTreeMap<KeyHash, Uses>) {
        for (hash, uses) in taken {
            if let Some(entry) = self.entries.get(hash) {
                entry.uses.add(uses);
            }
        }
    }
}

impl Entry {
    fn new(key: StoredKey, uses: Arc<Counter>) -> Self {
        Self {
            id: key.id.into(),
            environment: EnvironmentId(key.environment),
            permissions: key.permissions,
            is_revoked: key.revoked_ns.is_some(),
            uses,
        }
    }

    fn judge(&self, class: KeyClass, need: Option<Permission>) -> Result<Admission, Refusal> {
        if self.is_revoked {
            return Err(Refusal::Revoked);
        }
        if let Some(need) = need.filter(|need| !self.permissions.include(*need)) {
            return Err(Refusal::NotPermitted(need));
        }
        Ok(Admission {
            environment: self.environment,
            key: Some(Arc::clone(&self.id)),
            class,
            permissions: self.permissions,
        })
    }
}
