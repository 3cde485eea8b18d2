//! An input of a compaction: its file, footer and trace index, and which of its rows are live.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use model::{Base, Error, Result, Timestamp};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::column::writer::ColumnCloseResult;
use parquet::schema::types::SchemaDescriptor;

use super::pool::Pool;
use super::values::{ColumnValues, read_column};
use crate::catalog::{DatasetTable, Hidden};
use crate::disk::Disk;
use crate::log::storage_failed;
use crate::segment::{
    Chunk, FieldId, FooterColumn, Physical, SegmentColumn, SegmentDataset, SegmentMeta,
    SegmentReader, TraceIndex, TraceRows, describe, encode, unreadable,
};

/// An open input.
pub(super) struct Source {
    pub(super) meta: SegmentMeta,
    reader: SegmentReader,
    /// Made once: it is as large as the file is wide, and asked for once a column.
    metadata: ArrowReaderMetadata,
    columns: Vec<FooterColumn>,
    places: HashMap<FieldId, usize>,
    index: TraceIndex,
    traces: OnceLock<Vec<(u64, TraceRows)>>,
}

impl Source {
    pub(super) fn open(disk: &dyn Disk, meta: &SegmentMeta) -> Result<Self> {
        let index_path = meta.index_path();
        let index = disk
            .open(&index_path)
            .map_err(|error| storage_failed("opening a trace index", error))
            .and_then(TraceIndex::open)
            .map_err(|error| unreadable(&index_path, error))?;
        let reader = SegmentReader::open(disk, &meta.path, meta.bytes)?;
        // What is copied gets a new checksum, under which damage would never be found again.
        reader.verify(&meta.path, index.file_crc())?;
        let metadata = reader.metadata(&meta.path)?;
        let columns = describe(&metadata).map_err(|error| unreadable(&meta.path, error))?.columns;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), options)
            .map_err(|error| unreadable(&meta.path, error))?;
        let places =
            columns.iter().enumerate().map(|(at, column)| (column.column.field, at)).collect();
        let traces = OnceLock::new();
        Ok(Self { meta: meta.clone(), reader, metadata, columns, places, index, traces })
    }

    pub(super) fn columns(&self) -> &[FooterColumn] {
        &self.columns
    }

    pub(super) fn reader(&self) -> &SegmentReader {
        &self.reader
    }

    /// How a column lies in this file, if it has it.
    pub(super) fn physical(&self, field: FieldId) -> Option<Physical> {
        Some(self.columns[*self.places.get(&field)?].column.physical)
    }

    /// Every entry of the trace index.
    pub(super) fn traces(&self) -> Result<&[(u64, TraceRows)]> {
        if let Some(traces) = self.traces.get() {
            return Ok(traces);
        }
        let read = self.index.read_all();
        let read = read.map_err(|error| unreadable(&self.meta.index_path(), error))?;
        Ok(self.traces.get_or_init(|| read))
    }

    /// What the new file's footer says of a chunk that is copied.
    pub(super) fn chunk(&self, field: FieldId, group: usize) -> Result<ColumnCloseResult> {
        let missing = || Error::bug("a copied column is there");
        let column = *self.places.get(&field).ok_or_else(missing)?;
        let file = self.metadata.metadata();
        let metadata = file.row_group(group).column(column).clone();
        let offsets = file.offset_index().map(|index| index[group][column].clone());
        let bounds = file.column_index().map(|index| index[group][column].clone());
        Ok(ColumnCloseResult {
            bytes_written: metadata.compressed_size() as u64,
            rows_written: u64::from(self.meta.groups[group]),
            metadata,
            bloom_filter: None,
            column_index: bounds.filter(|bounds| !is_absent(bounds)),
            offset_index: offsets,
        })
    }

    /// Decodes a column of a row group; none if the file does not have it.
    pub(super) fn read(&self, field: FieldId, group: usize) -> Result<Option<ColumnValues>> {
        let Some(place) = self.places.get(&field) else { return Ok(None) };
        let physical = self.columns[*place].column.physical;
        read_column(&self.reader, &self.metadata, group, *place, physical)
            .map(Some)
            .map_err(|error| unreadable(&self.meta.path, error))
    }

    /// Encodes rows of one group anew, in their order: for a column that lies differently here.
    pub(super) fn encode_rows(
        &self,
        group: usize,
        rows: &[u32],
        column: &SegmentColumn,
        schema: &SchemaDescriptor,
        at: usize,
    ) -> Result<Chunk> {
        let missing = || Error::bug("a re-encoded column is there");
        let values = self.read(column.field, group)?.ok_or_else(missing)?;
        let mut data = values.pick(rows.iter().copied());
        encode(&schema.column(at), column.physical, &mut data)
    }

    /// For each row group which rows are live; none where all are.
    pub(super) fn live_rows(
        &self,
        datasets: &DatasetTable,
        now: Timestamp,
    ) -> Result<Vec<Option<Vec<bool>>>> {
        let hidden: BTreeMap<i64, Hidden> = self
            .meta
            .datasets
            .iter()
            .map(|part| (i64::from(part.dataset), datasets.hidden(part.id(), now)))
            .filter(|(_, hidden)| *hidden != Hidden::Nothing)
            .collect();
        if hidden.is_empty() {
            return Ok(vec![None; self.meta.groups.len()]);
        }
        let mut live = Vec::with_capacity(self.meta.groups.len());
        for group in 0..self.meta.groups.len() {
            let (ids, times) = (self.ints(Base::Dataset, group)?, self.ints(Base::Time, group)?);
            let rows: Vec<bool> = ids
                .iter()
                .zip(&times)
                .map(|(id, time)| {
                    hidden.get(id).is_none_or(|hidden| {
                        *time >= hidden.event_time_before(self.meta.late_max).nanos()
                            && *hidden != Hidden::All
                    })
                })
                .collect();
            live.push((!rows.iter().all(|live| *live)).then_some(rows));
        }
        Ok(live)
    }

    /// A base column of integers that every row has.
    pub(super) fn ints(&self, base: Base, group: usize) -> Result<Vec<i64>> {
        match self.read(FieldId::of_base(base), group)? {
            Some(ColumnValues::Ints { values, .. }) => Ok(values),
            _ => Err(unreadable(&self.meta.path, format!("column {} is not there", base.name()))),
        }
    }
}

fn is_absent(bounds: &parquet::file::page_index::column_index::ColumnIndexMetaData) -> bool {
    matches!(bounds, parquet::file::page_index::column_index::ColumnIndexMetaData::NONE)
}

/// The datasets of what remains of the inputs.
pub(super) fn datasets_of(
    sources: &[Source],
    copies: &[(usize, usize)],
    pool: &Pool,
) -> Result<Vec<SegmentDataset>> {
    let mut parts: BTreeMap<u32, SegmentDataset> = BTreeMap::new();
    let mut add = |part: &SegmentDataset| {
        parts
            .entry(part.dataset)
            .and_modify(|known| {
                known.rows += part.rows;
                known.time_min = known.time_min.min(part.time_min);
                known.time_max = known.time_max.max(part.time_max);
            })
            .or_insert(*part);
    };
    for (at, source) in sources.iter().enumerate() {
        if !pool.loses_rows_of(at) {
            source.meta.datasets.iter().for_each(&mut add);
            continue;
        }
        let copied = copies.iter().filter(|(of, _)| *of == at).map(|(_, group)| (*group, None));
        for (group, live) in copied.chain(pool.of(at)) {
            let (ids, times) =
                (source.ints(Base::Dataset, group)?, source.ints(Base::Time, group)?);
            for (row, (id, time)) in ids.iter().zip(&times).enumerate() {
                if live.is_none_or(|live| live[row]) {
                    let (dataset, time) = (*id as u32, *time);
                    add(&SegmentDataset { dataset, rows: 1, time_min: time, time_max: time });
                }
            }
        }
    }
    Ok(parts.into_values().collect())
}
