//! Rows of the memtable as a chunk: columns are laid out when they are asked for, and only those.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, FixedSizeBinaryBuilder, Float64Builder, Int32Array, Int64Array,
    Int64Builder, StringViewBuilder,
};
use model::{Base, Batch, Column, Key, RowKind, Scalar, ValueType, Values};
use store::MemBatch;

use super::chunk::Chunk;

/// All rows of a decoded request.
pub(crate) struct MemoryChunk<'a> {
    pub(crate) batch: &'a MemBatch,
}

impl Chunk for MemoryChunk<'_> {
    fn rows(&self) -> usize {
        self.batch.batch.rows()
    }

    fn base(&self, base: Base) -> Option<ArrayRef> {
        let batch = &self.batch.batch;
        if base.is_sparse() {
            let column = batch.columns().iter().find(|column| column.key() == Key::Base(base))?;
            return Some(spread(batch, column));
        }
        let rows = 0..batch.rows();
        let of_kind = |row: usize, kinds: &[RowKind]| kinds.contains(&batch.kinds()[row]);
        let int64 = |value: &dyn Fn(usize) -> Option<i64>| -> ArrayRef {
            Arc::new(rows.clone().map(value).collect::<Int64Array>())
        };
        let int32 = |value: &dyn Fn(usize) -> Option<i32>| -> ArrayRef {
            Arc::new(rows.clone().map(value).collect::<Int32Array>())
        };
        Some(match base {
            Base::Time => int64(&|row| Some(batch.times()[row].nanos())),
            Base::Duration => {
                int64(&|row| of_kind(row, &[RowKind::Span]).then(|| batch.durations()[row]))
            }
            Base::Arrival => int64(&|_| Some(self.batch.arrival.nanos())),
            Base::Lsn => int64(&|_| Some(self.batch.lsn.0 as i64)),
            Base::Index => int64(&|row| Some(row as i64)),
            Base::Dataset => self.datasets(),
            Base::Kind => int32(&|row| Some(i32::from(batch.kinds()[row].code()))),
            Base::SampleRate => int32(&|row| Some(batch.sample_rates()[row] as i32)),
            Base::SpanKind => int32(&|row| {
                of_kind(row, &[RowKind::Span]).then(|| i32::from(batch.span_kinds()[row].code()))
            }),
            Base::Status => int32(&|row| {
                batch.kinds()[row].has_status().then(|| i32::from(batch.statuses()[row]))
            }),
            Base::TraceId => {
                ids(16, batch.trace_ids().iter().map(|id| id.is_some().then_some(&id.bytes()[..])))
            }
            Base::SpanId => {
                ids(8, batch.span_ids().iter().map(|id| id.is_some().then_some(&id.bytes()[..])))
            }
            Base::ParentId => {
                ids(8, batch.parent_ids().iter().map(|id| id.is_some().then_some(&id.bytes()[..])))
            }
            Base::Name => {
                let mut builder = StringViewBuilder::with_capacity(batch.rows());
                for row in rows {
                    let named = batch.kinds()[row].is_named();
                    builder.append_option(named.then(|| batch.text(batch.names()[row])));
                }
                Arc::new(builder.finish())
            }
            _ => return None,
        })
    }

    fn attribute(&self, name: &str, kind: ValueType) -> Option<ArrayRef> {
        let batch = &self.batch.batch;
        let column = batch.columns().iter().find(|column| {
            column.value_type() == kind
                && matches!(column.key(), Key::Attribute(_))
                && batch.column_name(column) == name
        })?;
        Some(spread(batch, column))
    }
}

impl MemoryChunk<'_> {
    fn datasets(&self) -> ArrayRef {
        let mut ids = Vec::with_capacity(self.rows());
        for (rows, id) in self.batch.dataset_runs() {
            ids.extend(std::iter::repeat_n(id.0 as i32, rows.len()));
        }
        Arc::new(Int32Array::from(ids))
    }
}

fn ids<'a>(width: i32, values: impl Iterator<Item = Option<&'a [u8]>>) -> ArrayRef {
    let mut builder = FixedSizeBinaryBuilder::new(width);
    for value in values {
        match value {
            // The builder takes just this width, and ids have it.
            Some(value) => drop(builder.append_value(value)),
            None => builder.append_null(),
        }
    }
    Arc::new(builder.finish())
}

/// A sparse column on every row.
fn spread(batch: &Batch, column: &Column) -> ArrayRef {
    let mut cells: Vec<Option<Scalar>> = vec![None; batch.rows()];
    for run in column.runs() {
        cells[run.rows.start as usize..run.rows.end as usize].fill(Some(run.value));
    }
    let rows = column.rows().iter().map(|row| *row as usize);
    match column.values() {
        Values::Text(values) => {
            rows.zip(values).for_each(|(row, value)| cells[row] = Some(Scalar::Text(*value)));
        }
        Values::Int(values) => {
            rows.zip(values).for_each(|(row, value)| cells[row] = Some(Scalar::Int(*value)));
        }
        Values::Float(values) => {
            rows.zip(values).for_each(|(row, value)| cells[row] = Some(Scalar::Float(*value)));
        }
        Values::Bool(values) => {
            rows.zip(values).for_each(|(row, value)| cells[row] = Some(Scalar::Bool(*value)));
        }
    }
    match column.value_type() {
        ValueType::Text => {
            let mut builder = StringViewBuilder::with_capacity(cells.len());
            for cell in cells {
                builder.append_option(match cell {
                    Some(Scalar::Text(text)) => Some(batch.text(text)),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }
        ValueType::Int => {
            let mut builder = Int64Builder::with_capacity(cells.len());
            for cell in cells {
                builder.append_option(match cell {
                    Some(Scalar::Int(int)) => Some(int),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }
        ValueType::Float => {
            let mut builder = Float64Builder::with_capacity(cells.len());
            for cell in cells {
                builder.append_option(match cell {
                    Some(Scalar::Float(float)) => Some(float),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }
        ValueType::Bool => {
            let mut builder = BooleanBuilder::with_capacity(cells.len());
            for cell in cells {
                builder.append_option(match cell {
                    Some(Scalar::Bool(bool)) => Some(bool),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }
    }
}
