use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use model::{Clock as _, DatasetId, EnvironmentId, Hour, Signal, SystemClock, Timestamp};
use rusqlite::types::Value;

use super::*;
use crate::catalog::{Attribute, BUSY_TIMEOUT, Catalog, Commit, DatasetTable, NewAttribute};
use crate::record::Lsn;
use crate::segment::{FieldId, Partition, SegmentDataset, SegmentMeta, SegmentNumber};

fn catalog() -> Catalog {
    Catalog::of(Connection::open_in_memory().unwrap()).unwrap()
}

fn segment(number: u64, environment: u32, datasets: &[u32]) -> SegmentMeta {
    let part = |dataset| SegmentDataset { dataset, rows: 10, time_min: 1_999, time_max: 5_000 };
    SegmentMeta {
        number: SegmentNumber(number),
        environment: EnvironmentId(environment),
        signal: Signal::Spans,
        partition: Partition::Hour(Hour::from_count(0)),
        level: 0,
        path: PathBuf::from(format!("segments/{number}.parquet")),
        rows: 10 * datasets.len() as u64,
        bytes: 100,
        index_bytes: 1,
        time_min: Timestamp::from_nanos(1_999),
        time_max: Timestamp::from_nanos(5_000),
        arrival_min: Timestamp::from_nanos(0),
        arrival_max: Timestamp::from_nanos(0),
        late_max: 0,
        lsn_min: Lsn(1),
        lsn_max: Lsn(2),
        groups: vec![10],
        datasets: datasets.iter().map(|id| part(*id)).collect(),
        columns: vec![],
        rest: vec![],
    }
}

fn attribute(id: u32, name: &str, kind: ValueType, column: &str) -> NewAttribute {
    let (name, column) = (Arc::from(name), Arc::from(column));
    let attribute = Attribute { id: FieldId(id), name, kind, column };
    NewAttribute { environment: EnvironmentId::DEFAULT, signal: Signal::Spans, attribute }
}

fn commit(catalog: &mut Catalog, commit: Commit) -> u64 {
    catalog.commit(&commit, Timestamp::from_nanos(0), "flush").unwrap()
}

/// The rows of a query, each by its columns' names.
fn rows(catalog: &Catalog, query: &str) -> Vec<BTreeMap<String, Value>> {
    let mut statement = catalog.connection.prepare(query).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let read = |row: &rusqlite::Row<'_>| {
        names.iter().enumerate().map(|(at, name)| Ok((name.clone(), row.get(at)?))).collect()
    };
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

fn texts(catalog: &Catalog, query: &str) -> Vec<String> {
    let mut statement = catalog.connection.prepare(query).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Guarantees: each of DuckLake's tables is there and can be read, in a new catalog and in one that
/// has something.
#[test]
fn every_view_can_be_read() {
    let mut catalog = catalog();
    for number in 1..3 {
        for (name, _) in views() {
            rows(&catalog, &format!("SELECT * FROM {name}"));
        }
        commit(&mut catalog, Commit { added: vec![segment(number, 1, &[3])], ..Commit::default() });
    }
    assert_eq!(views().iter().filter(|(name, _)| name.starts_with("ducklake_")).count(), 28);
}

/// Guarantees: views of another program are replaced, and right ones are left as they are.
#[test]
fn other_views_are_replaced() {
    let catalog = catalog();
    let other = "DROP VIEW ducklake_snapshot;
                 CREATE VIEW ducklake_snapshot AS SELECT 5 AS snapshot_id;
                 CREATE VIEW lake_of_old AS SELECT 1 AS one;";
    catalog.connection.execute_batch(other).unwrap();
    let changes = |catalog: &Catalog| -> i64 {
        catalog.connection.query_row("PRAGMA schema_version", [], |row| row.get(0)).unwrap()
    };
    let catalog = Catalog::of(catalog.connection).unwrap();
    assert_eq!(rows(&catalog, "SELECT * FROM ducklake_snapshot")[0].len(), 5);
    assert!(rows(&catalog, "SELECT 1 FROM sqlite_master WHERE name = 'lake_of_old'").is_empty());
    let before = changes(&catalog);
    let catalog = Catalog::of(catalog.connection).unwrap();
    assert_eq!(changes(&catalog), before);
}

/// Guarantees: a segment is a file from the version that brought it to the one that replaced it,
/// with bounds of time that hold at the microsecond, and of datasets.
#[test]
fn segments_are_files() {
    let mut catalog = catalog();
    let born =
        commit(&mut catalog, Commit { added: vec![segment(4, 1, &[7, 9])], ..Commit::default() });
    let removed = vec![SegmentNumber(4)];
    let dead = commit(&mut catalog, Commit { removed, ..Commit::default() });
    let file = &rows(&catalog, "SELECT * FROM ducklake_data_file")[0];
    for (column, value) in [
        ("data_file_id", 4),
        ("table_id", 17),
        ("begin_snapshot", born as i64),
        ("end_snapshot", dead as i64),
        ("record_count", 20),
        ("row_id_start", 4 << 32),
    ] {
        assert_eq!(file[column], Value::Integer(value), "{column}");
    }
    assert_eq!(file["path"], Value::Text("segments/4.parquet".to_owned()));
    let bounds = texts(
        &catalog,
        "SELECT column_id || ' ' || min_value || ' ' || max_value FROM ducklake_file_column_stats
         ORDER BY column_id",
    );
    let time = "1 1970-01-01 00:00:00.000001+00 1970-01-01 00:00:00.000005+00";
    assert_eq!(bounds, [time, "2 7 9"]);
    assert!(rows(&catalog, "SELECT * FROM ducklake_table_stats WHERE table_id > 0").is_empty());
}

/// Guarantees: an attribute is a column from the version that brought it, columns of one name get
/// names that SQL tells apart, and only new columns and tables change the version of the schema.
#[test]
fn attributes_are_columns() {
    let mut catalog = catalog();
    let attributes = vec![
        attribute(1_000, "color", ValueType::Text, "color"),
        attribute(1_001, "color", ValueType::Int, "color#int"),
        attribute(1_002, "COLOR", ValueType::Float, "COLOR"),
        attribute(1_003, "", ValueType::Bool, ""),
        attribute(1_004, "Name", ValueType::Text, "Name"),
    ];
    let first = commit(&mut catalog, Commit { attributes, ..Commit::default() });
    let added = vec![segment(1, 1, &[3])];
    let second = commit(&mut catalog, Commit { added, ..Commit::default() });
    let added = vec![segment(2, 5, &[4])];
    let third = commit(&mut catalog, Commit { added, ..Commit::default() });
    let columns = texts(
        &catalog,
        "SELECT column_name || ' ' || column_type || ' ' || begin_snapshot FROM ducklake_column
         WHERE table_id = 17 AND column_id >= 1000 ORDER BY column_id",
    );
    let since = |text: &str| format!("{text} {first}");
    let wanted = ["color varchar", "color#int int64", "COLOR#1002 float64", "#1003 boolean"];
    assert_eq!(columns[..4], wanted.map(since));
    assert_eq!(columns[4], since("Name#1004 varchar"));
    let schemas = texts(
        &catalog,
        "SELECT snapshot_id || ' ' || schema_version FROM ducklake_snapshot ORDER BY snapshot_id",
    );
    let wanted = [(0, 0), (first, first), (second, first), (third, third)];
    assert_eq!(schemas, wanted.map(|(id, schema)| format!("{id} {schema}")));
}

/// Guarantees: the columns of every table have the ids and types that files are written with, and
/// each that files can have is there.
#[test]
fn base_columns_are_those_of_files() {
    let catalog = catalog();
    for signal in Signal::ALL {
        let columns = texts(
            &catalog,
            &format!(
                "SELECT column_id || ' ' || column_name || ' ' || column_type FROM ducklake_column
                 WHERE table_id = 16 + {} ORDER BY column_id",
                signal.code()
            ),
        );
        let sparse = Base::ALL.iter().filter(|base| base.is_sparse()).count();
        assert_eq!(columns.len(), dense_columns(signal).len() + sparse + 1, "{signal}");
        for base in dense_columns(signal) {
            let kind = type_of(Physical::of_base(*base));
            assert!(columns.contains(&format!("{} {} {kind}", base.code(), base.name())));
        }
        assert_eq!(columns.last().unwrap(), "255 _rest varchar");
    }
}

/// Guarantees: environments show under their names, the default one as `main`, and a new name is a
/// new version of the schema.
#[test]
fn environments_are_schemas() {
    let mut catalog = catalog();
    let now = Timestamp::from_nanos(0);
    let names = |names: &[(u32, &str)]| -> Vec<(EnvironmentId, String)> {
        names.iter().map(|(id, name)| (EnvironmentId(*id), (*name).to_owned())).collect()
    };
    commit(&mut catalog, Commit { added: vec![segment(1, 2, &[3])], ..Commit::default() });
    let schemas = "SELECT schema_name FROM ducklake_schema ORDER BY schema_id";
    assert_eq!(texts(&catalog, schemas), ["main", "environment 2"]);
    let told = names(&[(1, "default"), (2, "Main"), (3, "staging")]);
    catalog.name_environments(&told, now).unwrap();
    assert_eq!(texts(&catalog, schemas), ["main", "Main#2", "staging"]);
    let versions = "SELECT schema_version FROM ducklake_snapshot";
    let before = rows(&catalog, versions);
    assert_eq!(before.last().unwrap()["schema_version"], Value::Integer(2));
    catalog.name_environments(&told, now).unwrap();
    assert_eq!(rows(&catalog, versions), before);
}

/// Guarantees: the place of the data folder is told once it is known, and ends in a slash.
#[test]
fn folder_is_told() {
    let mut catalog = catalog();
    let place = "SELECT value FROM ducklake_metadata WHERE key = 'data_path'";
    assert!(texts(&catalog, place).is_empty());
    catalog.tell_folder(Path::new("/var/lib/here")).unwrap();
    catalog.tell_folder(Path::new("/var/lib/there/")).unwrap();
    assert_eq!(texts(&catalog, place), ["/var/lib/there/"]);
}

/// Guarantees: names that were forgotten leave SQLite's own log at once, or as soon as another
/// process no longer reads, for which nobody waits.
#[test]
fn readers_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let mut catalog = Catalog::open(&path).unwrap();
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM ducklake_snapshot;").unwrap();
    let journal = || std::fs::metadata(folder.path().join("catalog.db-wal")).unwrap().len();
    let clock = SystemClock::new();
    let mut table = DatasetTable::default();
    catalog.forget_datasets(&mut table, &[DatasetId(1)]).unwrap();
    assert!(clock.elapsed() < BUSY_TIMEOUT / 2);
    assert!(journal() > 0);
    reader.execute_batch("COMMIT").unwrap();
    catalog.empty_owed_journal().unwrap();
    assert_eq!(journal(), 0);
}
