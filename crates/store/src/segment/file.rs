//! Writes a segment's file and its trace index, and makes both last before anyone may name them.
//!
//! A file is written under a temporary name, synced, renamed, and its folder synced. Bytes go out
//! as row groups are finished, so that a large segment needs no more memory than its largest
//! column.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crc32fast::Hasher;
use model::{EnvironmentId, Error, Result, Signal, Timestamp};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::reader::ChunkReader;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::SchemaDescriptor;

use super::encode::Chunk;
use super::footer::{FORMAT, FooterColumn, KEY, SegmentFooter};
use super::meta::{Partition, SegmentDataset, SegmentMeta, SegmentNumber};
use super::schema::{FieldId, schema_of};
use super::trace_index::TraceIndexBuilder;
use crate::disk::{Disk, DiskFile};
use crate::log::storage_failed;
use crate::record::Lsn;

/// Bytes gathered before they go to the file.
const BUFFER_BYTES: usize = 1 << 20;

/// The ending of files that are not finished.
pub(crate) const TEMPORARY: &str = "tmp";

/// What is known of a segment before it is written.
#[derive(Clone, Debug)]
pub(crate) struct SegmentDraft {
    pub(crate) number: SegmentNumber,
    pub(crate) environment: EnvironmentId,
    pub(crate) signal: Signal,
    pub(crate) partition: Partition,
    pub(crate) level: u8,
    pub(crate) path: PathBuf,
    pub(crate) arrival: (Timestamp, Timestamp),
    pub(crate) late_max: i64,
    pub(crate) lsn: (Lsn, Lsn),
    pub(crate) columns: Vec<FooterColumn>,
    pub(crate) rest: Vec<(FieldId, String)>,
    pub(crate) datasets: Vec<SegmentDataset>,
    pub(crate) dataset_names: Vec<String>,
}

/// The encoded columns of one row group, in the order of the draft's columns.
pub(crate) struct GroupChunks {
    pub(crate) rows: u32,
    pub(crate) chunks: Vec<Chunk>,
}

/// A segment being written.
pub(crate) struct SegmentWriter<'a> {
    disk: &'a dyn Disk,
    draft: SegmentDraft,
    schema: Arc<SchemaDescriptor>,
    file: Arc<dyn DiskFile>,
    writer: SerializedFileWriter<Sink>,
    groups: Vec<u32>,
    /// Files under temporary names, removed if the segment is not finished.
    unfinished: Vec<PathBuf>,
}

impl Drop for SegmentWriter<'_> {
    fn drop(&mut self) {
        for path in &self.unfinished {
            // If it stays, the next start puts it aside.
            drop(self.disk.remove(path));
        }
    }
}

impl<'a> SegmentWriter<'a> {
    /// Begins the segment's file under a temporary name.
    pub(crate) fn create(disk: &'a dyn Disk, draft: SegmentDraft) -> Result<Self> {
        let columns: Vec<_> = draft.columns.iter().map(|column| column.column.clone()).collect();
        let schema = schema_of(&columns)?;
        let folder = draft.path.parent().unwrap_or(Path::new(""));
        disk.make_folder(folder).map_err(|error| storage_failed("making a folder", error))?;
        let file = create_over(disk, &temporary(&draft.path))
            .map_err(|error| storage_failed("making a segment's file", error))?;
        let properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_2_0)
            .set_created_by("trackway".to_owned())
            .build();
        let sink = Sink {
            file: Arc::clone(&file),
            position: 0,
            hasher: Hasher::new(),
            buffer: Vec::new(),
        };
        let writer = SerializedFileWriter::new(sink, schema.root_schema_ptr(), properties.into())
            .map_err(write_failed)?;
        let unfinished = vec![temporary(&draft.path)];
        Ok(Self { disk, draft, schema, file, writer, groups: Vec::new(), unfinished })
    }

    /// The file's schema.
    pub(crate) fn schema(&self) -> &Arc<SchemaDescriptor> {
        &self.schema
    }

    /// The file's columns, in its order.
    pub(crate) fn columns(&self) -> &[FooterColumn] {
        &self.draft.columns
    }

    /// How many row groups it has so far.
    pub(crate) fn group_count(&self) -> u32 {
        self.groups.len() as u32
    }

    /// Writes a row group of encoded columns.
    pub(crate) fn group(&mut self, group: GroupChunks) -> Result<()> {
        let mut open = self.open_group(group.rows)?;
        for chunk in group.chunks {
            open.append(&chunk.bytes, chunk.close)?;
        }
        open.close()
    }

    /// Begins a row group whose columns come one by one.
    pub(crate) fn open_group(&mut self, rows: u32) -> Result<OpenGroup<'_>> {
        self.groups.push(rows);
        Ok(OpenGroup { group: self.writer.next_row_group().map_err(write_failed)? })
    }

    /// Finishes both files and makes them last; the segment can then be committed.
    pub(crate) fn finish(mut self, traces: TraceIndexBuilder) -> Result<SegmentMeta> {
        let footer = self.footer().to_json()?;
        self.writer
            .append_key_value_metadata(KeyValue { key: KEY.to_owned(), value: Some(footer) });
        self.writer.finish().map_err(write_failed)?;
        let sink = self.writer.inner_mut();
        sink.flush().map_err(|error| storage_failed("writing a segment's file", error))?;
        let (bytes, file_crc) = (sink.position, sink.hasher.clone().finalize());
        let doing = "finishing a segment's file";
        let failed = |error| storage_failed(doing, error);
        self.file.sync().map_err(failed)?;
        let index = traces.finish(file_crc);
        let index_path = self.draft.path.with_extension("tix");
        self.unfinished.push(temporary(&index_path));
        let index_file = create_over(self.disk, &temporary(&index_path)).map_err(failed)?;
        index_file.write_all_at(&index, 0).map_err(failed)?;
        index_file.sync().map_err(failed)?;
        for path in [&index_path, &self.draft.path] {
            self.disk.rename(&temporary(path), path).map_err(failed)?;
            self.unfinished.push(path.clone());
        }
        let folder = self.draft.path.parent().unwrap_or(Path::new(""));
        self.disk.sync_folder(folder).map_err(failed)?;
        self.unfinished.clear();
        Ok(self.meta(bytes, index.len() as u64))
    }

    fn footer(&self) -> SegmentFooter {
        let draft = &self.draft;
        SegmentFooter {
            format: FORMAT,
            number: draft.number.0,
            environment: draft.environment.0,
            signal: draft.signal.code(),
            partition: draft.partition.codes(),
            level: draft.level,
            arrival: (draft.arrival.0.nanos(), draft.arrival.1.nanos()),
            late_max: draft.late_max,
            lsn: (draft.lsn.0.0, draft.lsn.1.0),
            datasets: draft.datasets.clone(),
            dataset_names: draft.dataset_names.clone(),
            columns: draft.columns.clone(),
            rest: draft.rest.iter().map(|(id, name)| (id.0, name.clone())).collect(),
        }
    }

    fn meta(&self, bytes: u64, index_bytes: u64) -> SegmentMeta {
        let draft = self.draft.clone();
        let time_min = draft.datasets.iter().map(|part| part.time_min).min();
        let time_max = draft.datasets.iter().map(|part| part.time_max).max();
        let mut columns: Vec<_> = draft.columns.iter().map(|column| column.column.field).collect();
        columns.sort_unstable();
        let mut rest: Vec<_> = draft.rest.iter().map(|(id, _)| *id).collect();
        rest.sort_unstable();
        SegmentMeta {
            number: draft.number,
            environment: draft.environment,
            signal: draft.signal,
            partition: draft.partition,
            level: draft.level,
            path: draft.path,
            rows: self.groups.iter().map(|rows| u64::from(*rows)).sum(),
            bytes,
            index_bytes,
            time_min: Timestamp::from_nanos(time_min.unwrap_or_default()),
            time_max: Timestamp::from_nanos(time_max.unwrap_or_default()),
            arrival_min: draft.arrival.0,
            arrival_max: draft.arrival.1,
            late_max: draft.late_max,
            lsn_min: draft.lsn.0,
            lsn_max: draft.lsn.1,
            groups: self.groups.clone(),
            datasets: draft.datasets,
            columns,
            rest,
        }
    }
}

/// A row group being written, column by column in the order of the schema.
pub(crate) struct OpenGroup<'a> {
    group: SerializedRowGroupWriter<'a, Sink>,
}

impl OpenGroup<'_> {
    /// Writes the next column: bytes that are encoded already, wherever they come from.
    pub(crate) fn append(
        &mut self,
        bytes: &impl ChunkReader,
        close: ColumnCloseResult,
    ) -> Result<()> {
        self.group.append_column(bytes, close).map_err(write_failed)
    }

    /// Ends the row group.
    pub(crate) fn close(self) -> Result<()> {
        self.group.close().map(drop).map_err(write_failed)
    }
}

/// The name a file has until it is finished.
pub(crate) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(TEMPORARY);
    PathBuf::from(name)
}

/// Makes a file, over one that an earlier attempt left.
fn create_over(disk: &dyn Disk, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
    match disk.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            disk.remove(path)?;
            disk.create(path)
        }
        made => made,
    }
}

/// Appends to a file through the seam.
pub(crate) struct Sink {
    file: Arc<dyn DiskFile>,
    position: u64,
    /// Of everything written.
    hasher: Hasher,
    buffer: Vec<u8>,
}

impl Sink {
    fn write_out(&mut self) -> io::Result<()> {
        self.file.write_all_at(&self.buffer, self.position)?;
        self.hasher.update(&self.buffer);
        self.position += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER_BYTES {
            self.write_out()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() { Ok(()) } else { self.write_out() }
    }
}

fn write_failed(error: ParquetError) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => storage_failed("writing a segment's file", *error),
            Err(source) => Error::bug("writing a segment's file").because(source),
        },
        error => Error::bug("writing a segment's file").because(error),
    }
}
