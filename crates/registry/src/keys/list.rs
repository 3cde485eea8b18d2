//! Lists keys with their uses.

use std::collections::BTreeMap;

use model::{EnvironmentId, Error, Result, Timestamp};

use super::secret::KeyHash;
use super::stored::{UNKNOWN, USES, read_keys};
use super::unknown::{Tallies, UnknownKey};
use super::uses::StoredUses;
use super::{Keys, Permissions, Uses};
use crate::registry::lock;

/// A key that somebody created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name in lists, addresses and on the command line; no part of its text.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// Its first characters and `…`.
    pub label: String,
    /// Where its data lands, and what it sees.
    pub environment: EnvironmentId,
    /// What it may do.
    pub permissions: Permissions,
    /// When it was created.
    pub created: Timestamp,
    /// When it was revoked, if it was.
    pub revoked: Option<Timestamp>,
    /// How often, first and last it was used. Refused are requests that it may not make and those
    /// after its revocation.
    pub uses: Uses,
}

/// All keys, created or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyList {
    /// Created keys, oldest first.
    pub keys: Vec<Key>,
    /// Keys that came and that nobody created: admitted while the server was open, refused while
    /// it was strict. Requests without a key come first, keys beyond the bound last.
    pub unknown: Vec<UnknownKey>,
}

impl Keys {
    /// All keys: created ones as the registry has them now, uses including those of this process
    /// that are not yet flushed.
    pub fn list(&self) -> Result<KeyList> {
        let _turn = lock(&self.flushing);
        let table = self.present_table();
        let mut uses = self.stored_uses()?;
        let mut keys = Vec::new();
        for (hash, key) in read_keys(&self.registry)? {
            let mut used = uses.remove(&hash).unwrap_or_default();
            used.merge(&table.pending(&hash));
            keys.push(key.shown(used));
        }
        keys.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        let mut unknown = Tallies::read(self.registry.get(UNKNOWN.0, UNKNOWN.1)?.as_ref())?;
        unknown.absorb(&self.unknown.pending(), self.clock.now());
        Ok(KeyList { keys, unknown: unknown.listed() })
    }

    fn stored_uses(&self) -> Result<BTreeMap<KeyHash, Uses>> {
        let documents = self.registry.list(USES)?;
        let uses = documents.iter().map(|document| {
            let stored: StoredUses = document.parse()?;
            Ok((KeyHash::parse(&document.id)?, stored.into()))
        });
        uses.collect::<Result<_>>()
            .map_err(|error: Error| error.while_doing("reading uses of keys"))
    }
}
