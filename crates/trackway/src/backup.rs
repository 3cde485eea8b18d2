//! Backups: a server's folder as a stream, the folder that a client makes of it, and the way back.
//!
//! A backup is a folder with the files of a data folder, without its log, and [`LIST`], which lists
//! them all with their checksums. The list is written last: a folder that has none is no backup,
//! whatever stopped it from being one.

mod archive;
mod list;
mod restore;
mod unpack;
mod written;

pub(crate) use archive::{Archive, Copies};
pub(crate) use list::{Head, Listed};
pub(crate) use restore::restore;
pub(crate) use unpack::unpack;

/// The file that lists all others, and says that they are all there.
const LIST: &str = "backup.jsonl";
/// What stands in the stream in place of the list where the server could not go on.
const FAILED: &str = "failed.txt";
/// Bytes that are read and written at once.
const PIECE_BYTES: usize = 256 << 10;
