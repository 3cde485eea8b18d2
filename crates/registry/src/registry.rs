//! The registry: documents read, written and compared, in one file that several processes open.
//!
//! Cost: a read is a look-up of a row, some microseconds; a write waits for one `fsync`. Reads have
//! a connection of their own, so that they never wait for a write of this process or of another.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{Error, ErrorKind, Result};
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior};

use crate::apply::{Applied, apply_one};
use crate::document::{Document, Version, Write};
use crate::sqlite::{connect, failed, only_read, write_durably};
use crate::{schema, sqlite};

/// The name of the registry's file in a data folder.
pub const FILE: &str = "registry.db";

/// How often [`Registry::update`] begins again. Each time another writer was faster; a document
/// that many change at once is one too large, which the error then says.
const UPDATE_ATTEMPTS_MAX: u32 = 64;

/// An open registry.
pub struct Registry {
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
}

impl Registry {
    /// Opens or makes the registry at `path`. A new file is readable by its owner alone.
    pub fn open(path: &Path) -> Result<Self> {
        let is_new = !path.exists();
        let mut writer = connect(path)?;
        if is_new {
            keep_private(path)?;
        }
        // Before anything is changed in a file that a newer program wrote.
        let has_tables = schema::check(&writer)?;
        write_durably(&writer)?;
        if !has_tables {
            schema::prepare(&mut writer)?;
        }
        let reader = connect(path)?;
        only_read(&reader)?;
        Ok(Self { reader: Mutex::new(reader), writer: Mutex::new(writer) })
    }

    /// The document `id` of a collection, if there is one.
    pub fn get(&self, collection: &str, id: &str) -> Result<Option<Document>> {
        let connection = lock(&self.reader);
        let read = || {
            connection
                .prepare_cached(
                    "SELECT id, version, json FROM document WHERE collection = ?1 AND id = ?2",
                )?
                .query_row([collection, id], document)
                .optional()
        };
        read().map_err(|error| failed(&format!("reading {collection}/{id}"), error))
    }

    /// All documents of a collection, in byte order of their ids. All of them are held in memory.
    pub fn list(&self, collection: &str) -> Result<Vec<Document>> {
        let connection = lock(&self.reader);
        let read = || {
            connection
                .prepare_cached(
                    "SELECT id, version, json FROM document WHERE collection = ?1 ORDER BY id",
                )?
                .query_map([collection], document)?
                .collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| failed(&format!("listing {collection}"), error))
    }

    /// How many documents a collection has.
    pub fn count(&self, collection: &str) -> Result<usize> {
        let connection = lock(&self.reader);
        let read = || {
            connection
                .prepare_cached("SELECT count(*) FROM document WHERE collection = ?1")?
                .query_row([collection], |row| row.get::<_, i64>(0))
        };
        let count = read().map_err(|error| failed(&format!("counting {collection}"), error))?;
        Ok(count as usize)
    }

    /// The ids of a collection's documents but for the `newest`, by their last change.
    pub fn beyond_newest(&self, collection: &str, newest: usize) -> Result<Vec<String>> {
        let connection = lock(&self.reader);
        let read = || {
            connection
                .prepare_cached(
                    "SELECT id FROM document WHERE collection = ?1
                     ORDER BY version DESC LIMIT -1 OFFSET ?2",
                )?
                .query_map(rusqlite::params![collection, newest as i64], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| failed(&format!("looking for old ones of {collection}"), error))
    }

    /// The number of the last change in a collection, by any process; [`Version::ABSENT`] before
    /// the first. Whoever keeps documents in memory remembers the number read before them, and
    /// reads them again when it differs.
    ///
    /// It costs as much as SQLite's own `PRAGMA data_version` (1.5 µs measured for either), says
    /// which collection changed, and any other database could answer it too.
    pub fn last_change(&self, collection: &str) -> Result<Version> {
        let connection = lock(&self.reader);
        last_change(&connection, collection)
            .map_err(|error| failed(&format!("looking for changes of {collection}"), error))
    }

    /// Makes or replaces a document; returns its new version.
    pub fn put(&self, collection: &str, id: &str, json: &str) -> Result<Version> {
        let write = Write { collection, id, expected: None, json: Some(json) };
        Ok(self.apply(&[write])?.pop().unwrap_or(Applied::NOTHING).after)
    }

    /// Deletes a document; says whether there was one.
    pub fn delete(&self, collection: &str, id: &str) -> Result<bool> {
        let write = Write { collection, id, expected: None, json: None };
        let applied = self.apply(&[write])?.pop().unwrap_or(Applied::NOTHING);
        Ok(applied.before != Version::ABSENT)
    }

    /// Replaces a document that is still at version `expected`, or makes one that must not exist
    /// ([`Version::ABSENT`]); returns its new version. Otherwise it is an error of kind
    /// [`ErrorKind::Conflict`] that names both versions.
    pub fn compare_and_swap(
        &self,
        collection: &str,
        id: &str,
        expected: Version,
        json: &str,
    ) -> Result<Version> {
        let write = Write { collection, id, expected: Some(expected), json: Some(json) };
        Ok(self.apply(&[write])?.pop().unwrap_or(Applied::NOTHING).after)
    }

    /// Makes several changes at once: all of them or, where one of them fails, none. Returns the
    /// new version of each, [`Version::ABSENT`] for deleted ones.
    pub fn write(&self, writes: &[Write<'_>]) -> Result<Vec<Version>> {
        Ok(self.apply(writes)?.into_iter().map(|applied| applied.after).collect())
    }

    /// Reads a document, lets `change` decide its new text (none: leave it) and writes that;
    /// begins again where another writer came in between, so `change` may run several times.
    /// Returns the version that holds afterwards.
    pub fn update(
        &self,
        collection: &str,
        id: &str,
        mut change: impl FnMut(Option<&Document>) -> Result<Option<String>>,
    ) -> Result<Version> {
        for _ in 0..UPDATE_ATTEMPTS_MAX {
            let document = self.get(collection, id)?;
            let version = document.as_ref().map_or(Version::ABSENT, |document| document.version);
            let Some(json) = change(document.as_ref())? else { return Ok(version) };
            match self.compare_and_swap(collection, id, version, &json) {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                result => return result,
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "document {collection}/{id} was changed by others {UPDATE_ATTEMPTS_MAX} times \
                 while it was being updated"
            ),
        ))
    }

    /// Copies all documents, as they are at one moment, to the new file `path`, while others go on
    /// reading and writing.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        let own = lock(&self.reader).path().map(PathBuf::from);
        let own = own.ok_or_else(|| Error::bug("the registry to be copied is no file"))?;
        sqlite::copy(&own, path)
    }

    fn apply(&self, writes: &[Write<'_>]) -> Result<Vec<Applied>> {
        writes.iter().try_for_each(Write::check)?;
        let doing = "writing documents";
        let mut connection = lock(&self.writer);
        // It reads before it writes: taking the write lock at once keeps others from coming
        // between, which SQLite would answer with an error that waiting does not cure.
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| failed(doing, error))?;
        let mut applied = Vec::with_capacity(writes.len());
        for write in writes {
            applied.push(apply_one(&transaction, write)?);
        }
        transaction.commit().map_err(|error| failed(doing, error))?;
        Ok(applied)
    }
}

fn last_change(connection: &Connection, collection: &str) -> rusqlite::Result<Version> {
    let number: Option<i64> = connection
        .prepare_cached("SELECT last_change FROM collection WHERE name = ?1")?
        .query_row([collection], |row| row.get(0))
        .optional()?;
    Ok(number.map_or(Version::ABSENT, |number| Version(number as u64)))
}

fn document(row: &Row<'_>) -> rusqlite::Result<Document> {
    let version: i64 = row.get(1)?;
    Ok(Document { id: row.get(0)?, version: Version(version as u64), json: row.get(2)? })
}

/// Lets only the owner read a new file: documents hold addresses and tokens. SQLite gives the
/// files beside it the same permissions.
#[cfg(unix)]
fn keep_private(path: &Path) -> Result<()> {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;
    set_permissions(path, Permissions::from_mode(0o600)).map_err(|error| {
        Error::unavailable(
            sqlite::RETRY_AFTER,
            format!("making {} readable by its owner alone", path.display()),
        )
        .because(error)
    })
}

#[cfg(not(unix))]
fn keep_private(_path: &Path) -> Result<()> {
    Ok(())
}

/// A panic while the lock was held rolled its transaction back: what is behind it is whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
