//! A segment's file, opened when it is first read, with what is read of it counted.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use store::{Disk, Segment, SegmentReader, Snapshot};

use super::super::stats::{ScanStats, add};

/// A segment's file, read on a scan's account. A scan plans thousands of these and has a few open.
#[derive(Clone)]
pub(crate) struct CountingReader {
    file: Arc<LazyFile>,
    stats: Arc<ScanStats>,
}

struct LazyFile {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    length: u64,
    opened: OnceLock<SegmentReader>,
}

impl CountingReader {
    pub(super) fn new(snapshot: &Snapshot, segment: &Segment, stats: &Arc<ScanStats>) -> Self {
        let file = LazyFile {
            disk: Arc::clone(snapshot.disk()),
            path: segment.meta.path.clone(),
            length: segment.meta.bytes,
            opened: OnceLock::new(),
        };
        Self { file: Arc::new(file), stats: Arc::clone(stats) }
    }

    fn opened(&self) -> Result<&SegmentReader, ParquetError> {
        let LazyFile { disk, path, length, opened } = &*self.file;
        if let Some(reader) = opened.get() {
            return Ok(reader);
        }
        let reader = SegmentReader::open(&**disk, path, *length)
            .map_err(|error| ParquetError::External(Box::new(error)))?;
        Ok(opened.get_or_init(|| reader))
    }
}

impl Length for CountingReader {
    fn len(&self) -> u64 {
        self.file.length
    }
}

impl ChunkReader for CountingReader {
    type T = CountingRead;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(CountingRead { read: self.opened()?.get_read(start)?, stats: Arc::clone(&self.stats) })
    }

    /// With a page index every call is for one page.
    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        add(&self.stats.pages.read, 1);
        add(&self.stats.bytes_read, length as u64);
        self.opened()?.get_bytes(start, length)
    }
}

/// A segment's file from one place on.
pub(crate) struct CountingRead {
    read: <SegmentReader as ChunkReader>::T,
    stats: Arc<ScanStats>,
}

impl Read for CountingRead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.read.read(buffer)?;
        add(&self.stats.bytes_read, length as u64);
        Ok(length)
    }
}
