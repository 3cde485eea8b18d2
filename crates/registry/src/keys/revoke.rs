//! Revokes keys.

use model::{Error, ErrorKind, Result};

use super::secret::{self, KeyHash};
use super::stored::{KEYS, StoredKey, read_keys};
use super::{Key, Keys};

impl Keys {
    /// Revokes the key with this id, full value, label or name; returns it. A label or name that
    /// several keys have is an error of kind [`ErrorKind::Conflict`] that lists their ids, unless
    /// all but one of them are revoked. Revoking again changes nothing. A revoked key stays: it is
    /// listed, its refusals are counted, and its value can never be a key again.
    pub fn revoke(&self, which: &str) -> Result<Key> {
        let which = which.trim();
        let (hash, id) = find(which, read_keys(&self.registry)?)?;
        let now = self.clock.now();
        self.registry
            .update(KEYS, &hash.hex(), |document| {
                let Some(document) = document else {
                    return Err(Error::missing(format!("key {id} is gone")));
                };
                let mut key: StoredKey = document.parse()?;
                if key.revoked_ns.is_some() {
                    return Ok(None);
                }
                key.revoked_ns = Some(now.nanos());
                key.json().map(Some)
            })
            .map_err(|error| error.while_doing("revoking a key"))?;
        self.check();
        let keys = self.list()?.keys;
        keys.into_iter()
            .find(|key| key.id == id)
            .ok_or_else(|| Error::missing(format!("key {id} is gone")))
    }
}

fn find(which: &str, keys: Vec<(KeyHash, StoredKey)>) -> Result<(KeyHash, String)> {
    let hash = KeyHash::of(which);
    if let Some((hash, key)) = keys.iter().find(|(of, key)| *of == hash || key.id == which) {
        return Ok((*hash, key.id.clone()));
    }
    let mut named = keys;
    named.retain(|(_, key)| key.label == which || key.name.as_deref() == Some(which));
    if named.iter().any(|(_, key)| key.revoked_ns.is_none()) {
        named.retain(|(_, key)| key.revoked_ns.is_none());
    }
    if named.len() > 1 {
        let ids: Vec<&str> = named.iter().map(|(_, key)| key.id.as_str()).collect();
        return Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "{} keys are called {which}, say which by its id: {}",
                ids.len(),
                ids.join(" ")
            ),
        ));
    }
    let found = named.pop().map(|(hash, key)| (hash, key.id));
    // It may be a secret: the error shows its label only.
    found.ok_or_else(|| {
        let shown = secret::label(which);
        Error::missing(format!("no key has this id, value, label or name: {shown}"))
    })
}
