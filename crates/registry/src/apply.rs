//! One change of one document, inside a transaction.
//!
//! The transaction holds the file's write lock before it reads, so that the version compared here
//! is the version replaced here.

use model::{Error, ErrorKind, Result};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::document::{Version, Write};
use crate::sqlite::failed;

/// A document's versions around a change.
pub(crate) struct Applied {
    /// The version before it.
    pub before: Version,
    /// The version after it.
    pub after: Version,
}

impl Applied {
    /// There was no document and there is none.
    pub(crate) const NOTHING: Self = Self { before: Version::ABSENT, after: Version::ABSENT };
}

/// Makes one change, or says why it cannot be made.
pub(crate) fn apply_one(transaction: &Transaction<'_>, write: &Write<'_>) -> Result<Applied> {
    let Write { collection, id, .. } = *write;
    let doing = format!("writing {collection}/{id}");
    let before = version_of(transaction, collection, id).map_err(|error| failed(&doing, error))?;
    if let Some(expected) = write.expected
        && expected != before
    {
        return Err(conflict(collection, id, before, expected));
    }
    if write.json.is_none() && before == Version::ABSENT {
        return Ok(Applied::NOTHING);
    }
    let change = || {
        let number = next_change(transaction, collection)?;
        match write.json {
            Some(json) => transaction
                .prepare_cached(
                    "INSERT INTO document (collection, id, version, json) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (collection, id)
                     DO UPDATE SET version = excluded.version, json = excluded.json",
                )?
                .execute(params![collection, id, number, json])?,
            None => transaction
                .prepare_cached("DELETE FROM document WHERE collection = ?1 AND id = ?2")?
                .execute([collection, id])?,
        };
        Ok(number)
    };
    let number = change().map_err(|error| failed(&doing, error))?;
    let after = if write.json.is_some() { Version(number as u64) } else { Version::ABSENT };
    Ok(Applied { before, after })
}

fn version_of(
    transaction: &Transaction<'_>,
    collection: &str,
    id: &str,
) -> rusqlite::Result<Version> {
    let version: Option<i64> = transaction
        .prepare_cached("SELECT version FROM document WHERE collection = ?1 AND id = ?2")?
        .query_row([collection, id], |row| row.get(0))
        .optional()?;
    Ok(version.map_or(Version::ABSENT, |version| Version(version as u64)))
}

fn next_change(transaction: &Transaction<'_>, collection: &str) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached(
            "INSERT INTO collection (name, last_change) VALUES (?1, 1)
             ON CONFLICT (name) DO UPDATE SET last_change = last_change + 1 RETURNING last_change",
        )?
        .query_row([collection], |row| row.get(0))
}

fn conflict(collection: &str, id: &str, present: Version, expected: Version) -> Error {
    let context = match (present, expected) {
        (Version::ABSENT, _) => {
            format!("document {collection}/{id} does not exist, expected at version {expected}")
        }
        (_, Version::ABSENT) => {
            format!("document {collection}/{id} exists already, at version {present}")
        }
        _ => format!("document {collection}/{id} is at version {present}, expected {expected}"),
    };
    Error::new(ErrorKind::Conflict, context)
}
