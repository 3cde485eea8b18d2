//! What a data folder takes on disk, and that it is a disk.
//!
//! Sizes are read from the files themselves, so that the server's own figures have something to
//! agree with.

use std::fs;
use std::path::Path;
use std::process::Command;

/// File systems that keep files in memory: a sync costs nothing there.
const IN_MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

/// Bytes of a data folder's files by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Parquet files.
    pub(super) segments: u64,
    /// Trace indexes.
    pub(super) indexes: u64,
    /// The catalog with its journal.
    pub(super) catalog: u64,
    /// The log.
    pub(super) log: u64,
    /// Everything else.
    pub(super) other: u64,
}

impl Sizes {
    /// The sizes in `folder`.
    pub(super) fn of(folder: &Path) -> Result<Self, String> {
        let mut sizes = Self::default();
        sizes.add(folder, folder)?;
        Ok(sizes)
    }

    /// What events take for good: everything but the log.
    pub(super) fn kept(self) -> u64 {
        self.segments + self.indexes + self.catalog
    }

    fn add(&mut self, root: &Path, folder: &Path) -> Result<(), String> {
        let failed = |error| format!("reading {}: {error}", folder.display());
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let metadata = entry.metadata().map_err(failed)?;
            if metadata.is_dir() {
                self.add(root, &path)?;
                continue;
            }
            let within = path.strip_prefix(root).unwrap_or(&path);
            *self.entry(within) += metadata.len();
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path) -> &mut u64 {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match path.extension().unwrap_or_default().to_str() {
            Some("parquet") => &mut self.segments,
            Some("tix") => &mut self.indexes,
            _ if name.starts_with("catalog.db") => &mut self.catalog,
            _ if path.starts_with("log") || path.starts_with("wal") => &mut self.log,
            _ => &mut self.other,
        }
    }
}

/// Makes `folder`, and refuses one that is not on a disk.
pub(super) fn prepare(folder: &Path) -> Result<(), String> {
    let shown = folder.display();
    fs::create_dir_all(folder).map_err(|error| format!("making {shown}: {error}"))?;
    let mut stat = Command::new("stat");
    stat.args(["--file-system", "--format", "%T"]).arg(folder);
    let told = stat.output().map_err(|error| format!("asking what {shown} lies on: {error}"))?;
    let kind = String::from_utf8_lossy(&told.stdout).trim().to_owned();
    if IN_MEMORY.contains(&kind.as_str()) {
        return Err(format!(
            "{shown} lies in memory ({kind}): name a folder on a disk with --folder"
        ));
    }
    Ok(())
}

/// Removes `folder` and all in it, if it is there, and waits until the disk has done with it and
/// with all that was written before: the syncs of the next run would wait for that.
pub(super) fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("removing {}: {error}", folder.display()))
        }
        _ => match Command::new("sync").status() {
            Ok(status) if status.success() => Ok(()),
            told => Err(format!("syncing the disk: {told:?}")),
        },
    }
}
