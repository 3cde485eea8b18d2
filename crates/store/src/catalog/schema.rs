//! The catalog's tables.
//!
//! Times are stored as nanoseconds and, for segments, also as text with microseconds, which is what
//! DuckLake's views over these tables compare.

use model::{Error, Result};
use rusqlite::{Connection, OptionalExtension as _};

use super::failed;

/// The version of these tables and of the files they name. A newer one is refused.
pub(crate) const FORMAT_VERSION: u32 = 1;

const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE version (id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, what TEXT NOT NULL);
CREATE TABLE mark (node INTEGER PRIMARY KEY, lsn INTEGER NOT NULL);
CREATE TABLE dataset (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  environment INTEGER NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  born_lsn INTEGER NOT NULL,
  dead_lsn INTEGER,
  retention_s INTEGER,
  horizon_ns INTEGER,
  created_ns INTEGER NOT NULL,
  deleted_ns INTEGER);
CREATE INDEX dataset_by_key ON dataset (environment, name_key);
CREATE TABLE attribute (
  id INTEGER PRIMARY KEY,
  environment INTEGER NOT NULL,
  signal INTEGER NOT NULL,
  name TEXT NOT NULL,
  value_type INTEGER NOT NULL,
  column_name TEXT NOT NULL,
  UNIQUE (environment, signal, name, value_type));
CREATE TABLE segment (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  environment INTEGER NOT NULL,
  signal INTEGER NOT NULL,
  partition_kind INTEGER NOT NULL,
  partition_start INTEGER NOT NULL,
  level INTEGER NOT NULL,
  path TEXT NOT NULL,
  row_count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  index_bytes INTEGER NOT NULL,
  time_min_ns INTEGER NOT NULL,
  time_max_ns INTEGER NOT NULL,
  time_min_text TEXT NOT NULL,
  time_max_text TEXT NOT NULL,
  arrival_min_ns INTEGER NOT NULL,
  arrival_max_ns INTEGER NOT NULL,
  late_max_ns INTEGER NOT NULL,
  lsn_min INTEGER NOT NULL,
  lsn_max INTEGER NOT NULL,
  group_rows BLOB NOT NULL,
  column_ids BLOB NOT NULL,
  rest_ids BLOB NOT NULL,
  born_version INTEGER NOT NULL,
  dead_version INTEGER);
CREATE TABLE segment_dataset (
  segment INTEGER NOT NULL,
  dataset INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  time_min_ns INTEGER NOT NULL,
  time_max_ns INTEGER NOT NULL,
  PRIMARY KEY (segment, dataset)) WITHOUT ROWID;
";

/// Makes the tables in a new catalog; refuses one of a newer version.
pub(super) fn prepare(connection: &mut Connection) -> Result<()> {
    let doing = "preparing the catalog";
    let transaction = connection.transaction().map_err(|error| failed(doing, error))?;
    let exists: bool = transaction
        .query_row("SELECT count(*) > 0 FROM sqlite_master WHERE name = 'meta'", [], |row| {
            row.get(0)
        })
        .map_err(|error| failed(doing, error))?;
    if !exists {
        transaction.execute_batch(TABLES).map_err(|error| failed(doing, error))?;
        transaction
            .execute(
                "INSERT INTO meta (name, value) VALUES ('format', ?1)",
                [FORMAT_VERSION.to_string()],
            )
            .map_err(|error| failed(doing, error))?;
        return transaction.commit().map_err(|error| failed(doing, error));
    }
    let version: Option<String> = transaction
        .query_row("SELECT value FROM meta WHERE name = 'format'", [], |row| row.get(0))
        .optional()
        .map_err(|error| failed(doing, error))?;
    match version.as_deref().map(str::parse::<u32>) {
        Some(Ok(FORMAT_VERSION)) => Ok(()),
        Some(Ok(version)) => Err(Error::invalid(format!(
            "the catalog has format {version}, this program reads up to {FORMAT_VERSION}: use the \
             newer program that wrote it"
        ))),
        _ => Err(Error::corrupt("the catalog (catalog.db) does not say its format")),
    }
}
