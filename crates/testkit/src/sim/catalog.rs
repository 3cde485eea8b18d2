//! A real SQLite database in memory: commits survive the power, open transactions vanish.

use std::sync::atomic::{AtomicU64, Ordering};

use model::Result;
use rusqlite::{Connection, OpenFlags};
use store::Catalog;

use super::disk::SimDisk;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A catalog that outlives its connections.
pub(super) struct SimCatalog {
    address: String,
    /// Keeps the database alive.
    _anchor: Connection,
}

impl SimCatalog {
    pub(super) fn new() -> rusqlite::Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let address = format!("file:simulated-{number}?mode=memory&cache=shared");
        let anchor = connect(&address)?;
        Ok(Self { address, _anchor: anchor })
    }

    /// Connects to it. A commit counts as an operation of the disk: if the power goes with it, or a
    /// fault is due, the transaction is rolled back.
    pub(super) fn open(&self, disk: &SimDisk) -> Result<Catalog> {
        let failed = |error| model::Error::bug("opening a simulated catalog").because(error);
        let mut connection = connect(&self.address).map_err(failed)?;
        let disk = disk.clone();
        let hook = move || !disk.step() || disk.commit_fails();
        connection.commit_hook(Some(hook)).map_err(failed)?;
        Catalog::of(connection)
    }
}

fn connect(address: &str) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(
        address,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
}
