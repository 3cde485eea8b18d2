//! Creates keys.

use std::fmt;

use model::{EnvironmentId, Error, ErrorKind, Result};

use super::secret::{self, KeyHash};
use super::stored::{KEYS, StoredKey, read_keys};
use super::{Key, Keys, Permissions, Uses};
use crate::document::Version;

/// Most keys of a registry, revoked ones included: all of them are held in memory.
pub const KEYS_MAX: usize = 10_000;
/// Longest name of a key, in characters: what fits in a line of a list.
pub const KEY_NAME_CHARS_MAX: usize = 100;

/// A key just created.
pub struct CreatedKey {
    /// Its text, which is nowhere else: whoever loses it creates another key.
    pub secret: String,
    /// What stays.
    pub key: Key,
}

impl fmt::Debug for CreatedKey {
    /// Without the secret, which must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedKey").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Keys {
    /// Creates a key bound to an environment that exists. `value` is a key that clients have
    /// already, [`VALUE_CHARS_MIN`](super::VALUE_CHARS_MIN) to
    /// [`VALUE_CHARS_MAX`](super::VALUE_CHARS_MAX) printable ASCII characters without spaces;
    /// without one a key of 64 characters is generated. A value that is a key already, revoked or
    /// not, is an error of kind [`ErrorKind::Conflict`].
    pub fn create(
        &self,
        name: Option<&str>,
        environment: EnvironmentId,
        permissions: Permissions,
        value: Option<&str>,
    ) -> Result<CreatedKey> {
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        self.check_new(name, environment, permissions)?;
        let secret = match value {
            Some(value) => {
                secret::check(value)?;
                value.to_owned()
            }
            None => secret::generate(&*self.random),
        };
        let key = StoredKey {
            id: secret::generate_id(&*self.random),
            name: name.map(str::to_owned),
            label: secret::label(&secret),
            environment: environment.0,
            permissions,
            created_ns: self.clock.now().nanos(),
            revoked_ns: None,
        };
        let document = KeyHash::of(&secret).hex();
        self.registry
            .compare_and_swap(KEYS, &document, Version::ABSENT, &key.json()?)
            .map_err(|error| self.explain(&document, error))?;
        self.check();
        Ok(CreatedKey { secret, key: key.shown(Uses::default()) })
    }

    fn check_new(
        &self,
        name: Option<&str>,
        environment: EnvironmentId,
        permissions: Permissions,
    ) -> Result<()> {
        if let Some(name) = name
            && (name.chars().count() > KEY_NAME_CHARS_MAX || name.chars().any(char::is_control))
        {
            return Err(Error::invalid(format!(
                "the name of a key has at most {KEY_NAME_CHARS_MAX} characters and no control \
                 characters, this one is {name:?}"
            )));
        }
        if permissions == Permissions::NONE {
            return Err(Error::invalid("a key needs a permission: send, query or manage"));
        }
        if !self.registry.environments()?.iter().any(|known| known.id == environment) {
            return Err(Error::invalid(format!("there is no environment with id {environment}")));
        }
        if read_keys(&self.registry)?.len() >= KEYS_MAX {
            return Err(Error::invalid(format!("there are {KEYS_MAX} keys already")));
        }
        Ok(())
    }

    /// A conflict in words that name the key and not its hash.
    fn explain(&self, document: &str, error: Error) -> Error {
        if error.kind() != ErrorKind::Conflict {
            return error.while_doing("creating a key");
        }
        let known = self.registry.get(KEYS, document).ok().flatten();
        let Some(key) = known.and_then(|known| known.parse::<StoredKey>().ok()) else {
            return error;
        };
        let state = if key.revoked_ns.is_some() { "a revoked key" } else { "a key" };
        Error::new(
            ErrorKind::Conflict,
            format!("this value is {state} already: {} ({})", key.id, key.label),
        )
    }
}
