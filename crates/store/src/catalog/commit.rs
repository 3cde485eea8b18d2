//! Changes the catalog's tables, each change in one transaction.

use std::time::Duration;

use model::{Dataset, DatasetId, NANOS_PER_SECOND, Result, Timestamp, dataset_key};
use rusqlite::{Connection, Transaction, params};

use super::codec::{encode, encode_ascending};
use super::environments::add_environment;
use super::{BUSY_TIMEOUT, Catalog, DatasetTable, NewAttribute, NewDataset, failed};
use crate::record::Lsn;
use crate::segment::{FieldId, SegmentMeta, SegmentNumber};
use crate::settings::Planted;

/// This node's row in the table of marks, while there is only one.
pub(super) const NODE: i64 = 1;
/// Versions kept for readers that look back.
const VERSIONS_KEPT: i64 = 10_000;

/// A change of the segments: all of it happens or nothing.
#[derive(Debug, Default)]
pub struct Commit {
    /// Segments that appear; their files are synced.
    pub added: Vec<SegmentMeta>,
    /// Segments that are replaced by them, or have no live row left.
    pub removed: Vec<SegmentNumber>,
    /// Columns that files have for the first time.
    pub attributes: Vec<NewAttribute>,
    /// Columns that a dataset's events have for the first time.
    pub fields: Vec<(DatasetId, FieldId)>,
    /// Requests up to here are in segments now.
    pub mark: Option<Lsn>,
}

impl Catalog {
    /// Makes a change of the segments; returns its version.
    pub fn commit(&mut self, commit: &Commit, now: Timestamp, what: &str) -> Result<u64> {
        let doing = format!("committing a {what}");
        let early = match self.planted {
            Some(Planted::EarlyMark) => Commit { mark: commit.mark, ..Commit::default() },
            Some(Planted::SplitSwap) => {
                Commit { removed: commit.removed.clone(), ..Commit::default() }
            }
            _ => Commit::default(),
        };
        if early.mark.is_some() || !early.removed.is_empty() {
            self.transact(&doing, |transaction| apply(transaction, &early, now, what))?;
        }
        self.transact(&doing, |transaction| apply(transaction, commit, now, what))
    }

    /// Binds names to new ids from `born` on.
    pub(crate) fn create_datasets(
        &mut self,
        table: &mut DatasetTable,
        new: &[NewDataset],
        born: Lsn,
    ) -> Result<()> {
        let ids = self.transact("making datasets", |transaction| {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO dataset (environment, name, name_key, born_lsn, created_ns)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            let mut ids = Vec::with_capacity(new.len());
            for dataset in new {
                insert.execute(params![
                    dataset.environment.0,
                    dataset.name,
                    dataset_key(&dataset.name),
                    born.0 as i64,
                    dataset.created.nanos()
                ])?;
                ids.push(DatasetId(transaction.last_insert_rowid() as u32));
            }
            Ok(ids)
        })?;
        for (id, new) in ids.into_iter().zip(new) {
            let dataset = Dataset {
                id,
                environment: new.environment,
                name: new.name.clone(),
                retention: None,
                horizon: None,
                created: new.created,
            };
            table.insert(dataset, born);
        }
        Ok(())
    }

    /// Ends a dataset's life: requests from `dead` on that name it make another.
    pub(crate) fn delete_dataset(
        &mut self,
        table: &mut DatasetTable,
        id: DatasetId,
        dead: Lsn,
        now: Timestamp,
    ) -> Result<()> {
        self.transact("deleting a dataset", |transaction| {
            transaction.execute(
                "UPDATE dataset SET dead_lsn = ?2, deleted_ns = ?3 WHERE id = ?1",
                params![id.0, dead.0 as i64, now.nanos()],
            )
        })?;
        table.bury(id, dead, now);
        Ok(())
    }

    /// Forgets deleted datasets of which no row is left anywhere.
    pub(crate) fn forget_datasets(
        &mut self,
        table: &mut DatasetTable,
        ids: &[DatasetId],
    ) -> Result<()> {
        self.transact("forgetting datasets", |transaction| {
            for id in ids {
                transaction.execute("DELETE FROM dataset WHERE id = ?1", [id.0])?;
                transaction.execute("DELETE FROM dataset_field WHERE dataset = ?1", [id.0])?;
            }
            Ok(())
        })?;
        ids.iter().for_each(|id| table.forget(*id));
        self.journal_owed = true;
        self.empty_owed_journal()
    }

    /// Takes over what is in SQLite's own log and cuts it to nothing if names were forgotten: they
    /// stay readable in it long after their rows are gone. While another process is reading it
    /// stays, and this has to be called again: nobody who sends waits for somebody who reads.
    pub(crate) fn empty_owed_journal(&mut self) -> Result<()> {
        if !self.journal_owed {
            return Ok(());
        }
        let empty = |connection: &Connection| {
            connection.busy_timeout(Duration::ZERO)?;
            let busy =
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
            connection.busy_timeout(BUSY_TIMEOUT)?;
            busy
        };
        self.journal_owed = empty(&self.connection)
            .map_err(|error| failed("emptying the catalog's own log", error))?;
        Ok(())
    }

    /// Sets how long a dataset's rows are kept, and the horizon that follows.
    pub(crate) fn set_retention(
        &mut self,
        table: &mut DatasetTable,
        id: DatasetId,
        retention: Option<Duration>,
        horizon: Option<Timestamp>,
    ) -> Result<()> {
        let seconds = retention.map(|retention| retention.as_secs() as i64);
        self.transact("setting a retention", |transaction| {
            transaction.execute(
                "UPDATE dataset SET retention_s = ?2, horizon_ns = ?3 WHERE id = ?1",
                params![id.0, seconds, horizon.map(Timestamp::nanos)],
            )
        })?;
        if let Some(dataset) = table.get_mut(id) {
            (dataset.retention, dataset.horizon) = (retention, horizon);
        }
        Ok(())
    }

    /// Writes down how far the horizons of datasets have moved.
    pub(crate) fn set_horizons(
        &mut self,
        table: &mut DatasetTable,
        moved: &[(DatasetId, Timestamp)],
    ) -> Result<()> {
        self.transact("moving horizons", |transaction| {
            let mut update =
                transaction.prepare_cached("UPDATE dataset SET horizon_ns = ?2 WHERE id = ?1")?;
            for (id, horizon) in moved {
                update.execute(params![id.0, horizon.nanos()])?;
            }
            Ok(())
        })?;
        for (id, horizon) in moved {
            if let Some(dataset) = table.get_mut(*id) {
                dataset.horizon = Some(*horizon);
            }
        }
        Ok(())
    }

    /// Removes the rows of dead segments whose files are gone.
    pub(crate) fn purge(&mut self, numbers: &[SegmentNumber]) -> Result<()> {
        self.transact("removing dead segments", |transaction| {
            for number in numbers {
                let number = number.0 as i64;
                transaction.execute("DELETE FROM segment WHERE number = ?1", [number])?;
                transaction.execute("DELETE FROM segment_dataset WHERE segment = ?1", [number])?;
            }
            Ok(())
        })
    }

    pub(super) fn transact<T>(
        &mut self,
        doing: &str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let run = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let value = change(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run(&mut self.connection).map_err(|error| failed(doing, error))
    }
}

fn apply(
    transaction: &Transaction<'_>,
    commit: &Commit,
    now: Timestamp,
    what: &str,
) -> rusqlite::Result<u64> {
    let version = new_version(transaction, now, what)?;
    for new in &commit.attributes {
        transaction
            .prepare_cached(
                "INSERT INTO attribute
               (id, environment, signal, name, value_type, column_name, born_version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                new.attribute.id.0,
                new.environment.0,
                new.signal.code(),
                &*new.attribute.name,
                new.attribute.kind.code(),
                &*new.attribute.column,
                version
            ])?;
    }
    for (dataset, field) in &commit.fields {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO dataset_field VALUES (?1, ?2)")?
            .execute([dataset.0, field.0])?;
    }
    let mut environments = 0;
    for segment in &commit.added {
        environments += add_environment(transaction, segment.environment)?;
        insert_segment(transaction, segment, version)?;
    }
    if environments > 0 || !commit.attributes.is_empty() {
        change_schema(transaction, version)?;
    }
    for number in &commit.removed {
        transaction.execute(
            "UPDATE segment SET dead_version = ?2 WHERE number = ?1 AND dead_version IS NULL",
            params![number.0 as i64, version],
        )?;
    }
    if let Some(mark) = commit.mark {
        transaction.execute(
            "INSERT INTO mark (node, lsn) VALUES (?1, ?2)
             ON CONFLICT (node) DO UPDATE SET lsn = excluded.lsn",
            params![NODE, mark.0 as i64],
        )?;
    }
    Ok(version as u64)
}

/// Numbers a commit.
pub(super) fn new_version(
    transaction: &Transaction<'_>,
    now: Timestamp,
    what: &str,
) -> rusqlite::Result<i64> {
    transaction.execute(
        "INSERT INTO version (time_ns, what, time_text, schema_version)
         VALUES (?1, ?2, ?3, (SELECT coalesce(max(schema_version), 0) FROM version))",
        params![now.nanos(), what, time_text(now)],
    )?;
    let version = transaction.last_insert_rowid();
    transaction.execute("DELETE FROM version WHERE id <= ?1", [version - VERSIONS_KEPT])?;
    Ok(version)
}

/// Notes that from this version on other readers find other columns or tables.
pub(super) fn change_schema(transaction: &Transaction<'_>, version: i64) -> rusqlite::Result<()> {
    let change = "UPDATE version SET schema_version = ?1 WHERE id = ?1";
    transaction.execute(change, [version]).map(drop)
}

fn insert_segment(
    transaction: &Transaction<'_>,
    segment: &SegmentMeta,
    version: i64,
) -> rusqlite::Result<()> {
    let (partition_kind, partition_start) = segment.partition.codes();
    let ids = |fields: &[FieldId]| encode_ascending(fields.iter().map(|field| field.0));
    transaction.prepare_cached(
        "INSERT INTO segment VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
           ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, NULL)",
    )?.execute(params![
        segment.number.0 as i64,
        segment.environment.0,
        segment.signal.code(),
        partition_kind,
        partition_start,
        segment.level,
        segment.path.to_string_lossy(),
        segment.rows as i64,
        segment.bytes as i64,
        segment.index_bytes as i64,
        segment.time_min.nanos(),
        segment.time_max.nanos(),
        time_text(segment.time_min),
        time_text(segment.time_max),
        segment.arrival_min.nanos(),
        segment.arrival_max.nanos(),
        segment.late_max,
        segment.lsn_min.0 as i64,
        segment.lsn_max.0 as i64,
        encode(&segment.groups),
        ids(&segment.columns),
        ids(&segment.rest),
        version,
    ])?;
    for part in &segment.datasets {
        transaction
            .prepare_cached("INSERT INTO segment_dataset VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                segment.number.0 as i64,
                part.dataset,
                part.rows as i64,
                part.time_min,
                part.time_max
            ])?;
    }
    Ok(())
}

/// A time as DuckDB compares it: cut to the microsecond, as it cuts the times in the file.
fn time_text(time: Timestamp) -> String {
    let text = time.to_string();
    let seconds = text.split(['.', 'Z']).next().unwrap_or_default().replace('T', " ");
    let micros = time.nanos().rem_euclid(NANOS_PER_SECOND) / 1_000;
    format!("{seconds}.{micros:06}+00")
}

#[cfg(test)]
mod tests;
