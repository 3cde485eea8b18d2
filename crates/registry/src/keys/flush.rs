//! Writes counted uses to the registry.

use std::collections::BTreeMap;

use model::{Error, ErrorKind, Result};

use super::Keys;
use super::secret::KeyHash;
use super::stored::{UNKNOWN, USES};
use super::unknown::Tallies;
use super::uses::{StoredUses, Uses};
use crate::document::{Version, Write};
use crate::registry::lock;

/// How often a flush begins again because another process flushed in between. Each flushes every
/// few seconds; the counts wait for the next time.
const ATTEMPTS_MAX: u32 = 5;

/// Counted uses on their way to the registry.
struct Pending {
    keys: BTreeMap<KeyHash, Uses>,
    unknown: Tallies<Uses>,
}

/// The new text of a document, and the version it was made from.
struct Change {
    collection: &'static str,
    id: String,
    expected: Version,
    json: String,
}

impl Keys {
    /// Adds what was counted since the last flush to what the registry has, in one transaction and
    /// whichever other processes do the same. After an error the counts are still here and go with
    /// the next flush. Without new uses it does nothing. A server calls it every few seconds and
    /// when it stops.
    pub fn flush_counts(&self) -> Result<()> {
        let _turn = lock(&self.flushing);
        let pending = Pending { keys: self.present_table().take(), unknown: self.unknown.take() };
        if pending.keys.is_empty() && pending.unknown.is_empty() {
            return Ok(());
        }
        let saved = self.save(&pending);
        if saved.is_err() {
            self.present_table().put_back(&pending.keys);
            self.unknown.put_back(&pending.unknown);
        }
        saved.map_err(|error| error.while_doing("writing uses of keys"))
    }

    fn save(&self, pending: &Pending) -> Result<()> {
        let mut attempt = 1;
        loop {
            let changes = self.merged(pending)?;
            let writes: Vec<Write<'_>> = changes.iter().map(Change::write).collect();
            match self.registry.write(&writes) {
                Err(error) if error.kind() == ErrorKind::Conflict && attempt < ATTEMPTS_MAX => {
                    attempt += 1;
                }
                result => return result.map(|_| ()),
            }
        }
    }

    fn merged(&self, pending: &Pending) -> Result<Vec<Change>> {
        let mut changes = Vec::with_capacity(pending.keys.len() + 1);
        for (hash, newer) in &pending.keys {
            let id = hash.hex();
            let document = self.registry.get(USES, &id)?;
            let mut uses = Uses::default();
            let mut expected = Version::ABSENT;
            if let Some(document) = document {
                uses = document.parse::<StoredUses>()?.into();
                expected = document.version;
            }
            uses.merge(newer);
            let json = serde_json::to_string(&StoredUses::from(&uses))
                .map_err(|error| Error::bug("writing uses").because(error))?;
            changes.push(Change { collection: USES, id, expected, json });
        }
        if !pending.unknown.is_empty() {
            let (collection, id) = UNKNOWN;
            let document = self.registry.get(collection, id)?;
            let mut tallies = Tallies::read(document.as_ref())?;
            tallies.absorb(&pending.unknown, self.clock.now());
            let expected = document.map_or(Version::ABSENT, |document| document.version);
            changes.push(Change { collection, id: id.to_owned(), expected, json: tallies.json()? });
        }
        Ok(changes)
    }
}

impl Change {
    fn write(&self) -> Write<'_> {
        Write {
            collection: self.collection,
            id: &self.id,
            expected: Some(self.expected),
            json: Some(&self.json),
        }
    }
}
