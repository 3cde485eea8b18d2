//! The catalog: which segments there are, the names and ids in them, and how far the log is
//! flushed.
//!
//! Rows of our own in SQLite, committed with `synchronous=FULL`. A commit that adds segments also
//! adds their attributes and moves the mark, in one transaction: after a crash either all of it
//! happened or nothing. What changes is written here first and then put into the state in memory,
//! of which queries hold snapshots.

mod attributes;
mod codec;
mod commit;
mod copy;
mod datasets;
mod ducklake;
mod environments;
mod fields;
mod load;
mod schema;

use std::path::Path;
use std::time::Duration;

use model::{Error, Result};
use rusqlite::{Connection, ErrorCode};

pub(crate) use attributes::NewAttribute;
pub use attributes::{Attribute, AttributeTable};
pub(crate) use commit::Commit;
pub(crate) use datasets::NewDataset;
pub use datasets::{DatasetTable, Hidden};
pub use fields::DatasetFields;

use crate::record::Lsn;
use crate::segment::{SegmentMeta, SegmentNumber};
use crate::settings::Planted;

/// How long a statement waits for another process that reads the catalog.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// SQLite's own log is cut back to this once it has been taken over into the catalog. It grows
/// beyond it only while another process reads the catalog for long.
const JOURNAL_BYTES: u32 = 16 << 20;
/// How long a client waits before it tries again after the catalog could not be written.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The connection that writes the catalog.
pub struct Catalog {
    connection: Connection,
    /// Whether deleted names may still stand in SQLite's own log, because another process was
    /// reading when it was to be emptied.
    journal_owed: bool,
    planted: Option<Planted>,
}

/// Everything in a catalog at the start.
pub(crate) struct Loaded {
    /// The number of the last commit.
    pub version: u64,
    /// Requests up to here are in segments.
    pub mark: Lsn,
    /// Names and ids of datasets, deleted ones included.
    pub datasets: DatasetTable,
    /// Names and ids of attributes.
    pub attributes: AttributeTable,
    /// The columns of each dataset.
    pub fields: DatasetFields,
    /// Live segments.
    pub segments: Vec<SegmentMeta>,
    /// Segments that were replaced and whose files may still be there.
    pub dead: Vec<SegmentMeta>,
    /// The number that the next segment gets.
    pub next_segment: SegmentNumber,
}

impl Catalog {
    /// Opens or makes the catalog at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)
            .map_err(|error| failed(&format!("opening {}", path.display()), error))?;
        Self::of(connection)
    }

    /// The catalog behind a connection.
    pub fn of(connection: Connection) -> Result<Self> {
        connection
            .busy_timeout(BUSY_TIMEOUT)
            .and_then(|()| {
                // `secure_delete`: what was deleted leaves no trace in free pages.
                connection.execute_batch(&format!(
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;
                     PRAGMA journal_size_limit={JOURNAL_BYTES};"
                ))
            })
            .map_err(|error| failed("preparing the catalog", error))?;
        let mut catalog = Self { connection, journal_owed: false, planted: None };
        schema::prepare(&mut catalog.connection)?;
        Ok(catalog)
    }

    /// Reads everything.
    pub(crate) fn load(&self) -> Result<Loaded> {
        load::load(&self.connection).map_err(|error| error.while_doing("reading the catalog"))
    }

    /// Tells other readers of the catalog where the files lie that it names: in this folder.
    pub fn tell_folder(&mut self, folder: &Path) -> Result<()> {
        ducklake::tell_folder(&self.connection, folder)
            .map_err(|error| failed("writing the data folder's place", error))
    }

    /// Plants a bug in its commits.
    pub(crate) fn plant(&mut self, planted: Option<Planted>) {
        self.planted = planted;
    }

    /// Whether the catalog agrees with itself, in SQLite's own words.
    pub(crate) fn check(&self) -> Result<Vec<String>> {
        let mut statement = self
            .connection
            .prepare("PRAGMA integrity_check")
            .map_err(|error| failed("checking the catalog", error))?;
        let rows = statement
            .query_map([], |row| row.get::<_, String>(0))
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(|error| failed("checking the catalog", error))?;
        Ok(rows.into_iter().filter(|row| row != "ok").collect())
    }
}

/// An error of SQLite by what can be done about it.
pub(crate) fn failed(doing: &str, error: rusqlite::Error) -> Error {
    let again = matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseBusy
                | ErrorCode::CannotOpen
        )
    );
    let damaged = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    );
    let context = format!("{doing} (catalog.db)");
    match (again, damaged) {
        (true, _) => Error::unavailable(RETRY_AFTER, context),
        (_, true) => Error::corrupt(context),
        _ => Error::bug(context),
    }
    .because(error)
}
