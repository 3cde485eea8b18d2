//! A disk that keeps only what was synced, and of the rest what chance decides.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::SeededRandom;
use store::{Disk, DiskFile};

/// What a disk writes at once.
const PAGE: usize = 4_096;
/// What it writes whole or not at all.
const SECTOR: usize = 512;

type FileId = u64;

/// The contents of a file, now and as they would be after a power cut that keeps nothing unsynced.
#[derive(Clone, Debug, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// Pages written since the last sync.
    dirty: BTreeMap<usize, ()>,
}

/// A change of names that is not synced yet.
#[derive(Clone, Debug)]
enum NameChange {
    Create(PathBuf, FileId),
    Rename(PathBuf, PathBuf, FileId),
    Remove(PathBuf),
}

impl NameChange {
    fn folders(&self) -> Vec<&Path> {
        match self {
            Self::Create(path, _) | Self::Remove(path) => vec![parent(path)],
            Self::Rename(from, to, _) => vec![parent(from), parent(to)],
        }
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, FileId>) {
        match self {
            Self::Create(path, id) => {
                names.insert(path.clone(), *id);
            }
            Self::Rename(from, to, id) => {
                names.remove(from);
                names.insert(to.clone(), *id);
            }
            Self::Remove(path) => {
                names.remove(path);
            }
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

#[derive(Debug, Default)]
struct Inner {
    files: BTreeMap<FileId, Content>,
    names: BTreeMap<PathBuf, FileId>,
    durable_names: BTreeMap<PathBuf, FileId>,
    changes: Vec<NameChange>,
    next_id: FileId,
    /// Operations until the power goes; never if unset.
    cut_in: Option<u64>,
    is_dead: bool,
    /// One in so many writes and syncs fails; none if zero.
    fault_odds: u64,
    /// Bytes that fit.
    capacity: usize,
    operations: u64,
}

/// A simulated disk. Clones are the same disk.
#[derive(Clone)]
pub struct SimDisk {
    inner: Arc<Mutex<Inner>>,
    random: Arc<SeededRandom>,
}

impl SimDisk {
    /// An empty disk whose faults `random` decides.
    pub fn new(random: Arc<SeededRandom>) -> Self {
        let inner = Inner { capacity: usize::MAX, ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(inner)), random }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power after so many further operations.
    pub fn cut_power_in(&self, operations: u64) {
        self.lock().cut_in = Some(operations);
    }

    /// Leaves the power on.
    pub fn cancel_cut(&self) {
        self.lock().cut_in = None;
    }

    /// Whether a commit of the catalog is due to fail.
    pub fn commit_fails(&self) -> bool {
        self.lock().fails(&self.random)
    }

    /// The files below a folder.
    pub fn files_in(&self, folder: &str) -> Vec<PathBuf> {
        self.list(Path::new(folder)).unwrap_or_default()
    }

    /// Makes one in `odds` writes and syncs fail; none if zero.
    pub fn set_fault_odds(&self, odds: u64) {
        self.lock().fault_odds = odds;
    }

    /// Leaves room for `bytes` beyond what the files take now; all the room there is if unset.
    pub fn set_room(&self, bytes: Option<usize>) {
        let mut inner = self.lock();
        let used: usize = inner.files.values().map(|content| content.now.len()).sum();
        inner.capacity = bytes.map_or(usize::MAX, |bytes| used + bytes);
    }

    /// Whether the power is off.
    pub fn is_dead(&self) -> bool {
        self.lock().is_dead
    }

    /// Counts one operation that is not on a file, such as a commit of the catalog; false if the
    /// power is off or goes with it.
    pub fn step(&self) -> bool {
        self.lock().step().is_ok()
    }

    /// Operations so far.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// What is there when the power comes back: everything synced, and of the rest what chance
    /// leaves, page by page, some of them torn.
    pub fn restart(&self) {
        let random = &self.random;
        let mut inner = self.lock();
        let changes = std::mem::take(&mut inner.changes);
        let keep = random.below(changes.len() as u64 + 1) as usize;
        let mut names = inner.durable_names.clone();
        changes[..keep].iter().for_each(|change| change.apply(&mut names));
        for content in inner.files.values_mut() {
            settle(content, random);
        }
        let kept: Vec<FileId> = names.values().copied().collect();
        inner.files.retain(|id, _| kept.contains(id));
        inner.names.clone_from(&names);
        inner.durable_names = names;
        (inner.is_dead, inner.cut_in) = (false, None);
    }
}

/// Decides for each unsynced page whether it is kept, lost or torn.
fn settle(content: &mut Content, random: &SeededRandom) {
    let dirty = std::mem::take(&mut content.dirty);
    for page in dirty.into_keys() {
        let range = page * PAGE..((page + 1) * PAGE).min(content.now.len());
        if range.is_empty() {
            continue;
        }
        let keep = match random.below(4) {
            0 => 0,
            1 => random.below((PAGE / SECTOR) as u64) as usize * SECTOR,
            _ => PAGE,
        };
        let end = (range.start + keep).min(range.end);
        if range.start < end {
            if content.durable.len() < end {
                content.durable.resize(end, 0);
            }
            content.durable[range.start..end].copy_from_slice(&content.now[range.start..end]);
        }
    }
    // The length of a file is kept or not, apart from its pages.
    if content.durable.len() < content.now.len() && random.once_in(2) {
        content.durable.resize(content.now.len(), 0);
    }
    content.now.clone_from(&content.durable);
}

impl Inner {
    fn step(&mut self) -> io::Result<()> {
        self.operations += 1;
        if let Some(left) = &mut self.cut_in {
            if *left == 0 {
                self.is_dead = true;
            } else {
                *left -= 1;
            }
        }
        if self.is_dead { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    fn fails(&self, random: &SeededRandom) -> bool {
        self.fault_odds > 0 && random.once_in(self.fault_odds)
    }

    fn change(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.changes.push(change);
    }
}

impl Disk for SimDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut inner = self.lock();
        inner.step()?;
        if inner.names.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let id = inner.next_id;
        inner.next_id += 1;
        inner.files.insert(id, Content::default());
        inner.change(NameChange::Create(path.to_owned(), id));
        Ok(Arc::new(SimFile { disk: self.clone(), id }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let inner = self.lock();
        let id = *inner.names.get(path).ok_or(ErrorKind::NotFound)?;
        Ok(Arc::new(SimFile { disk: self.clone(), id }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.lock();
        inner.step()?;
        let id = *inner.names.get(from).ok_or(ErrorKind::NotFound)?;
        inner.change(NameChange::Rename(from.to_owned(), to.to_owned(), id));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.lock();
        inner.step()?;
        if !inner.names.contains_key(path) {
            return Err(ErrorKind::NotFound.into());
        }
        inner.change(NameChange::Remove(path.to_owned()));
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let inner = self.lock();
        Ok(inner.names.keys().filter(|path| path.starts_with(folder)).cloned().collect())
    }

    fn make_folder(&self, _folder: &Path) -> io::Result<()> {
        self.lock().step()
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut inner = self.lock();
        inner.step()?;
        if inner.fails(&self.random) {
            return Err(io::Error::other("a folder could not be synced"));
        }
        let changes = std::mem::take(&mut inner.changes);
        // Names reach the disk in order: what came before a change of this folder goes with it.
        let last = changes.iter().rposition(|change| change.folders().contains(&folder));
        let synced = last.map_or(0, |last| last + 1);
        for change in &changes[..synced] {
            change.apply(&mut inner.durable_names);
        }
        inner.changes = changes[synced..].to_vec();
        Ok(())
    }
}

struct SimFile {
    disk: SimDisk,
    id: FileId,
}

impl SimFile {
    fn with<T>(
        &self,
        run: impl FnOnce(&mut Inner, &mut Content) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut inner = self.disk.lock();
        let mut content = inner.files.remove(&self.id).ok_or(ErrorKind::NotFound)?;
        let result = run(&mut inner, &mut content);
        inner.files.insert(self.id, content);
        result
    }
}

impl DiskFile for SimFile {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.with(|_, content| {
            let start = offset as usize;
            let bytes = content.now.get(start..start + buffer.len());
            buffer.copy_from_slice(bytes.ok_or(ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let random = &self.disk.random;
        self.with(|inner, content| {
            let power = inner.step();
            let start = offset as usize;
            let grows = (start + bytes.len()).saturating_sub(content.now.len());
            let used: usize = inner.files.values().map(|other| other.now.len()).sum();
            let room = inner.capacity.saturating_sub(used + content.now.len());
            // A write that fails may have written a part, also the one that the power cut off.
            let failed = power.is_err() || grows > room || inner.fails(random);
            let written = match failed {
                true => random.below(bytes.len() as u64 + 1) as usize,
                false => bytes.len(),
            };
            let written =
                written.min(content.now.len().saturating_sub(start) + room.min(bytes.len()));
            let end = start + written;
            if content.now.len() < end {
                content.now.resize(end, 0);
            }
            content.now[start..end].copy_from_slice(&bytes[..written]);
            for page in start / PAGE..end.div_ceil(PAGE) {
                content.dirty.insert(page, ());
            }
            power?;
            match failed {
                true if grows > room => Err(ErrorKind::StorageFull.into()),
                true => Err(io::Error::other("a write failed")),
                false => Ok(()),
            }
        })
    }

    fn sync(&self) -> io::Result<()> {
        let random = &self.disk.random;
        self.with(|inner, content| {
            inner.step()?;
            if inner.fails(random) {
                // Some pages got through; the others count as clean from now on, though they are
                // not on the disk, and a later sync will not write them.
                let dirty: Vec<usize> = std::mem::take(&mut content.dirty).into_keys().collect();
                for page in dirty.into_iter().filter(|_| random.once_in(2)) {
                    copy_page(content, page);
                }
                return Err(io::Error::other("a sync failed"));
            }
            for page in std::mem::take(&mut content.dirty).into_keys() {
                copy_page(content, page);
            }
            if content.durable.len() < content.now.len() {
                content.durable.resize(content.now.len(), 0);
            }
            Ok(())
        })
    }

    fn len(&self) -> io::Result<u64> {
        self.with(|_, content| Ok(content.now.len() as u64))
    }
}

fn copy_page(content: &mut Content, page: usize) {
    let range = page * PAGE..((page + 1) * PAGE).min(content.now.len());
    if range.is_empty() {
        return;
    }
    if content.durable.len() < range.end {
        content.durable.resize(range.end, 0);
    }
    content.durable[range.clone()].copy_from_slice(&content.now[range]);
}
