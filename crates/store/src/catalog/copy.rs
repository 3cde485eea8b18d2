//! A copy of the catalog as it is at one moment, made while it goes on being written.
//!
//! A connection of its own holds the version in a transaction: SQLite shows it what was there when
//! the transaction began, and nobody who writes waits for it.

use std::path::Path;

use model::{Error, Result};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{BUSY_TIMEOUT, Catalog, RETRY_AFTER, failed};

/// Every page that is left, in one step: nobody waits meanwhile.
const ALL_PAGES: i32 = -1;
/// What is being done, for errors.
const DOING: &str = "copying the catalog";

/// One version of the catalog.
pub(crate) struct PinnedCatalog {
    connection: Connection,
}

impl Catalog {
    /// Holds on to the version that is there now.
    pub(crate) fn pin(&self) -> Result<PinnedCatalog> {
        let path = self.connection.path().filter(|path| !path.is_empty());
        let path = path.ok_or_else(|| Error::bug("the catalog to be copied is no file"))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let pin = || {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.execute_batch("BEGIN")?;
            // The transaction really begins with the first thing that is read.
            connection.query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?;
            Ok(connection)
        };
        let connection = pin().map_err(|error| failed(DOING, error))?;
        Ok(PinnedCatalog { connection })
    }
}

impl PinnedCatalog {
    /// Copies it into a new file.
    pub(crate) fn copy_to(self, path: &Path) -> Result<()> {
        let copy = || {
            let mut to = Connection::open(path)?;
            Backup::new(&self.connection, &mut to)?.step(ALL_PAGES)
        };
        match copy().map_err(|error| failed(DOING, error))? {
            StepResult::Done => Ok(()),
            other => {
                let text = format!("{DOING} (catalog.db) ended with {other:?}");
                Err(Error::unavailable(RETRY_AFTER, text))
            }
        }
    }
}
