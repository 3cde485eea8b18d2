//! What the store takes from outside: where to keep files, the time, chance, decoders, and who
//! watches it work.

use std::sync::Arc;

use model::{Batch, Clock, Random, Result};

use crate::disk::Disk;
use crate::record::Record;

/// Everything the store stands on.
#[derive(Clone)]
pub struct Seams {
    /// Where files are kept.
    pub disk: Arc<dyn Disk>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance: names of files, keys of log files.
    pub random: Arc<dyn Random>,
    /// Told of each stage that the store reaches.
    pub observer: Arc<dyn Observer>,
}

/// Decodes what the log keeps. The same record always gives the same events.
pub trait Decoder: Send + Sync {
    /// The events of a request, one batch a signal. An unknown door or version is an error.
    fn decode(&self, record: &Record) -> Result<Vec<Batch>>;
}

/// A moment in the store's work at which a crash is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A group is durable and not yet visible or acknowledged.
    Append,
    /// A generation is about to be written as segments.
    Flush,
    /// Its segments are written and not yet in the catalog.
    Commit,
    /// They are in the catalog, and log files are about to be let go.
    Recycle,
    /// A merged segment is written and not yet in the catalog.
    Compact,
    /// It is in the catalog, and replaced files are about to be removed.
    Remove,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 6] =
        [Self::Append, Self::Flush, Self::Commit, Self::Recycle, Self::Compact, Self::Remove];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Flush => "flush",
            Self::Commit => "commit",
            Self::Recycle => "recycle",
            Self::Compact => "compact",
            Self::Remove => "remove",
        }
    }
}

/// Is told what the store does. Production logs it; tests hold it still and kill it.
pub trait Observer: Send + Sync {
    /// The store has reached a stage; it goes on when this returns.
    fn reached(&self, stage: Stage);

    /// Requests have become visible. Called by the thread that writes the log, so it must be quick.
    fn published(&self) {}

    /// Something failed that the store itself tries again.
    fn trouble(&self, doing: &str, error: &model::Error);
}
