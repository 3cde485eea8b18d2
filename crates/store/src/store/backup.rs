//! A backup: one version of the catalog, and the files that it names, while the store goes on.
//!
//! What was acknowledged before is flushed first, so that no log is needed: the catalog's mark says
//! where its events end, and whoever opens the copy goes on behind it. The files stay until the
//! backup is dropped, however slowly it is read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use crc32fast::Hasher;
use model::{Error, Result};

use super::{Store, lock};
use crate::disk::{Disk, DiskFile};
use crate::log::storage_failed;
use crate::record::Lsn;
use crate::segment::{SegmentReader, TraceIndex, unreadable};
use crate::snapshot::Segment;

/// A version of the store that stays as it is.
pub struct Backup {
    disk: Arc<dyn Disk>,
    segments: Arc<Vec<Arc<Segment>>>,
    mark: Lsn,
}

impl Store {
    /// Moves everything acknowledged so far into segments, and copies the catalog that names them
    /// to the new file `catalog`. Events that come meanwhile may be in it: a prefix of them in the
    /// order of the log.
    pub fn back_up(&self, catalog: &Path) -> Result<Backup> {
        self.flush_acknowledged()?;
        let (pinned, backup) = {
            let catalog = lock(&self.catalog);
            let pinned = catalog.pin()?;
            // Nothing is committed while the catalog is held, and what was is in the state.
            let state = lock(&self.state);
            let segments = Arc::clone(&state.segments);
            (pinned, Backup { disk: Arc::clone(&self.seams.disk), segments, mark: state.mark })
        };
        pinned.copy_to(catalog)?;
        Ok(backup)
    }

    /// Returns when everything that has been acknowledged is in segments.
    fn flush_acknowledged(&self) -> Result<()> {
        let last = {
            let mut state = lock(&self.state);
            state.freeze();
            state.frozen.back().map_or(state.mark, |frozen| frozen.last)
        };
        // The flusher may be faster with some of it.
        while lock(&self.state).mark < last {
            let flushed = self.flush_one()?;
            if !flushed && lock(&self.state).mark < last {
                return Err(Error::bug(format!("request {last} is neither in memory nor flushed")));
            }
        }
        Ok(())
    }
}

impl Backup {
    /// Requests up to here are in it, and none beyond.
    pub fn mark(&self) -> Lsn {
        self.mark
    }

    /// Its segments.
    pub fn segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    /// Opens the files of a segment: its own and its trace index.
    pub fn open(&self, segment: &Segment) -> Result<[BackupFile; 2]> {
        let meta = &segment.meta;
        let index_path = meta.index_path();
        let index_file = self
            .disk
            .open(&index_path)
            .map_err(|error| storage_failed(&format!("opening {}", index_path.display()), error))?;
        let index = TraceIndex::open(Arc::clone(&index_file))
            .map_err(|error| unreadable(&index_path, error))?;
        let (unchecked, index_crc) = index.body_crc();
        // Says whether the file is there and as long as it should be.
        SegmentReader::open(&*self.disk, &meta.path, meta.bytes)?;
        let file = self
            .disk
            .open(&meta.path)
            .map_err(|error| storage_failed(&format!("opening {}", meta.path.display()), error))?;
        Ok([
            BackupFile::new(meta.path.clone(), file, meta.bytes, 0, index.file_crc()),
            BackupFile::new(index_path, index_file, meta.index_bytes, unchecked, index_crc),
        ])
    }
}

/// A file of a backup, read once from front to back.
pub struct BackupFile {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    length: u64,
    position: u64,
    /// Bytes at the front that the checksum does not cover.
    unchecked: u64,
    hasher: Hasher,
    crc: u32,
}

impl BackupFile {
    fn new(path: PathBuf, file: Arc<dyn DiskFile>, length: u64, unchecked: u64, crc: u32) -> Self {
        Self { path, file, length, position: 0, unchecked, hasher: Hasher::new(), crc }
    }

    /// Where it is in the data folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Its next bytes, `most` at most, and none at its end. The last ones come only if the file has
    /// the checksum that was written down for it.
    pub fn read(&mut self, most: usize) -> Result<Bytes> {
        let left = self.length - self.position;
        let length = left.min(most as u64) as usize;
        let mut piece = vec![0; length];
        self.file
            .read_exact_at(&mut piece, self.position)
            .map_err(|error| storage_failed(&format!("reading {}", self.path.display()), error))?;
        let unchecked = self.unchecked.saturating_sub(self.position).min(length as u64) as usize;
        self.hasher.update(&piece[unchecked..]);
        self.position += length as u64;
        if self.position == self.length && self.hasher.clone().finalize() != self.crc {
            return Err(unreadable(&self.path, "its checksum is wrong"));
        }
        Ok(Bytes::from(piece))
    }
}
