//! The registry's tables and their version.
//!
//! `document` holds the texts. `collection` holds the number of the last change of each
//! collection: new versions come from it, and a reader that remembers it sees with one row whether
//! anything it knows is out of date.

use model::{Error, Result};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use crate::sqlite::failed;

/// The version of these tables and of the documents that this crate itself writes. A newer one is
/// refused.
const FORMAT_VERSION: u32 = 1;

const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE collection (name TEXT PRIMARY KEY, last_change INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE document (
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  json TEXT NOT NULL,
  PRIMARY KEY (collection, id));
";

const DOING: &str = "preparing the registry";

/// Refuses a file that this program cannot read; says whether there are tables in it yet.
pub(crate) fn check(connection: &Connection) -> Result<bool> {
    let exists: bool = connection
        .query_row("SELECT count(*) > 0 FROM sqlite_master WHERE name = 'meta'", [], |row| {
            row.get(0)
        })
        .map_err(|error| failed(DOING, error))?;
    if !exists {
        return Ok(false);
    }
    let version: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE name = 'format'", [], |row| row.get(0))
        .optional()
        .map_err(|error| failed(DOING, error))?;
    match version.as_deref().map(str::parse::<u32>) {
        Some(Ok(FORMAT_VERSION)) => Ok(true),
        Some(Ok(version)) if version > FORMAT_VERSION => Err(Error::invalid(format!(
            "the registry has format {version}, this program reads up to {FORMAT_VERSION}: use the \
             newer program that wrote it"
        ))),
        _ => Err(Error::corrupt("the registry does not say its format")),
    }
}

/// Makes the tables in a new file. Of several processes at once, one makes them.
pub(crate) fn prepare(connection: &mut Connection) -> Result<()> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| failed(DOING, error))?;
    if check(&transaction)? {
        return Ok(());
    }
    transaction
        .execute_batch(TABLES)
        .and_then(|()| {
            transaction.execute(
                "INSERT INTO meta (name, value) VALUES ('format', ?1)",
                [FORMAT_VERSION.to_string()],
            )
        })
        .and_then(|_| transaction.commit())
        .map_err(|error| failed(DOING, error))
}
