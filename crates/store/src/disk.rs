//! The seam to the file system: everything the store keeps outside SQLite goes through [`Disk`].
//!
//! Production uses [`LocalDisk`]; the simulator's disk forgets what was not synced. Paths are
//! relative to the data folder. Nothing is assumed of an unsynced write, and nothing of a name that
//! was made or changed before its folder was synced.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A folder that files are kept in.
pub trait Disk: Send + Sync {
    /// Makes an empty file; its name lasts once its folder is synced. Fails if it exists.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens a file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Gives a file another name, replacing what had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Every file below `folder`, with its folders, in order; none if it does not exist.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;

    /// Makes a folder and those above it, and makes their names last.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;

    /// Makes the names in a folder last.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// An open file.
pub trait DiskFile: Send + Sync {
    /// Fills `buffer` from `offset`; fails if the file ends before.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`, growing the file if needed.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes what was written last, as far as reading it back goes.
    fn sync(&self) -> io::Result<()>;

    /// The length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file is empty.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

/// Folders remembered as lasting; a year of hours is 8,760 a signal.
const FOLDERS_KNOWN_MAX: usize = 100_000;

/// A folder of the local file system.
#[derive(Debug)]
pub struct LocalDisk {
    root: PathBuf,
    /// Folders whose names were made to last since the start. That one is there does not say so:
    /// whoever made it may have been killed before its name was synced.
    lasting: Mutex<BTreeSet<PathBuf>>,
}

impl LocalDisk {
    /// The folder `root`, which is made, with those above it, if it does not exist.
    pub fn new(root: &Path) -> io::Result<Self> {
        let is_missing = |above: &&Path| !above.as_os_str().is_empty() && !above.is_dir();
        let missing = root.ancestors().take_while(is_missing).count();
        fs::create_dir_all(root)?;
        let root = root.canonicalize()?;
        // The name of a folder that was made stands in the one above it.
        for above in root.ancestors().take(missing + 1) {
            File::open(above)?.sync_all()?;
        }
        Ok(Self { root, lasting: Mutex::new(BTreeSet::new()) })
    }
}

impl Disk for LocalDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(self.root.join(path))?;
        Ok(Arc::new(LocalFile(file)))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(self.root.join(path))?;
        Ok(Arc::new(LocalFile(file)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(self.root.join(from), self.root.join(to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(self.root.join(path))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(self.root.join(&folder)) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                if entry.file_type()?.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        let folder = self.root.join(folder);
        let mut lasting = self.lasting.lock().unwrap_or_else(PoisonError::into_inner);
        if lasting.contains(&folder) && folder.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(&folder)?;
        for above in folder.ancestors().take_while(|above| above.starts_with(&self.root)) {
            File::open(above)?.sync_all()?;
        }
        if lasting.len() >= FOLDERS_KNOWN_MAX {
            lasting.clear();
        }
        lasting.insert(folder);
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(self.root.join(folder))?.sync_all()
    }
}

#[derive(Debug)]
struct LocalFile(File);

impl DiskFile for LocalFile {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}
