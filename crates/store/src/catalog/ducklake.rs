//! The catalog as DuckLake 1.0: SQL views under the names of DuckLake's own tables, so that DuckDB
//! reads what is in segments while the server runs, and nothing has to be exported.
//!
//! A schema is an environment (`main` is the default one), its tables are the signals, and
//! `main.datasets` has the names behind the ids of datasets. Ids of columns are the field ids in
//! the files, snapshots are the catalog's versions, and a segment is a data file from the version
//! it was born in to the one that replaced it. Rows that an answer of ours leaves out because they
//! are deleted or expired are seen here until their segment is rewritten.
//!
//! Views hold nothing, so they are no part of the format: a program whose views differ makes them
//! anew when it opens the catalog. DuckDB reads their text, binds it in its own dialect and hands
//! SQLite what it does not do itself. So they use what both understand: aliases in quotes, no
//! function that only one has, and a type for every column that has no value.

mod views;

use std::path::Path;

use model::{Base, Signal, ValueType};
use rusqlite::{Connection, Transaction, params};

use self::views::{EMPTY, VIEWS};
use crate::flush::dense_columns;
use crate::segment::{Physical, SegmentColumn};

/// The name of the default environment where no other has been told.
pub(super) const DEFAULT_ENVIRONMENT: &str = "default";

/// The columns of the table of datasets, after those that DuckLake wants of inlined rows.
const DATASET_COLUMNS: [(&str, &str); 4] =
    [("environment", "varchar"), ("id", "int32"), ("name", "varchar"), ("retention_s", "int64")];

/// Makes the views, unless the catalog has exactly these.
pub(super) fn prepare(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let wanted = views();
    let mut present = transaction.prepare(
        "SELECT name, sql FROM sqlite_master WHERE type = 'view'
           AND (name LIKE 'ducklake!_%' ESCAPE '!' OR name LIKE 'lake!_%' ESCAPE '!')",
    )?;
    let present = present
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    let is_there = |(name, sql): &(String, String)| {
        present.iter().any(|(other, text)| other == name && text == sql)
    };
    if present.len() == wanted.len() && wanted.iter().all(is_there) {
        return Ok(());
    }
    for (name, _) in present {
        transaction.execute_batch(&format!("DROP VIEW \"{name}\""))?;
    }
    wanted.iter().try_for_each(|(_, sql)| transaction.execute_batch(sql))
}

/// Writes down where the data folder is, unless that is known: paths of segments are relative to
/// it. A path that is not UTF-8 cannot be said, and has to be given by who attaches.
pub(super) fn tell_folder(connection: &Connection, folder: &Path) -> rusqlite::Result<()> {
    let Some(folder) = folder.to_str() else {
        return connection.execute("DELETE FROM meta WHERE name = 'data_path'", []).map(drop);
    };
    connection
        .execute(
            "INSERT INTO meta (name, value) VALUES ('data_path', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value
             WHERE value <> excluded.value",
            params![format!("{}/", folder.trim_end_matches('/'))],
        )
        .map(drop)
}

/// All views by name, in an order in which each finds those that it uses.
fn views() -> Vec<(String, String)> {
    let generated = [
        ("lake_signal", signals()),
        ("lake_base", bases()),
        ("lake_value", values()),
        ("lake_dataset_column", dataset_columns()),
    ];
    let empty = EMPTY.into_iter().map(|(name, columns)| (name, nothing(columns)));
    let written = VIEWS.into_iter().map(|(name, query)| (name, query.to_owned()));
    let named = |(name, query): (&str, String)| {
        (name.to_owned(), format!("CREATE VIEW \"{name}\" AS {query}"))
    };
    generated.into_iter().chain(empty).chain(written).map(named).collect()
}

fn signals() -> String {
    union(Signal::ALL.iter().map(|signal| {
        format!("SELECT {} AS \"code\", '{}' AS \"name\"", signal.code(), signal.name())
    }))
}

/// The base columns of each signal, and the overflow column.
fn bases() -> String {
    let sparse = || Base::ALL.into_iter().filter(|base| base.is_sparse());
    let columns = Signal::ALL.into_iter().flat_map(|signal| {
        let dense = dense_columns(signal).iter().copied();
        let bases = dense.chain(sparse()).map(SegmentColumn::of_base);
        bases.chain([SegmentColumn::rest()]).map(move |column| (signal, column))
    });
    union(columns.map(|(signal, column)| {
        format!(
            "SELECT {} AS \"signal\", {} AS \"id\", '{}' AS \"name\", '{}' AS \"type\"",
            signal.code(),
            column.field.0,
            column.name,
            type_of(column.physical)
        )
    }))
}

/// The types of attributes.
fn values() -> String {
    union(ValueType::ALL.into_iter().map(|kind| {
        let physical = Physical::of_value(kind);
        format!("SELECT {} AS \"code\", '{}' AS \"type\"", kind.code(), type_of(physical))
    }))
}

fn dataset_columns() -> String {
    union(DATASET_COLUMNS.iter().zip(1..).map(|((name, kind), id)| {
        format!("SELECT {id} AS \"id\", '{name}' AS \"name\", '{kind}' AS \"type\"")
    }))
}

/// A query without rows.
fn nothing(columns: &str) -> String {
    let columns = columns.split_whitespace().map(|name| match name.strip_suffix(':') {
        Some(name) => format!("CAST(NULL AS BIGINT) AS \"{name}\""),
        None => format!("CAST(NULL AS TEXT) AS \"{name}\""),
    });
    format!("SELECT {} WHERE 1 = 0", columns.collect::<Vec<_>>().join(", "))
}

fn union(queries: impl Iterator<Item = String>) -> String {
    queries.collect::<Vec<_>>().join(" UNION ALL ")
}

/// What DuckLake calls the type of a column. DuckDB's times with a zone have microseconds, so those
/// of ours are cut; a column of UUIDs in one file is text in the next, and text in both.
const fn type_of(physical: Physical) -> &'static str {
    match physical {
        Physical::Timestamp => "timestamptz",
        Physical::Int32 => "int32",
        Physical::Int64 => "int64",
        Physical::Double => "float64",
        Physical::Boolean => "boolean",
        Physical::Text | Physical::Uuid => "varchar",
        Physical::TraceId | Physical::SpanId => "blob",
    }
}

#[cfg(test)]
mod tests;
