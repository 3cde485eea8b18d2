//! A file of the log that is to be made, which takes as long as writing all of it.
//!
//! The log says what is wanted, and whoever has the time makes it: the writer when it must have the
//! file, another thread ahead of that while requests go on.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::FOLDER;
use super::slot::Slot;
use crate::disk::Disk;

/// A file of the log to be made.
pub(crate) struct SlotOrder {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) capacity: u64,
    pub(super) sequence: u64,
    pub(super) key: u64,
    /// When it was ordered, by the time since the start.
    pub(super) ordered: Duration,
}

/// A file of the log that was ordered, or why it could not be made.
pub(crate) struct SlotMade {
    pub(super) slot: io::Result<Slot>,
    pub(super) ordered: Duration,
}

impl SlotOrder {
    /// Makes the file, which takes as long as writing all of it.
    pub(super) fn make(&self) -> io::Result<Slot> {
        self.disk.make_folder(Path::new(FOLDER))?;
        let path = PathBuf::from(FOLDER).join(format!("{:08}.log", self.sequence));
        let made = Slot::make(&*self.disk, &path, self.capacity, self.sequence, self.key);
        if made.is_err() {
            // Half a file would only take up room; if it stays, replay knows it for what it is.
            drop(self.disk.remove(&path));
        }
        made
    }

    /// Makes the file, for the log to take.
    pub(crate) fn fill(self) -> SlotMade {
        SlotMade { slot: self.make(), ordered: self.ordered }
    }
}

/// Whether there is no room on the disk.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
