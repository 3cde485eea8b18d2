//! Gathers one column of a row group out of the sparse columns of many requests.
//!
//! A column is taken at a time, so that a flush never holds the group's rows densely: its cells and
//! runs are numbered by distinct value and dealt to the rows' places in sort order.

use std::sync::Arc;

use model::{Base, Batch, Column, RowKind, Run, Scalar, TraceId, Value, ValueType, Values};

use super::plan::RowRef;
use crate::memtable::MemBatch;
use crate::segment::{Coded, ColumnData, Entries, Intern, Interner, NULL};

/// The rows of one row group in sort order, and the way back from a batch's row to its place.
pub(crate) struct GroupRows {
    pub(crate) rows: Vec<RowRef>,
    /// Where each batch's rows begin in `places`.
    starts: Vec<usize>,
    places: Vec<u32>,
}

impl GroupRows {
    pub(crate) fn new(batches: &[Arc<MemBatch>], rows: Vec<RowRef>) -> Self {
        let mut starts = Vec::with_capacity(batches.len() + 1);
        let mut total = 0;
        for batch in batches {
            starts.push(total);
            total += batch.batch.rows();
        }
        starts.push(total);
        let mut places = vec![NULL; total];
        for (place, row) in rows.iter().enumerate() {
            places[starts[row.batch as usize] + row.row as usize] = place as u32;
        }
        Self { rows, starts, places }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    fn places_of(&self, batch: usize) -> &[u32] {
        &self.places[self.starts[batch]..self.starts[batch + 1]]
    }
}

/// A sparse column across batches: for each batch that has it, where it is.
pub(crate) struct Parts {
    pub(crate) kind: ValueType,
    /// Batch, and column within it.
    pub(crate) parts: Vec<(u32, u32)>,
}

impl Parts {
    /// How many rows of the groups have a value, about: a run and a cell on one row count as two.
    pub(crate) fn values(&self, batches: &[Arc<MemBatch>], groups: &[GroupRows]) -> usize {
        let mut values = 0;
        for part in &self.parts {
            let column = self.column(batches, *part);
            for group in groups {
                let places = group.places_of(part.0 as usize);
                let in_group = |row: &&u32| places[**row as usize] != NULL;
                values += column.rows().iter().filter(in_group).count();
                for run in column.runs() {
                    let rows = &places[run.rows.start as usize..run.rows.end as usize];
                    values += rows.iter().filter(|place| **place != NULL).count();
                }
            }
        }
        values
    }

    /// Hands out each row of a group that has a value, with the value; in no order, and a row whose
    /// own value hides that of its run comes once.
    pub(crate) fn for_each<'a>(
        &self,
        batches: &'a [Arc<MemBatch>],
        group: &GroupRows,
        mut take: impl FnMut(usize, Value<'a>),
    ) {
        for part in &self.parts {
            let batch = &batches[part.0 as usize].batch;
            let column = self.column(batches, *part);
            let places = group.places_of(part.0 as usize);
            let cells = column.rows();
            for Run { rows, value } in column.runs() {
                for row in rows.clone() {
                    let place = places[row as usize];
                    if place != NULL && cells.binary_search(&row).is_err() {
                        take(place as usize, batch.value(*value));
                    }
                }
            }
            for_each_cell(column, |row, scalar| {
                let place = places[row as usize];
                if place != NULL {
                    take(place as usize, batch.value(scalar));
                }
            });
        }
    }

    fn column<'a>(&self, batches: &'a [Arc<MemBatch>], part: (u32, u32)) -> &'a Column {
        &batches[part.0 as usize].batch.columns()[part.1 as usize]
    }

    /// The column's values in the group's order.
    pub(crate) fn gather<'a>(&self, batches: &'a [Arc<MemBatch>], group: &GroupRows) -> Coded<'a> {
        let mut codes = vec![NULL; group.len()];
        let entries = match self.kind {
            ValueType::Text => {
                let entries = self.deal(batches, group, &mut codes, |batch, scalar| match scalar {
                    Scalar::Text(text) => Some(batch.text_bytes(text)),
                    _ => None,
                });
                Entries::Text(entries)
            }
            ValueType::Int => {
                let entries = self.deal(batches, group, &mut codes, |_, scalar| match scalar {
                    Scalar::Int(int) => Some(int),
                    _ => None,
                });
                Entries::Int(entries)
            }
            ValueType::Float => {
                let entries = self.deal(batches, group, &mut codes, |_, scalar| match scalar {
                    Scalar::Float(float) => Some(float),
                    _ => None,
                });
                Entries::Float(entries)
            }
            ValueType::Bool => {
                self.deal_bools(batches, group, &mut codes);
                Entries::Bool
            }
        };
        Coded { codes, entries }
    }

    fn deal<'a, V: Intern>(
        &self,
        batches: &'a [Arc<MemBatch>],
        group: &GroupRows,
        codes: &mut [u32],
        value_of: impl Fn(&'a Batch, Scalar) -> Option<V>,
    ) -> Vec<V> {
        let mut interner = Interner::new();
        let mut last = NULL;
        for part in &self.parts {
            let batch = &batches[part.0 as usize].batch;
            let column = self.column(batches, *part);
            let places = group.places_of(part.0 as usize);
            for Run { rows, value } in column.runs() {
                let mut code = NULL;
                for place in &places[rows.start as usize..rows.end as usize] {
                    if *place == NULL {
                        continue;
                    }
                    if code == NULL {
                        let Some(value) = value_of(batch, *value) else { break };
                        last = interner.code(value, last);
                        code = last;
                    }
                    codes[*place as usize] = code;
                }
            }
            for_each_cell(column, |row, scalar| {
                let place = places[row as usize];
                if place != NULL
                    && let Some(value) = value_of(batch, scalar)
                {
                    last = interner.code(value, last);
                    codes[place as usize] = last;
                }
            });
        }
        interner.into_entries()
    }

    fn deal_bools(&self, batches: &[Arc<MemBatch>], group: &GroupRows, codes: &mut [u32]) {
        for part in &self.parts {
            let column = self.column(batches, *part);
            let places = group.places_of(part.0 as usize);
            let mut deal = |row: u32, scalar: Scalar| {
                let place = places[row as usize];
                if place != NULL {
                    codes[place as usize] = u32::from(scalar == Scalar::Bool(true));
                }
            };
            for Run { rows, value } in column.runs() {
                rows.clone().for_each(|row| deal(row, *value));
            }
            for_each_cell(column, deal);
        }
    }
}

fn for_each_cell(column: &Column, mut take: impl FnMut(u32, Scalar)) {
    let rows = column.rows().iter().copied();
    match column.values() {
        Values::Text(values) => {
            rows.zip(values).for_each(|(row, value)| take(row, Scalar::Text(*value)));
        }
        Values::Int(values) => {
            rows.zip(values).for_each(|(row, value)| take(row, Scalar::Int(*value)));
        }
        Values::Float(values) => {
            rows.zip(values).for_each(|(row, value)| take(row, Scalar::Float(*value)));
        }
        Values::Bool(values) => {
            rows.zip(values).for_each(|(row, value)| take(row, Scalar::Bool(*value)));
        }
    }
}

/// A base column that every batch has, in the group's order.
pub(crate) fn gather_base<'a>(
    base: Base,
    batches: &'a [Arc<MemBatch>],
    group: &GroupRows,
) -> ColumnData<'a> {
    let rows = || {
        group.rows.iter().map(|row| {
            let batch = &batches[row.batch as usize];
            (&**batch, &batch.batch, row.row as usize)
        })
    };
    let is = |batch: &Batch, row: usize, kind| batch.kinds()[row] == kind;
    match base {
        Base::Time => {
            ColumnData::every_int(rows().map(|(_, batch, row)| batch.times()[row].nanos()))
        }
        Base::Duration => {
            ColumnData::ints(rows().map(|(_, batch, row)| {
                is(batch, row, RowKind::Span).then(|| batch.durations()[row])
            }))
        }
        Base::Arrival => ColumnData::every_int(rows().map(|(mem, ..)| mem.arrival.nanos())),
        Base::Lsn => ColumnData::every_int(rows().map(|(mem, ..)| mem.lsn.0 as i64)),
        Base::Index => ColumnData::every_int(rows().map(|(.., row)| row as i64)),
        Base::SpanId => {
            ColumnData::SpanIds(rows().map(|(_, batch, row)| batch.span_ids()[row]).collect())
        }
        Base::ParentId => {
            ColumnData::SpanIds(rows().map(|(_, batch, row)| batch.parent_ids()[row]).collect())
        }
        Base::TraceId => {
            let (codes, ids) = code(rows().map(|(_, batch, row)| {
                let id: TraceId = batch.trace_ids()[row];
                id.is_some().then_some(id)
            }));
            ColumnData::Coded(Coded { codes, entries: Entries::TraceId(ids) })
        }
        Base::Name => {
            let (codes, names) = code(rows().map(|(_, batch, row)| {
                batch.kinds()[row].is_named().then(|| batch.text_bytes(batch.names()[row]))
            }));
            ColumnData::Coded(Coded { codes, entries: Entries::Text(names) })
        }
        _ => {
            let (codes, ints) = code(rows().map(|(mem, batch, row)| match base {
                Base::Dataset => Some(i64::from(mem.dataset_of(row as u32).0)),
                Base::Kind => Some(i64::from(batch.kinds()[row].code())),
                Base::SpanKind => {
                    is(batch, row, RowKind::Span).then(|| i64::from(batch.span_kinds()[row].code()))
                }
                Base::Status => {
                    batch.kinds()[row].has_status().then(|| i64::from(batch.statuses()[row]))
                }
                Base::SampleRate => Some(i64::from(batch.sample_rates()[row])),
                _ => None,
            }));
            ColumnData::Coded(Coded { codes, entries: Entries::Int(ints) })
        }
    }
}

fn code<V: Intern>(values: impl Iterator<Item = Option<V>>) -> (Vec<u32>, Vec<V>) {
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
