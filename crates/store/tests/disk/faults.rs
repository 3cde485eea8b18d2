//! A real folder whose disk is full, or whose writes and removals fail, when a test says so.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use store::{Disk, DiskFile, LocalDisk};

/// Room without end.
const PLENTY: u64 = u64::MAX;

/// What goes wrong at present, and what was asked for.
struct Faults {
    /// Bytes by which files may still grow.
    room: AtomicU64,
    /// Removals fail.
    no_removal: AtomicBool,
    /// Syncs of files fail.
    no_sync: AtomicBool,
    /// Bytes written so far.
    written: AtomicU64,
    /// Folders that were synced.
    synced: Mutex<Vec<PathBuf>>,
    /// Done before the next file is made.
    before_create: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

/// A folder of the local file system with faults to order.
pub(crate) struct FaultyDisk {
    disk: LocalDisk,
    root: PathBuf,
    faults: Arc<Faults>,
}

impl FaultyDisk {
    pub(crate) fn new(root: &Path) -> Self {
        let faults = Faults {
            room: AtomicU64::new(PLENTY),
            no_removal: AtomicBool::new(false),
            no_sync: AtomicBool::new(false),
            written: AtomicU64::new(0),
            synced: Mutex::new(Vec::new()),
            before_create: Mutex::new(None),
        };
        let disk = LocalDisk::new(root).unwrap();
        Self { disk, root: root.to_owned(), faults: Arc::new(faults) }
    }

    /// Leaves room for so many bytes; what is removed makes room again.
    pub(crate) fn set_room(&self, bytes: u64) {
        self.faults.room.store(bytes, Ordering::SeqCst);
    }

    /// Leaves all the room there is.
    pub(crate) fn make_room(&self) {
        self.set_room(PLENTY);
    }

    /// Lets removals fail, or work again.
    pub(crate) fn fail_removals(&self, fail: bool) {
        self.faults.no_removal.store(fail, Ordering::SeqCst);
    }

    /// Lets syncs of files fail, or work again.
    pub(crate) fn fail_syncs(&self, fail: bool) {
        self.faults.no_sync.store(fail, Ordering::SeqCst);
    }

    /// Bytes written to files so far.
    pub(crate) fn written(&self) -> u64 {
        self.faults.written.load(Ordering::SeqCst)
    }

    /// The folders synced since this was asked last.
    pub(crate) fn take_synced(&self) -> Vec<PathBuf> {
        std::mem::take(&mut self.faults.synced.lock().unwrap())
    }

    /// Does this before the next file is made.
    pub(crate) fn before_create(&self, surprise: impl FnOnce() + Send + 'static) {
        *self.faults.before_create.lock().unwrap() = Some(Box::new(surprise));
    }

    fn wrap(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(FaultyFile { file, faults: Arc::clone(&self.faults) })
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let surprise = self.faults.before_create.lock().unwrap().take();
        surprise.into_iter().for_each(|surprise| surprise());
        self.disk.create(path).map(|file| self.wrap(file))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.open(path).map(|file| self.wrap(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if self.faults.no_removal.load(Ordering::SeqCst) {
            return Err(io::Error::other("a removal failed"));
        }
        let bytes = std::fs::metadata(self.root.join(path)).map_or(0, |file| file.len());
        self.disk.remove(path)?;
        let give_back = |room: u64| (room != PLENTY).then(|| room + bytes);
        // Where there is room without end it stays as it is.
        self.faults.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, give_back).ok();
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        self.disk.list(folder)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.make_folder(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.sync_folder(folder)?;
        self.faults.synced.lock().unwrap().push(folder.to_owned());
        Ok(())
    }
}

struct FaultyFile {
    file: Arc<dyn DiskFile>,
    faults: Arc<Faults>,
}

impl DiskFile for FaultyFile {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let grows = (offset + bytes.len() as u64).saturating_sub(self.file.len()?);
        let take = |room: u64| match room {
            PLENTY => Some(PLENTY),
            room => room.checked_sub(grows),
        };
        let taken = self.faults.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
        taken.map_err(|_| io::Error::from(ErrorKind::StorageFull))?;
        self.faults.written.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        self.file.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        if self.faults.no_sync.load(Ordering::SeqCst) {
            return Err(io::Error::other("a sync failed"));
        }
        self.file.sync()
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}
