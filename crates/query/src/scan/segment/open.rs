//! A segment's file with some of its columns, ready to be read.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use model::Result;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::{ProjectionMask, RowNumber};
use store::{Physical, Segment, SegmentColumn, Snapshot};

use super::super::stats::ScanStats;
use super::counting::CountingReader;
use crate::failure::file_failed;
use crate::footer::{Footer, narrow};

/// Rows decoded at once.
const BATCH_ROWS: usize = 8_192;
/// The name of the column with the numbers of rows, which no other can have.
pub(crate) const ROW_NUMBER: &str = "#row";

/// A file that seems to have just some of its columns.
pub(crate) struct OpenSegment {
    /// The file.
    pub(crate) path: PathBuf,
    /// The columns, in the order of their places.
    pub(crate) columns: Vec<SegmentColumn>,
    reader: CountingReader,
    metadata: ArrowReaderMetadata,
}

impl OpenSegment {
    /// The columns at these places of the file. If `numbered`, batches say which rows they hold,
    /// counted from the start of the file.
    pub(crate) fn new(
        snapshot: &Snapshot,
        segment: &Segment,
        footer: &Footer,
        places: &[usize],
        numbered: bool,
        stats: &Arc<ScanStats>,
    ) -> Result<Self> {
        let path = segment.meta.path.clone();
        let failed = |error| file_failed(&path, error);
        let narrowed = narrow(&footer.metadata, places).map_err(failed)?;
        let columns: Vec<SegmentColumn> =
            places.iter().map(|place| footer.columns[*place].clone()).collect();
        let arrow_fields: Vec<Field> = columns
            .iter()
            .map(|column| {
                Field::new(&column.name, arrow_type(column.physical), !column.is_required())
            })
            .collect();
        let mut options = ArrowReaderOptions::new()
            .with_schema(Arc::new(Schema::new(arrow_fields)))
            .with_skip_arrow_metadata(true);
        if numbered {
            let number =
                Field::new(ROW_NUMBER, DataType::Int64, false).with_extension_type(RowNumber);
            options = options.with_virtual_columns(vec![Arc::new(number)]).map_err(failed)?;
        }
        let metadata = ArrowReaderMetadata::try_new(Arc::new(narrowed), options).map_err(failed)?;
        let reader = CountingReader::new(snapshot, segment, stats);
        Ok(Self { path, columns, reader, metadata })
    }

    /// Reads one row group.
    pub(crate) fn builder(&self, group: usize) -> ParquetRecordBatchReaderBuilder<CountingReader> {
        let (reader, metadata) = (self.reader.clone(), self.metadata.clone());
        ParquetRecordBatchReaderBuilder::new_with_metadata(reader, metadata)
            .with_row_groups(vec![group])
            .with_batch_size(BATCH_ROWS)
    }

    /// Chooses columns by their places here.
    pub(crate) fn mask(&self, places: &[usize]) -> ProjectionMask {
        ProjectionMask::leaves(self.metadata.parquet_schema(), places.iter().copied())
    }

    /// How many pages its columns have in a row group.
    pub(crate) fn pages(&self, group: usize) -> u64 {
        let offsets = self.metadata.metadata().offset_index();
        let columns = offsets.map(|index| index[group].iter());
        columns.into_iter().flatten().map(|column| column.page_locations().len() as u64).sum()
    }

    /// The number that the first row of a group has.
    pub(crate) fn first_row(&self, group: usize) -> i64 {
        let before = &self.metadata.metadata().row_groups()[..group];
        before.iter().map(|group| group.num_rows()).sum()
    }
}

fn arrow_type(physical: Physical) -> DataType {
    match physical {
        Physical::Timestamp => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        Physical::Int32 => DataType::Int32,
        Physical::Int64 => DataType::Int64,
        Physical::Double => DataType::Float64,
        Physical::Boolean => DataType::Boolean,
        Physical::Text => DataType::Utf8View,
        Physical::Uuid | Physical::TraceId => DataType::FixedSizeBinary(16),
        Physical::SpanId => DataType::FixedSizeBinary(8),
    }
}
