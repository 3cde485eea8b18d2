//! The data folder: made, recognised by its `format` file, and held by one server at a time.
//!
//! The format's number stands in a file of its own, so that a program that is too old stops before
//! it touches anything else.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::{Error, Result};
use registry::Registry;
use store::{CATALOG, Catalog, LOCK, LocalDisk};

/// The format that this program reads and writes.
pub(crate) const VERSION: u32 = 1;
/// The file that holds the format's number.
pub(crate) const FORMAT: &str = "format";
/// Where questions put what does not fit in memory.
const SPILL: &str = "spill";
/// Where copies of databases are while a backup is sent.
const COPIES: &str = "backup";
/// What a file system may have in an empty folder.
const LOST_AND_FOUND: &str = "lost+found";
/// Events tell much about people: a new folder is its owner's alone.
const MODE: u32 = 0o700;
/// How long somebody waits before trying again when the disk is in the way.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A data folder of the format that this program knows.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Held until it is dropped.
    lock: Option<File>,
}

impl Folder {
    /// The folder at `path`, made if there is none. A folder with other files in it is refused.
    pub(crate) fn make(path: &Path) -> Result<Self> {
        make_folder(path).map_err(|error| failed("making the data folder", path, error))?;
        let read = read_format(path)?;
        if read.is_none() {
            check_empty(path)?;
            write_format(path).map_err(|error| failed("preparing the data folder", path, error))?;
        }
        Ok(Self { path: path.to_owned(), lock: None })
    }

    /// The folder at `path`, which must be there.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        if !path.is_dir() {
            return Err(Error::missing(format!("there is no folder {}", path.display())));
        }
        if read_format(path)?.is_none() {
            return Err(Error::invalid(format!(
                "{} is not a data folder: it has no file {FORMAT}",
                path.display()
            )));
        }
        Ok(Self { path: path.to_owned(), lock: None })
    }

    /// Keeps others from using the folder until this is dropped; an error names who has it.
    pub(crate) fn lock(mut self) -> Result<Self> {
        let path = self.path.join(LOCK);
        let doing = "locking the data folder";
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| failed(doing, &self.path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(self.taken(&mut file)),
            Err(TryLockError::Error(error)) => return Err(failed(doing, &self.path, error)),
        }
        // The number is only for whoever finds the folder taken.
        let number = format!("{}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.write_all(number.as_bytes()))
            .map_err(|error| failed(doing, &self.path, error))?;
        self.lock = Some(file);
        Ok(self)
    }

    /// Its registry.
    pub(crate) fn registry(&self) -> Result<Registry> {
        Registry::open(&self.path.join(registry::FILE))
    }

    /// Its place, spelled so that it means the same to every process.
    pub(crate) fn absolute(&self) -> Result<PathBuf> {
        self.path.canonicalize().map_err(|error| failed("finding", &self.path, error))
    }

    /// Its catalog.
    pub(crate) fn catalog(&self) -> Result<Catalog> {
        Catalog::open(&self.path.join(CATALOG))
    }

    /// Whether it has a catalog. A server makes it before it takes the first event.
    pub(crate) fn has_catalog(&self) -> bool {
        self.path.join(CATALOG).exists()
    }

    /// Its files.
    pub(crate) fn disk(&self) -> Result<LocalDisk> {
        LocalDisk::new(&self.path).map_err(|error| failed("opening", &self.path, error))
    }

    /// Bytes of the catalog and of what was not yet moved into it.
    pub(crate) fn catalog_bytes(&self) -> u64 {
        let names = [CATALOG.to_owned(), format!("{CATALOG}-wal")];
        names
            .iter()
            .filter_map(|name| fs::metadata(self.path.join(name)).ok())
            .map(|m| m.len())
            .sum()
    }

    /// An empty folder for questions. What is in it is of a server that was stopped in the middle
    /// of one, so it is asked for with the lock held.
    pub(crate) fn empty_spill(&self) -> Result<PathBuf> {
        let path = self.path.join(SPILL);
        remove_folder(&path)?;
        make_private(&path)?;
        Ok(path)
    }

    /// An empty folder for the copies of a backup.
    pub(crate) fn empty_copies(&self) -> Result<PathBuf> {
        self.remove_copies()?;
        let path = self.path.join(COPIES);
        make_private(&path)?;
        Ok(path)
    }

    /// Removes the copies of a backup that was cut off with its server.
    pub(crate) fn remove_copies(&self) -> Result<()> {
        remove_folder(&self.path.join(COPIES))
    }

    fn taken(&self, file: &mut File) -> Error {
        let mut number = String::new();
        // It helps to know who it is, and does no harm not to.
        drop(file.read_to_string(&mut number));
        let who = match number.trim() {
            "" => "another process".to_owned(),
            number => format!("another process ({number})"),
        };
        Error::invalid(format!(
            "the data folder {} is in use by {who}: stop it, or name another folder with --data",
            self.path.display()
        ))
    }
}

fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("emptying", path, error))
        }
        _ => Ok(()),
    }
}

fn make_private(path: &Path) -> Result<()> {
    DirBuilder::new().mode(MODE).create(path).map_err(|error| failed("making", path, error))
}

/// Makes a folder and those above it, and makes their names last.
fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let missing: Vec<&Path> = path.ancestors().take_while(|above| !above.exists()).collect();
    DirBuilder::new().recursive(true).mode(MODE).create(path)?;
    for folder in missing {
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
        File::open(above.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// The format's number, checked; none where there is no such file.
fn read_format(folder: &Path) -> Result<Option<u32>> {
    let path = folder.join(FORMAT);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("reading", &path, error)),
    };
    let number: u32 = text.trim().parse().map_err(|_| {
        Error::corrupt(format!("{} holds no format's number: {text:?}", path.display()))
    })?;
    check_format(folder, number)?;
    Ok(Some(number))
}

/// Refuses a data folder, or a backup of one, whose format is newer than this program.
pub(crate) fn check_format(folder: &Path, number: u32) -> Result<()> {
    if number <= VERSION {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the data folder {} has format {number}, this program reads up to {VERSION}: use the newer \
         program that wrote it",
        folder.display()
    )))
}

/// Refuses a folder to be filled that has anything in it. One that does not exist is fine.
pub(crate) fn check_vacant(folder: &Path) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| failed("listing", folder, error))?,
    };
    for entry in entries {
        let name = entry.map_err(|error| failed("listing", folder, error))?.file_name();
        if name != LOST_AND_FOUND {
            return Err(Error::invalid(format!(
                "{} is not empty (there is {name:?}): name a new or an empty folder",
                folder.display()
            )));
        }
    }
    Ok(())
}

/// A folder with somebody's files in it was named by mistake.
fn check_empty(folder: &Path) -> Result<()> {
    let listed = fs::read_dir(folder).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let entries = listed.map_err(|error| failed("listing", folder, error))?;
    let is_ours = |name: &str| name == LOST_AND_FOUND || name.starts_with(FORMAT);
    let names = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let Some(other) = names.into_iter().find(|name| !is_ours(name)) else { return Ok(()) };
    Err(Error::invalid(format!(
        "{} is not a data folder (it has no file {FORMAT}) and not empty (there is {other:?}): \
         name a new or an empty folder with --data",
        folder.display()
    )))
}

/// Writes the format's number so that the file is there whole or not at all.
fn write_format(folder: &Path) -> io::Result<()> {
    let unfinished = folder.join(format!("{FORMAT}-{}", std::process::id()));
    let mut file = File::create(&unfinished)?;
    file.write_all(format!("{VERSION}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(FORMAT))?;
    File::open(folder)?.sync_all()
}

fn failed(doing: &str, path: &Path, error: io::Error) -> Error {
    Error::unavailable(RETRY_AFTER, format!("{doing} {}", path.display())).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: a new folder is made with those above it, is its owner's alone, and is known
    /// again.
    #[test]
    fn new_folders_are_made() {
        use std::os::unix::fs::PermissionsExt as _;
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("a/b");
        let folder = Folder::make(&path).unwrap();
        assert_eq!(fs::read_to_string(path.join(FORMAT)).unwrap(), "1\n");
        assert_eq!(fs::metadata(&folder.path).unwrap().permissions().mode() & 0o777, MODE);
        Folder::make(&path).unwrap();
        Folder::open(&path).unwrap();
    }

    /// Guarantees: a folder that holds somebody's files is left as it is, and named.
    #[test]
    fn strange_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(LOST_AND_FOUND)).unwrap();
        assert!(Folder::open(folder.path()).unwrap_err().to_string().contains("not a data folder"));
        fs::write(folder.path().join("letter.txt"), "dear").unwrap();
        let error = Folder::make(folder.path()).unwrap_err().to_string();
        assert!(error.contains("letter.txt"), "{error}");
        assert!(!folder.path().join(FORMAT).exists());
        fs::remove_file(folder.path().join("letter.txt")).unwrap();
        Folder::make(folder.path()).unwrap();
    }

    /// Guarantees: a newer format is refused in words before anything is written.
    #[test]
    fn newer_formats_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FORMAT), "2\n").unwrap();
        let error = Folder::make(folder.path()).unwrap_err().to_string();
        assert!(error.contains("format 2, this program reads up to 1"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::write(folder.path().join(FORMAT), "one").unwrap();
        assert!(Folder::make(folder.path()).is_err());
    }

    /// Guarantees: of two that lock a folder the second is told who has it, until the first
    /// lets go.
    #[test]
    fn one_has_the_folder() {
        let outer = tempfile::tempdir().unwrap();
        let first = Folder::make(outer.path()).unwrap().lock().unwrap();
        let error = Folder::make(outer.path()).unwrap().lock().unwrap_err().to_string();
        assert!(error.contains(&format!("({})", std::process::id())), "{error}");
        drop(first);
        Folder::make(outer.path()).unwrap().lock().unwrap();
    }

    /// Guarantees: what a stopped server's questions left behind is gone at the next start.
    #[test]
    fn spilled_files_go() {
        let outer = tempfile::tempdir().unwrap();
        let folder = Folder::make(outer.path()).unwrap();
        let spill = folder.empty_spill().unwrap();
        fs::write(spill.join("left"), "x").unwrap();
        assert_eq!(fs::read_dir(folder.empty_spill().unwrap()).unwrap().count(), 0);
    }
}
