//! Files written into a folder that was empty: synced in the end, or taken back.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use crc32fast::Hasher;

use super::PIECE_BYTES;
use crate::folder::check_vacant;
use crate::stop::Stop;

/// Folders and files are their owner's alone: events tell much about people.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A folder that is being filled. Unless it is finished, what was put there goes again.
pub(super) struct Written {
    folder: PathBuf,
    made_folder: bool,
    files: Vec<PathBuf>,
    folders: BTreeSet<PathBuf>,
    is_finished: bool,
}

/// What was written of a file.
pub(super) struct Sum {
    pub(super) bytes: u64,
    pub(super) crc32: u32,
}

impl Written {
    /// Begins in a folder that is empty or does not exist; its outer folder must.
    pub(super) fn begin(folder: &Path) -> Result<Self, Stop> {
        let made_folder = !folder.exists();
        if made_folder {
            DirBuilder::new()
                .mode(FOLDER_MODE)
                .create(folder)
                .map_err(|error| failed("making", folder, &error))?;
        }
        let written = Self {
            folder: folder.to_owned(),
            made_folder,
            files: Vec::new(),
            folders: BTreeSet::new(),
            is_finished: false,
        };
        match check_vacant(folder) {
            Ok(()) => Ok(written),
            Err(error) => {
                // Nothing of it is ours.
                written.leave();
                Err(Stop::cannot(error))
            }
        }
    }

    /// Writes a file, synced. Its path must stay in the folder.
    pub(super) fn write(&mut self, path: &Path, mut from: impl Read) -> Result<Sum, Stop> {
        let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        if !is_plain || path.as_os_str().is_empty() {
            return Err(Stop::wrong(format!("{path:?} is no path of a file in a backup")));
        }
        let whole = self.folder.join(path);
        self.make_folders(path).map_err(|error| failed("making folders for", &whole, &error))?;
        let writing = |error| failed("writing", &whole, &error);
        let mut options = OpenOptions::new();
        let options = options.write(true).create_new(true).mode(FILE_MODE);
        let mut file = options.open(&whole).map_err(writing)?;
        self.files.push(whole.clone());
        let mut hasher = Hasher::new();
        let mut bytes = 0;
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = from
                .read(&mut piece)
                .map_err(|error| Stop::cannot(format!("reading {}: {error}", path.display())))?;
            if read == 0 {
                break;
            }
            hasher.update(&piece[..read]);
            file.write_all(&piece[..read]).map_err(writing)?;
            bytes += read as u64;
        }
        file.sync_all().map_err(writing)?;
        Ok(Sum { bytes, crc32: hasher.finalize() })
    }

    fn make_folders(&mut self, path: &Path) -> std::io::Result<()> {
        let above: Vec<&Path> = path.ancestors().skip(1).collect();
        for folder in above.into_iter().rev().filter(|folder| !folder.as_os_str().is_empty()) {
            let whole = self.folder.join(folder);
            if !self.folders.contains(&whole) {
                DirBuilder::new().mode(FOLDER_MODE).create(&whole)?;
                self.folders.insert(whole);
            }
        }
        Ok(())
    }

    /// Makes all names last.
    pub(super) fn sync(&self) -> Result<(), Stop> {
        let outer = self.folder.parent().filter(|outer| !outer.as_os_str().is_empty());
        let outer = outer.unwrap_or(Path::new("."));
        let inner = self.folders.iter().map(PathBuf::as_path);
        for folder in inner.chain([self.folder.as_path(), outer]) {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|error| failed("syncing", folder, &error))?;
        }
        Ok(())
    }

    /// Everything is there, and stays.
    pub(super) fn finish(mut self) {
        self.is_finished = true;
    }

    /// Nothing was put there, and what was there stays.
    fn leave(mut self) {
        self.is_finished = !self.made_folder;
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        // What cannot be removed is no backup and no data folder either: the file that would say
        // so is written last.
        for file in &self.files {
            drop(fs::remove_file(file));
        }
        for folder in self.folders.iter().rev() {
            drop(fs::remove_dir(folder));
        }
        if self.made_folder {
            drop(fs::remove_dir(&self.folder));
        }
    }
}

/// Something that went wrong with a file of ours.
pub(super) fn failed(doing: &str, path: &Path, error: &std::io::Error) -> Stop {
    Stop::cannot(format!("{doing} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T>(result: Result<T, Stop>) -> String {
        format!("{:?}", result.err().expect("it is refused"))
    }

    /// Guarantees: files land with their folders, are their owner's alone, and stay once finished.
    #[test]
    fn files_are_written() {
        use std::os::unix::fs::PermissionsExt as _;
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("new");
        let mut written = Written::begin(&folder).unwrap();
        let sum = written.write(Path::new("a/b/c"), &b"123456789"[..]).unwrap();
        assert_eq!((sum.bytes, sum.crc32), (9, 0xcbf4_3926));
        written.write(Path::new("a/d"), &b""[..]).unwrap();
        written.sync().unwrap();
        written.finish();
        assert_eq!(fs::read(folder.join("a/b/c")).unwrap(), b"123456789");
        let mode = fs::metadata(folder.join("a/b/c")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, FILE_MODE);
    }

    /// Guarantees: what is not finished leaves nothing behind, and what others put there stays.
    #[test]
    fn halves_are_taken_back() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("new");
        let mut written = Written::begin(&folder).unwrap();
        written.write(Path::new("a/b/c"), &b"123"[..]).unwrap();
        drop(written);
        assert!(!folder.exists());
        let mut written = Written::begin(outer.path()).unwrap();
        written.write(Path::new("a/b"), &b"123"[..]).unwrap();
        fs::write(outer.path().join("a/mine"), "x").unwrap();
        drop(written);
        assert!(!outer.path().join("a/b").exists() && outer.path().join("a/mine").exists());
    }

    /// Guarantees: a folder with anything in it is refused and left as it is.
    #[test]
    fn full_folders_are_refused() {
        let outer = tempfile::tempdir().unwrap();
        fs::write(outer.path().join("mine"), "x").unwrap();
        let said = refusal(Written::begin(outer.path()));
        assert!(said.contains("mine") && said.contains("empty"), "{said}");
        assert_eq!(fs::read(outer.path().join("mine")).unwrap(), b"x");
    }

    /// Guarantees: no path leads out of the folder, and none is written twice.
    #[test]
    fn paths_stay_inside() {
        let outer = tempfile::tempdir().unwrap();
        let mut written = Written::begin(&outer.path().join("new")).unwrap();
        for path in ["../out", "/tmp/out", "a/../../out", "", ".", "a/./../b"] {
            let said = refusal(written.write(Path::new(path), &b"x"[..]));
            assert!(said.contains("no path"), "{path}: {said}");
        }
        written.write(Path::new("a"), &b"x"[..]).unwrap();
        assert!(refusal(written.write(Path::new("a"), &b"y"[..])).contains("exists"));
    }
}
