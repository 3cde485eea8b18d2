//! Reads the catalog's tables at the start.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::{Dataset, DatasetId, EnvironmentId, Error, Result, Signal, Timestamp, ValueType};
use rusqlite::{Connection, Row};

use super::codec::{decode, decode_ascending};
use super::commit::NODE;
use super::{Attribute, AttributeTable, DatasetFields, DatasetTable, Loaded, NewAttribute, failed};
use crate::record::Lsn;
use crate::segment::{FieldId, Partition, SegmentDataset, SegmentMeta, SegmentNumber};

/// Reads everything.
pub(super) fn load(connection: &Connection) -> Result<Loaded> {
    let read = || {
        let version: i64 =
            connection
                .query_row("SELECT coalesce(max(id), 0) FROM version", [], |row| row.get(0))?;
        let mark: i64 = connection.query_row(
            "SELECT coalesce(max(lsn), 0) FROM mark WHERE node = ?1",
            [NODE],
            |row| row.get(0),
        )?;
        // Numbers of purged segments are not used again either.
        let next: i64 = connection.query_row(
            "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'segment'",
            [],
            |row| row.get(0),
        )?;
        Ok((version as u64, Lsn(mark as u64), SegmentNumber(next as u64)))
    };
    let (version, mark, next_segment) =
        read().map_err(|error| failed("reading versions", error))?;
    let parts = load_parts(connection).map_err(|error| failed("reading segments", error))?;
    let (mut segments, mut dead) = (Vec::new(), Vec::new());
    let mut parts = parts.into_iter().peekable();
    for (mut segment, is_dead) in load_segments(connection)? {
        let number = segment.number;
        while let Some((_, part)) = parts.next_if(|(of, _)| *of <= number) {
            segment.datasets.push(part);
        }
        if is_dead { dead.push(segment) } else { segments.push(segment) }
    }
    Ok(Loaded {
        version,
        mark,
        datasets: load_datasets(connection).map_err(|error| failed("reading datasets", error))?,
        attributes: load_attributes(connection)?,
        fields: load_fields(connection).map_err(|error| failed("reading columns", error))?,
        segments,
        dead,
        next_segment,
    })
}

fn load_datasets(connection: &Connection) -> rusqlite::Result<DatasetTable> {
    let mut table = DatasetTable::default();
    let mut statement = connection.prepare(
        "SELECT id, environment, name, born_lsn, dead_lsn, retention_s, horizon_ns, created_ns,
           deleted_ns FROM dataset ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let dataset = Dataset {
            id: DatasetId(row.get(0)?),
            environment: EnvironmentId(row.get(1)?),
            name: row.get(2)?,
            retention: row.get::<_, Option<i64>>(5)?.map(|s| Duration::from_secs(s as u64)),
            horizon: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_nanos),
            created: Timestamp::from_nanos(row.get(7)?),
        };
        let deleted: Option<i64> = row.get(8)?;
        let dead: Option<i64> = row.get(4)?;
        let id = dataset.id;
        table.insert(dataset, Lsn(row.get::<_, i64>(3)? as u64));
        if let Some((dead, deleted)) = dead.zip(deleted) {
            table.bury(id, Lsn(dead as u64), Timestamp::from_nanos(deleted));
        }
    }
    Ok(table)
}

fn load_attributes(connection: &Connection) -> Result<AttributeTable> {
    let read = || {
        let mut statement = connection.prepare(
            "SELECT id, environment, signal, name, value_type, column_name FROM attribute
             ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            let name: String = row.get(3)?;
            let column: String = row.get(5)?;
            Ok((FieldId(row.get(0)?), row.get(1)?, row.get(2)?, name, row.get(4)?, column))
        })?;
        rows.collect::<rusqlite::Result<Vec<(FieldId, u32, u8, String, u8, String)>>>()
    };
    let rows = read().map_err(|error| failed("reading attributes", error))?;
    let mut table = AttributeTable::default();
    for (id, environment, signal, name, kind, column) in rows {
        let damaged = || Error::corrupt(format!("attribute {} in the catalog is damaged", id.0));
        table.insert(NewAttribute {
            environment: EnvironmentId(environment),
            signal: Signal::from_code(signal).ok_or_else(damaged)?,
            attribute: Attribute {
                id,
                name: Arc::from(name),
                kind: ValueType::from_code(kind).ok_or_else(damaged)?,
                column: Arc::from(column),
            },
        });
    }
    Ok(table)
}

fn load_fields(connection: &Connection) -> rusqlite::Result<DatasetFields> {
    let mut fields = DatasetFields::default();
    let mut statement =
        connection.prepare("SELECT dataset, field FROM dataset_field ORDER BY dataset, field")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        fields.insert(DatasetId(row.get(0)?), FieldId(row.get(1)?));
    }
    Ok(fields)
}

fn load_parts(connection: &Connection) -> rusqlite::Result<Vec<(SegmentNumber, SegmentDataset)>> {
    let mut statement = connection.prepare(
        "SELECT segment, dataset, row_count, time_min_ns, time_max_ns FROM segment_dataset
         ORDER BY segment, dataset",
    )?;
    let rows = statement.query_map([], |row| {
        let part = SegmentDataset {
            dataset: row.get(1)?,
            rows: row.get::<_, i64>(2)? as u64,
            time_min: row.get(3)?,
            time_max: row.get(4)?,
        };
        Ok((SegmentNumber(row.get::<_, i64>(0)? as u64), part))
    })?;
    rows.collect()
}

/// Every segment by number, and whether it is dead.
fn load_segments(connection: &Connection) -> Result<Vec<(SegmentMeta, bool)>> {
    let doing = "reading segments";
    let mut statement = connection
        .prepare("SELECT * FROM segment ORDER BY number")
        .map_err(|error| failed(doing, error))?;
    let mut rows = statement.query([]).map_err(|error| failed(doing, error))?;
    let mut segments = Vec::new();
    while let Some(row) = rows.next().map_err(|error| failed(doing, error))? {
        let dead: Option<i64> = row.get(23).map_err(|error| failed(doing, error))?;
        segments.push((segment_of(row)?, dead.is_some()));
    }
    Ok(segments)
}

fn segment_of(row: &Row<'_>) -> Result<SegmentMeta> {
    let doing = "reading a segment";
    let int = |at: usize| row.get::<_, i64>(at).map_err(|error| failed(doing, error));
    let time = |at: usize| int(at).map(Timestamp::from_nanos);
    let blob = |at: usize| row.get::<_, Vec<u8>>(at).map_err(|error| failed(doing, error));
    let number = SegmentNumber(int(0)? as u64);
    let damaged = || Error::corrupt(format!("segment {} in the catalog is damaged", number.0));
    let fields = |bytes: Vec<u8>| -> Result<Vec<FieldId>> {
        Ok(decode_ascending(&bytes)?.into_iter().map(FieldId).collect())
    };
    let path: String = row.get(6).map_err(|error| failed(doing, error))?;
    Ok(SegmentMeta {
        number,
        environment: EnvironmentId(int(1)? as u32),
        signal: Signal::from_code(int(2)? as u8).ok_or_else(damaged)?,
        partition: Partition::from_codes(int(3)? as u8, int(4)? as i32).ok_or_else(damaged)?,
        level: int(5)? as u8,
        path: PathBuf::from(path),
        rows: int(7)? as u64,
        bytes: int(8)? as u64,
        index_bytes: int(9)? as u64,
        time_min: time(10)?,
        time_max: time(11)?,
        arrival_min: time(14)?,
        arrival_max: time(15)?,
        late_max: int(16)?,
        lsn_min: Lsn(int(17)? as u64),
        lsn_max: Lsn(int(18)? as u64),
        groups: decode(&blob(19)?)?,
        columns: fields(blob(20)?)?,
        rest: fields(blob(21)?)?,
        datasets: Vec::new(),
    })
}
