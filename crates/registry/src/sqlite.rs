//! Connections to the registry's file, and SQLite's errors in our kinds.
//!
//! WAL lets readers go on while another connection or process writes. `synchronous=FULL` puts a
//! commit on disk before it returns. `secure_delete` overwrites what was deleted: documents hold
//! addresses and tokens of other services.

use std::path::Path;
use std::time::Duration;

use model::{Error, Result};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode};

/// How long a statement waits for another process. The command line holds the file for
/// milliseconds; a process that holds it longer than this hangs.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a client waits before it tries again after the registry could not be used.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Every page, in one step and so of one moment.
const ALL_PAGES: i32 = -1;

/// How often a new file is tried to be put into WAL, which several processes that open it at once
/// hinder each other in. Each failure is another's success: this is how many may come at once.
const WAL_ATTEMPTS_MAX: u32 = 100;

/// Opens the file without changing it.
pub(crate) fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)
        .map_err(|error| failed(&format!("opening {}", path.display()), error))?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(|error| failed("preparing the registry", error))?;
    Ok(connection)
}

/// Makes a connection write as described above.
pub(crate) fn write_durably(connection: &Connection) -> Result<()> {
    choose_wal(connection)
        .and_then(|()| {
            connection.execute_batch("PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;")
        })
        .map_err(|error| failed("preparing the registry", error))
}

fn choose_wal(connection: &Connection) -> rusqlite::Result<()> {
    const CHOOSE: &str = "PRAGMA journal_mode=WAL;";
    for _ in 1..WAL_ATTEMPTS_MAX {
        match connection.execute_batch(CHOOSE) {
            // SQLite does not wait here, since waiters could wait for each other. It does wait for
            // a transaction to begin, after which whoever was faster is done.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.execute_batch("BEGIN IMMEDIATE; COMMIT;")?;
            }
            chosen => return chosen,
        }
    }
    connection.execute_batch(CHOOSE)
}

/// Makes a connection refuse to write.
pub(crate) fn only_read(connection: &Connection) -> Result<()> {
    connection
        .execute_batch("PRAGMA query_only=ON;")
        .map_err(|error| failed("preparing the registry", error))
}

/// Copies the file `from`, as it is at one moment, to the new file `to`.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let doing = "copying the registry";
    let from = connect(from)?;
    only_read(&from)?;
    let copy = || {
        let mut to = Connection::open(to)?;
        Backup::new(&from, &mut to)?.step(ALL_PAGES)
    };
    match copy().map_err(|error| failed(doing, error))? {
        StepResult::Done => Ok(()),
        other => {
            let text = format!("{doing} (registry) ended with {other:?}");
            Err(Error::unavailable(RETRY_AFTER, text))
        }
    }
}

/// An error of SQLite by what can be done about it.
pub(crate) fn failed(doing: &str, error: rusqlite::Error) -> Error {
    let context = format!("{doing} (registry)");
    let failure = match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly,
        ) => Error::unavailable(RETRY_AFTER, context),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::corrupt(context),
        _ => Error::bug(context),
    };
    failure.because(error)
}
