//! The catalog's tables.
//!
//! Times are stored as nanoseconds and, for segments, also as text with microseconds, which is what
//! DuckLake's views over these tables compare.

use std::collections::BTreeSet;

use model::{EnvironmentId, Error, Result};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::codec::decode_ascending;
use super::{ducklake, failed};

/// The version of these tables and of the files they name. A newer one is refused.
///
/// 2 knows the names of environments, and of versions and attributes what shows a reader of the
/// catalog which columns there were when. 3 knows the columns of each dataset.
pub(crate) const FORMAT_VERSION: u32 = 3;

const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE environment (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE version (
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  what TEXT NOT NULL,
  time_text TEXT NOT NULL,
  schema_version INTEGER NOT NULL);
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
  born_version INTEGER NOT NULL,
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

/// The columns of datasets, which version 3 brought.
const DATASET_FIELDS: &str = "
CREATE TABLE dataset_field (
  dataset INTEGER NOT NULL,
  field INTEGER NOT NULL,
  PRIMARY KEY (dataset, field)) WITHOUT ROWID;
";

/// From version 1 to 2. What was there before counts as having been there from the beginning.
const FROM_1: &str = "
CREATE TABLE environment (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
ALTER TABLE version ADD COLUMN time_text TEXT NOT NULL DEFAULT '';
ALTER TABLE version ADD COLUMN schema_version INTEGER NOT NULL DEFAULT 0;
UPDATE version SET time_text =
  strftime('%Y-%m-%d %H:%M:%S', time_ns / 1000000000, 'unixepoch')
  || printf('.%06d+00', time_ns / 1000 % 1000000);
ALTER TABLE attribute ADD COLUMN born_version INTEGER NOT NULL DEFAULT 0;
INSERT INTO environment (id, name)
  SELECT environment, 'environment ' || environment FROM segment GROUP BY environment;
";

/// From version 2 to 3, once there is a table for it: gives every dataset the columns of the
/// segments that it has rows in, since what was flushed before does not say more.
fn fill_fields(transaction: &Transaction<'_>) -> Result<()> {
    let reading = |error| failed("reading segments", error);
    let mut statement = transaction
        .prepare(
            "SELECT part.dataset, segment.column_ids, segment.rest_ids
             FROM segment JOIN segment_dataset AS part ON part.segment = segment.number
             WHERE segment.dead_version IS NULL",
        )
        .map_err(reading)?;
    let mut rows = statement.query([]).map_err(reading)?;
    let mut pairs: BTreeSet<(u32, u32)> = BTreeSet::new();
    while let Some(row) = rows.next().map_err(reading)? {
        let dataset = row.get(0).map_err(reading)?;
        for at in [1, 2] {
            let bytes: Vec<u8> = row.get(at).map_err(reading)?;
            pairs.extend(decode_ascending(&bytes)?.into_iter().map(|field| (dataset, field)));
        }
    }
    let mut insert = transaction
        .prepare("INSERT INTO dataset_field VALUES (?1, ?2)")
        .map_err(|error| failed("preparing the catalog", error))?;
    for (dataset, field) in pairs {
        insert
            .execute([dataset, field])
            .map_err(|error| failed("writing the columns of datasets", error))?;
    }
    Ok(())
}

/// Makes the tables in a new catalog, brings those of an older version up to date, and refuses
/// those of a newer one.
pub(super) fn prepare(connection: &mut Connection) -> Result<()> {
    let failed = |error| failed("preparing the catalog", error);
    let transaction = connection.transaction().map_err(failed)?;
    match format(&transaction)? {
        Some(FORMAT_VERSION) => {}
        Some(older @ 1..=2) => {
            if older == 1 {
                transaction.execute_batch(FROM_1).map_err(failed)?;
            }
            transaction.execute_batch(DATASET_FIELDS).map_err(failed)?;
            fill_fields(&transaction)?;
            mark(&transaction).map_err(failed)?;
        }
        None => {
            transaction.execute_batch(TABLES).map_err(failed)?;
            transaction.execute_batch(DATASET_FIELDS).map_err(failed)?;
            mark(&transaction).map_err(failed)?;
        }
        Some(version) => {
            return Err(Error::invalid(format!(
                "the catalog has format {version}, this program reads up to {FORMAT_VERSION}: use \
                 the newer program that wrote it"
            )));
        }
    }
    ducklake::prepare(&transaction).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// The version of a catalog's tables; none if it has no tables.
fn format(transaction: &Transaction<'_>) -> Result<Option<u32>> {
    let failed = |error| failed("reading the catalog's format", error);
    let exists: bool = transaction
        .query_row("SELECT count(*) > 0 FROM sqlite_master WHERE name = 'meta'", [], |row| {
            row.get(0)
        })
        .map_err(failed)?;
    if !exists {
        return Ok(None);
    }
    let version: Option<String> = transaction
        .query_row("SELECT value FROM meta WHERE name = 'format'", [], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    match version.as_deref().map(str::parse::<u32>) {
        Some(Ok(version @ 1..)) => Ok(Some(version)),
        _ => Err(Error::corrupt("the catalog (catalog.db) does not say its format")),
    }
}

/// Writes down the version, and the environment that is always there.
fn mark(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO meta (name, value) VALUES ('format', ?1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [FORMAT_VERSION.to_string()],
    )?;
    transaction.execute(
        "INSERT INTO environment (id, name) VALUES (?1, ?2)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        params![EnvironmentId::DEFAULT.0, ducklake::DEFAULT_ENVIRONMENT],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
