//! One decoded column of one row group of an input.

use model::{Result, SpanId, TraceId};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType};

use crate::segment::{
    Coded, ColumnData, Entries, Interner, Ints, NULL, Physical, SegmentReader, format_uuid,
};

/// Decoded values; `present` is unset where every row has one.
pub(crate) enum ColumnValues {
    /// Integers of any width, and times.
    Ints { values: Vec<i64>, present: Option<Vec<bool>>, is_time: bool },
    /// Floats.
    Floats(Vec<Option<f64>>),
    /// Truth values.
    Bools(Vec<Option<bool>>),
    /// Texts, UUIDs spelled out, end to end.
    Texts { bytes: Vec<u8>, ends: Vec<usize>, present: Vec<bool> },
    /// Trace ids, unset where missing.
    TraceIds(Vec<TraceId>),
    /// Span ids, unset where missing.
    SpanIds(Vec<SpanId>),
}

/// Decodes one column of one row group.
pub(super) fn read_column(
    reader: &SegmentReader,
    metadata: &ArrowReaderMetadata,
    group: usize,
    column: usize,
    physical: Physical,
) -> Result<ColumnValues, ParquetError> {
    let rows = metadata.metadata().row_group(group).num_rows() as usize;
    let mask = ProjectionMask::leaves(metadata.parquet_schema(), [column]);
    let (reader, metadata) = (reader.clone(), metadata.clone());
    let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(reader, metadata)
        .with_row_groups(vec![group])
        .with_projection(mask)
        .with_batch_size(rows.max(1))
        .build()?;
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for batch in batches {
        arrays.push(batch?.column(0).clone());
    }
    let arrays: Vec<&dyn Array> = arrays.iter().map(|array| &**array).collect();
    let array = arrow::compute::concat(&arrays)?;
    if array.len() != rows {
        return Err(ParquetError::EOF(format!("{} of {rows} rows", array.len())));
    }
    Ok(values_of(&array, physical))
}

fn values_of(array: &ArrayRef, physical: Physical) -> ColumnValues {
    let present = (array.null_count() > 0)
        .then(|| (0..array.len()).map(|row| array.is_valid(row)).collect::<Vec<_>>());
    let valid = |row: usize| array.is_valid(row);
    match physical {
        Physical::Timestamp => {
            let values = array.as_primitive::<TimestampNanosecondType>().values().to_vec();
            ColumnValues::Ints { values, present, is_time: true }
        }
        Physical::Int64 => {
            let values = array.as_primitive::<Int64Type>().values().to_vec();
            ColumnValues::Ints { values, present, is_time: false }
        }
        Physical::Int32 => {
            let values = array.as_primitive::<Int32Type>().values();
            let values = values.iter().map(|value| i64::from(*value)).collect();
            ColumnValues::Ints { values, present, is_time: false }
        }
        Physical::Double => {
            ColumnValues::Floats(array.as_primitive::<Float64Type>().iter().collect())
        }
        Physical::Boolean => ColumnValues::Bools(array.as_boolean().iter().collect()),
        Physical::Text => {
            texts(array.as_string::<i32>().iter().map(|text| text.map(str::as_bytes)))
        }
        Physical::Uuid => {
            let mut text = String::new();
            let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(array.len()));
            let uuids = array.as_fixed_size_binary();
            for row in 0..array.len() {
                if let Ok(uuid) = <&[u8; 16]>::try_from(uuids.value(row))
                    && valid(row)
                {
                    text.clear();
                    format_uuid(uuid, &mut text);
                    bytes.extend_from_slice(text.as_bytes());
                }
                ends.push(bytes.len());
            }
            let present = (0..array.len()).map(valid).collect();
            ColumnValues::Texts { bytes, ends, present }
        }
        Physical::TraceId => {
            let ids = array.as_fixed_size_binary();
            let id = |row| TraceId::from_slice(ids.value(row)).filter(|_| valid(row));
            ColumnValues::TraceIds(
                (0..array.len()).map(|row| id(row).unwrap_or_default()).collect(),
            )
        }
        Physical::SpanId => {
            let ids = array.as_fixed_size_binary();
            let id = |row| SpanId::from_slice(ids.value(row)).filter(|_| valid(row));
            ColumnValues::SpanIds((0..array.len()).map(|row| id(row).unwrap_or_default()).collect())
        }
    }
}

fn texts<'a>(texts: impl Iterator<Item = Option<&'a [u8]>>) -> ColumnValues {
    let (mut bytes, mut ends, mut present) = (Vec::new(), Vec::new(), Vec::new());
    for text in texts {
        bytes.extend_from_slice(text.unwrap_or_default());
        ends.push(bytes.len());
        present.push(text.is_some());
    }
    ColumnValues::Texts { bytes, ends, present }
}

impl ColumnValues {
    /// The text of a row.
    pub(crate) fn text(&self, row: u32) -> Option<&[u8]> {
        let Self::Texts { bytes, ends, present } = self else { return None };
        let row = row as usize;
        let start = if row == 0 { 0 } else { ends[row - 1] };
        present[row].then(|| &bytes[start..ends[row]])
    }

    /// The integer of a row.
    pub(crate) fn int(&self, row: u32) -> Option<i64> {
        let Self::Ints { values, present, .. } = self else { return None };
        let row = row as usize;
        present.as_ref().is_none_or(|present| present[row]).then(|| values[row])
    }

    /// The column of these rows, in their order, ready to be encoded.
    pub(crate) fn pick(&self, rows: impl Iterator<Item = u32>) -> ColumnData<'_> {
        pick(rows.map(|row| Some((self, row))), self)
    }
}

/// The column of rows that come from several inputs, ready to be encoded; `like` says which kind of
/// values they have. `None` stands for a row whose input does not have the column.
pub(crate) fn pick<'a>(
    rows: impl Iterator<Item = Option<(&'a ColumnValues, u32)>>,
    like: &ColumnValues,
) -> ColumnData<'a> {
    let coded = |codes, entries| ColumnData::Coded(Coded { codes, entries });
    match like {
        ColumnValues::SpanIds(_) => ColumnData::SpanIds(
            rows.map(|row| match row {
                Some((ColumnValues::SpanIds(ids), row)) => ids[row as usize],
                _ => SpanId::NONE,
            })
            .collect(),
        ),
        ColumnValues::Ints { is_time: true, .. } => {
            ColumnData::Ints(ints(rows.map(|row| row.and_then(|(values, row)| values.int(row)))))
        }
        ColumnValues::Ints { .. } => {
            let ints = rows.map(|row| row.and_then(|(values, row)| values.int(row)));
            let (codes, entries) = code(ints);
            coded(codes, Entries::Int(entries))
        }
        ColumnValues::Floats(_) => {
            let (codes, entries) = code(rows.map(|row| match row? {
                (ColumnValues::Floats(values), row) => values[row as usize],
                _ => None,
            }));
            coded(codes, Entries::Float(entries))
        }
        ColumnValues::Bools(_) => {
            let codes = rows.map(|row| match row {
                Some((ColumnValues::Bools(values), row)) => {
                    values[row as usize].map_or(NULL, u32::from)
                }
                _ => NULL,
            });
            coded(codes.collect(), Entries::Bool)
        }
        ColumnValues::Texts { .. } => {
            let (codes, entries) =
                code(rows.map(|row| row.and_then(|(values, row)| values.text(row))));
            coded(codes, Entries::Text(entries))
        }
        ColumnValues::TraceIds(_) => {
            let (codes, entries) = code(rows.map(|row| match row? {
                (ColumnValues::TraceIds(ids), row) => {
                    Some(ids[row as usize]).filter(TraceId::is_some)
                }
                _ => None,
            }));
            coded(codes, Entries::TraceId(entries))
        }
    }
}

fn ints(values: impl Iterator<Item = Option<i64>>) -> Ints {
    match ColumnData::ints(values) {
        ColumnData::Ints(ints) => ints,
        _ => Ints { values: Vec::new(), present: None },
    }
}

fn code<V: crate::segment::Intern>(values: impl Iterator<Item = Option<V>>) -> (Vec<u32>, Vec<V>) {
    let mut interner = Interner::new();
    let mut last = NULL;
    let codes = values.map(|value| match value {
        None => NULL,
        Some(value) => {
            last = interner.code(value, last);
            last
        }
    });
    let codes = codes.collect();
    (codes, interner.into_entries())
}
