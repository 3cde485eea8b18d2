use super::*;
use crate::catalog::Catalog;

/// The tables of version 1, as far as they differ from today's.
const TABLES_OF_1: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('format', '1');
CREATE TABLE version (id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, what TEXT NOT NULL);
INSERT INTO version VALUES (7, 1795273373266290123, 'flush');
CREATE TABLE mark (node INTEGER PRIMARY KEY, lsn INTEGER NOT NULL);
CREATE TABLE attribute (
  id INTEGER PRIMARY KEY, environment INTEGER NOT NULL, signal INTEGER NOT NULL,
  name TEXT NOT NULL, value_type INTEGER NOT NULL, column_name TEXT NOT NULL,
  UNIQUE (environment, signal, name, value_type));
INSERT INTO attribute VALUES (1000, 1, 1, 'color', 0, 'color');
";

/// Statements of today's tables that version 1 had word for word.
fn unchanged() -> String {
    let statements = TABLES.split_inclusive(";\n");
    let kept = statements.filter(|statement| {
        ["TABLE dataset ", "INDEX dataset_by_key ", "TABLE segment ", "TABLE segment_dataset "]
            .iter()
            .any(|name| statement.contains(name))
    });
    kept.collect()
}

fn catalog_of_1() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(TABLES_OF_1).unwrap();
    connection.execute_batch(&unchanged()).unwrap();
    connection
}

/// Guarantees: a catalog of the first version is brought up to date with all that it had, and
/// opening it again changes nothing.
#[test]
fn first_version_is_brought_up_to_date() {
    let catalog = Catalog::of(catalog_of_1()).unwrap();
    let loaded = catalog.load().unwrap();
    assert_eq!(loaded.version, 7);
    assert_eq!(
        loaded.attributes.by_id(crate::segment::FieldId(1_000)).unwrap().name,
        "color".into()
    );
    let Catalog { mut connection, .. } = catalog;
    prepare(&mut connection).unwrap();
    let row: (String, u32, String) = connection
        .query_row(
            "SELECT time_text, schema_version, (SELECT value FROM meta WHERE name = 'format')
             FROM version",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!(row, ("2026-11-21 15:02:53.266290+00".to_owned(), 0, "3".to_owned()));
}

/// Guarantees: in a catalog of the second version each dataset has the columns of the live segments
/// that it has rows in, whatever their order, and keeps them when it is opened again.
#[test]
fn datasets_of_the_second_version_get_columns() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(TABLES).unwrap();
    connection.execute_batch("INSERT INTO meta VALUES ('format', '2')").unwrap();
    let segments = [(1, vec![1, 1_000], vec![1_001], None), (2, vec![1], vec![1_002], None)];
    for (number, columns, rest, dead) in
        segments.into_iter().chain([(3, vec![1_003], vec![], Some(9))])
    {
        let encode = |fields: Vec<u32>| crate::catalog::codec::encode_ascending(fields.into_iter());
        let values = params![number, encode(columns), encode(rest), dead];
        let insert = "INSERT INTO segment VALUES (?1, 1, 1, 1, 0, 0, 'p', 1, 1, 0, 0, 0, '', '', 0,
            0, 0, 1, 1, x'01', ?2, ?3, 1, ?4)";
        connection.execute(insert, values).unwrap();
    }
    let parts = "INSERT INTO segment_dataset VALUES (1, 7, 1, 0, 0), (2, 7, 1, 0, 0),
        (2, 8, 1, 0, 0), (3, 8, 1, 0, 0)";
    connection.execute(parts, []).unwrap();
    let mut catalog = Catalog::of(connection).unwrap();
    for _ in 0..2 {
        let known = catalog.load().unwrap().fields;
        let of = |dataset| {
            let fields = [1, 1_000, 1_001, 1_002, 1_003].map(crate::segment::FieldId);
            fields.map(|field| known.has(model::DatasetId(dataset), field))
        };
        assert_eq!(of(7), [true, true, true, true, false]);
        assert_eq!(of(8), [true, false, false, true, false]);
        prepare(&mut catalog.connection).unwrap();
    }
}

/// Guarantees: a catalog of a newer version, or of none, is refused in words.
#[test]
fn other_versions_are_refused() {
    for (version, words) in [("4", "use the newer program"), ("0", "its format"), ("x", "format")] {
        let connection = catalog_of_1();
        let set = "UPDATE meta SET value = ?1 WHERE name = 'format'";
        connection.execute(set, [version]).unwrap();
        let Err(error) = Catalog::of(connection) else { panic!("{version} was opened") };
        assert!(error.to_string().contains(words), "{error}");
    }
}
