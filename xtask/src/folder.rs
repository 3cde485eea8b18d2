//! Folders that are gone when the command that made them is done.
//!
//! They lie where the operating system wants temporary files. A folder can be kept after all, for
//! the person who has to find out why something failed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Tells the folders of this process apart.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A folder, removed with all that is in it when this is dropped.
#[derive(Debug)]
pub(crate) struct TemporaryFolder {
    /// None once it is kept.
    path: Option<PathBuf>,
}

impl TemporaryFolder {
    /// Makes a new one.
    pub(crate) fn make() -> Result<Self, String> {
        // A process that was killed leaves its folders, and its number is given out again: the
        // first name that is free is taken.
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name = format!("trackway-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path: Some(path) }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(format!("making {}: {error}", path.display())),
            }
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.path.as_deref().expect("only `keep` takes the path, and with it the folder")
    }

    /// Leaves it on the disk and says where.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.path.take().expect("only this takes the path, and it takes the folder with it")
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // What cannot be removed is left to the operating system, whose folder it is in.
            std::fs::remove_dir_all(path).ok();
        }
    }
}

#[cfg(test)]
mod tests;
