//! The server's side: a folder's files as a tar archive, made piece by piece as they are taken.
//!
//! Nothing is read before somebody wants it, so a slow reader costs one piece of memory, and keeps
//! files alive that compaction has replaced, but holds nobody up. A file that turns out to be
//! damaged in the middle is filled up, since its length has been said, and then the archive ends
//! with the reason in place of the list.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use crc32fast::Hasher;
use model::{Error, Result};
use store::{Backup, BackupFile, Segment};
use tar::{EntryType, Header};
use tokio::sync::OwnedMutexGuard;

use super::list::{Head, ListWriter, Listed};
use super::{FAILED, LIST, PIECE_BYTES};

/// The unit of archives: heads have one, files are filled up to a multiple of it.
const BLOCK: u64 = 512;
/// Two empty blocks end an archive.
const END: &[u8] = &[0; 2 * BLOCK as usize];
/// Files of a backup are their owner's alone.
const MODE: u32 = 0o600;

/// Copies of databases, removed when they have been sent or nobody wants them any more.
pub(crate) struct Copies {
    folder: PathBuf,
    names: Vec<&'static str>,
    _turn: OwnedMutexGuard<()>,
}

impl Copies {
    /// Copies that will be in a folder, under their names in the data folder. `turn` is held while
    /// there are any: the next backup uses the same folder.
    pub(crate) fn new(
        folder: PathBuf,
        names: Vec<&'static str>,
        turn: OwnedMutexGuard<()>,
    ) -> Self {
        Self { folder, names, _turn: turn }
    }

    /// Where one of them is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // What could not be removed is removed before the next backup, or at the next start.
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Where bytes come from.
enum Source {
    Copy(File),
    Kept(BackupFile),
    Text(Bytes),
}

/// A file that is being sent.
struct Sending {
    source: Source,
    path: String,
    length: u64,
    sent: u64,
    hasher: Hasher,
    /// Whether it belongs on the list.
    is_listed: bool,
}

/// An archive on its way to a client.
pub(crate) struct Archive {
    backup: Backup,
    copies: Copies,
    next_copy: usize,
    next_segment: usize,
    /// The trace index that follows its segment.
    waiting: Option<BackupFile>,
    sending: Option<Sending>,
    list: Option<ListWriter>,
    /// Why the rest does not come.
    failure: Option<Error>,
    is_done: bool,
}

impl Archive {
    /// The archive of a backup whose databases have been copied.
    pub(crate) fn new(backup: Backup, copies: Copies, head: &Head) -> Result<Self> {
        let list = Some(ListWriter::new(head)?);
        Ok(Self {
            backup,
            copies,
            next_copy: 0,
            next_segment: 0,
            waiting: None,
            sending: None,
            list,
            failure: None,
            is_done: false,
        })
    }

    /// The next bytes; none at its end.
    pub(crate) fn next_piece(&mut self) -> Result<Option<Bytes>> {
        if let Some(sending) = self.sending.take() {
            return self.go_on(sending).map(Some);
        }
        if self.is_done {
            return Ok(None);
        }
        let next = match &self.failure {
            Some(failure) => self.explain(failure),
            None => self.next_file(),
        };
        let sending = match next {
            Ok(Some(sending)) => sending,
            Ok(None) => {
                self.is_done = true;
                return Ok(Some(Bytes::from_static(END)));
            }
            Err(error) if self.failure.is_none() => {
                self.fail(error);
                return self.next_piece();
            }
            Err(error) => return Err(error),
        };
        let head = sending.head()?;
        self.sending = Some(sending);
        Ok(Some(head))
    }

    /// More of a file, filled up at its end.
    fn go_on(&mut self, mut sending: Sending) -> Result<Bytes> {
        let piece = if self.failure.is_some() && sending.is_listed {
            sending.fill()
        } else {
            match sending.read() {
                Ok(piece) => piece,
                Err(error) => {
                    self.fail(error);
                    sending.fill()
                }
            }
        };
        sending.sent += piece.len() as u64;
        if sending.sent < sending.length {
            self.sending = Some(sending);
            return Ok(piece);
        }
        let fill = sending.length.next_multiple_of(BLOCK) - sending.length;
        if sending.is_listed
            && let Some(list) = &mut self.list
        {
            list.add(&sending.listed())?;
        }
        let mut last = Vec::from(piece);
        last.resize(last.len() + fill as usize, 0);
        Ok(Bytes::from(last))
    }

    fn fail(&mut self, error: Error) {
        tracing::warn!("a backup cannot be finished: {error}");
        self.failure = Some(error);
    }

    /// The next file, and the list after the last; none after that.
    fn next_file(&mut self) -> Result<Option<Sending>> {
        if let Some(name) = self.copies.names.get(self.next_copy) {
            self.next_copy += 1;
            let path = self.copies.folder.join(name);
            let failed =
                |error| Error::bug(format!("reading the copy {}", path.display())).because(error);
            let file = File::open(&path).map_err(failed)?;
            let length = file.metadata().map_err(failed)?.len();
            let path = (*name).to_owned();
            return Ok(Some(Sending::new(Source::Copy(file), path, length, true)));
        }
        if let Some(file) = self.waiting.take() {
            return Sending::kept(file).map(Some);
        }
        let segment: Option<&Arc<Segment>> = self.backup.segments().get(self.next_segment);
        if let Some(segment) = segment {
            let [file, index] = self.backup.open(segment)?;
            self.next_segment += 1;
            self.waiting = Some(index);
            return Sending::kept(file).map(Some);
        }
        let Some(list) = self.list.take() else { return Ok(None) };
        Ok(Some(Sending::text(LIST, list.finish()?)))
    }

    /// The reason in place of the list.
    fn explain(&self, failure: &Error) -> Result<Option<Sending>> {
        // The list is what says that everything is there, so it is what stays away.
        match self.list.is_some() {
            true => Ok(Some(Sending::text(FAILED, failure.to_string()))),
            false => Ok(None),
        }
    }
}

impl Sending {
    fn new(source: Source, path: String, length: u64, is_listed: bool) -> Self {
        Self { source, path, length, sent: 0, hasher: Hasher::new(), is_listed }
    }

    fn kept(file: BackupFile) -> Result<Self> {
        let path = file.path().to_str();
        let path = path.ok_or_else(|| Error::bug(format!("{:?} is no text", file.path())))?;
        let (path, length) = (path.to_owned(), file.length());
        Ok(Self::new(Source::Kept(file), path, length, true))
    }

    fn text(path: &str, text: String) -> Self {
        let bytes = Bytes::from(text);
        let length = bytes.len() as u64;
        Self::new(Source::Text(bytes), path.to_owned(), length, false)
    }

    fn listed(&self) -> Listed {
        let crc32 = self.hasher.clone().finalize();
        Listed { path: self.path.clone(), bytes: self.length, crc32 }
    }

    fn head(&self) -> Result<Bytes> {
        let mut header = Header::new_gnu();
        header.set_path(&self.path).map_err(|error| {
            Error::bug(format!("naming {} in an archive", self.path)).because(error)
        })?;
        header.set_entry_type(EntryType::Regular);
        header.set_size(self.length);
        header.set_mode(MODE);
        header.set_cksum();
        Ok(Bytes::copy_from_slice(header.as_bytes()))
    }

    fn piece_bytes(&self) -> usize {
        (self.length - self.sent).min(PIECE_BYTES as u64) as usize
    }

    /// The next bytes of the file.
    fn read(&mut self) -> Result<Bytes> {
        let most = self.piece_bytes();
        let piece = match &mut self.source {
            Source::Kept(file) => file.read(most)?,
            Source::Text(text) => text.split_to(most),
            Source::Copy(file) => {
                let mut piece = vec![0; most];
                file.read_exact(&mut piece).map_err(|error| {
                    Error::bug(format!("reading the copy of {}", self.path)).because(error)
                })?;
                Bytes::from(piece)
            }
        };
        self.hasher.update(&piece);
        Ok(piece)
    }

    /// As many bytes of nothing.
    fn fill(&self) -> Bytes {
        Bytes::from(vec![0; self.piece_bytes()])
    }
}
