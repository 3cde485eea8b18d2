//! Events of one request, decoded: what the log acknowledges, the memtable holds and a flush sorts.
//!
//! A batch is columns, and sparse ones: an attribute costs one cell (row and value) on the rows
//! that have it and nothing on the others, so a thousand rare names cost no more than a few common
//! ones. What holds for a whole resource or scope is said once for a [`Run`] of rows. Text is not
//! copied: a [`TextRef`] points into the request's body, which the batch keeps alive. Nothing here
//! is ever laid out densely; a reader scatters just the columns it wants.

mod builder;
mod column;
mod text;

use std::ops::Range;

pub use builder::{BatchBuilder, Mark, RowHead};
pub use column::{Cell, Column, Key, Run, Values};
pub use text::TextRef;

use crate::{Base, Hour, RowKind, Scalar, Signal, SpanId, SpanKind, Timestamp, TraceId, Value};
use text::TextBuffer;

/// Consecutive rows of one dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetRun {
    /// The rows.
    pub rows: Range<u32>,
    /// The dataset's name as the client spelled it.
    pub name: String,
}

/// How many rows of a batch lie in one hour of event time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourRows {
    /// The hour.
    pub hour: Hour,
    /// The rows in it.
    pub rows: u32,
}

/// The columns that every row has.
#[derive(Debug, Default)]
struct Heads {
    time: Vec<Timestamp>,
    kind: Vec<RowKind>,
    trace_id: Vec<TraceId>,
    span_id: Vec<SpanId>,
    parent_id: Vec<SpanId>,
    name: Vec<TextRef>,
    span_kind: Vec<SpanKind>,
    status: Vec<u8>,
    duration: Vec<i64>,
    sample_rate: Vec<u32>,
}

/// Decoded events of one signal, in the order in which the request gave them.
#[derive(Debug)]
pub struct Batch {
    signal: Signal,
    text: TextBuffer,
    datasets: Vec<DatasetRun>,
    hours: Vec<HourRows>,
    heads: Heads,
    columns: Vec<Column>,
    bytes: usize,
}

impl Batch {
    /// The signal of all its rows.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.heads.time.len()
    }

    /// What it occupies in memory: the whole request body, if its text points there, and all cells.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Its datasets, covering every row in order.
    pub fn datasets(&self) -> &[DatasetRun] {
        &self.datasets
    }

    /// The hours its rows lie in, ascending.
    pub fn hours(&self) -> &[HourRows] {
        &self.hours
    }

    /// When each row happened.
    pub fn times(&self) -> &[Timestamp] {
        &self.heads.time
    }

    /// What each row is.
    pub fn kinds(&self) -> &[RowKind] {
        &self.heads.kind
    }

    /// Each row's trace.
    pub fn trace_ids(&self) -> &[TraceId] {
        &self.heads.trace_id
    }

    /// Each row's own span id.
    pub fn span_ids(&self) -> &[SpanId] {
        &self.heads.span_id
    }

    /// The span above each row.
    pub fn parent_ids(&self) -> &[SpanId] {
        &self.heads.parent_id
    }

    /// Each row's name; read it with [`Batch::text`].
    pub fn names(&self) -> &[TextRef] {
        &self.heads.name
    }

    /// The part each span plays.
    pub fn span_kinds(&self) -> &[SpanKind] {
        &self.heads.span_kind
    }

    /// The outcome of each row's span.
    pub fn statuses(&self) -> &[u8] {
        &self.heads.status
    }

    /// Each span's duration, ns.
    pub fn durations(&self) -> &[i64] {
        &self.heads.duration
    }

    /// How many events each row stands for.
    pub fn sample_rates(&self) -> &[u32] {
        &self.heads.sample_rate
    }

    /// Attributes and sparse base columns, in the order of their first appearance.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The name of a column, text for attributes.
    pub fn column_name<'a>(&'a self, column: &Column) -> &'a str {
        match column.key {
            Key::Base(base) => base.name(),
            Key::Attribute(name) => self.text(name),
        }
    }

    /// The text behind a reference of this batch.
    pub fn text(&self, text: TextRef) -> &str {
        std::str::from_utf8(self.text_bytes(text)).unwrap_or_default()
    }

    /// The text behind a reference of this batch, known to be UTF-8 but not checked again.
    pub fn text_bytes(&self, text: TextRef) -> &[u8] {
        self.text.get(text)
    }

    /// The value behind a scalar of this batch.
    pub fn value(&self, scalar: Scalar) -> Value<'_> {
        match scalar {
            Scalar::Text(text) => Value::Text(self.text(text)),
            Scalar::Int(int) => Value::Int(int),
            Scalar::Float(float) => Value::Float(float),
            Scalar::Bool(bool) => Value::Bool(bool),
        }
    }

    /// One row, read through all columns. For answers that want whole rows, not for scans.
    pub fn row(&self, row: usize) -> Row<'_> {
        Row { batch: self, row }
    }
}

/// One row of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    batch: &'a Batch,
    row: usize,
}

impl<'a> Row<'a> {
    /// Every attribute of the row, in no particular order.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        let (batch, row) = (self.batch, self.row as u32);
        batch.columns.iter().filter_map(move |column| match column.key {
            Key::Attribute(name) => Some((batch.text(name), batch.value(column.value_at(row)?))),
            Key::Base(_) => None,
        })
    }

    /// A sparse base column's value.
    pub fn base(&self, base: Base) -> Option<Value<'a>> {
        let column = self.batch.columns.iter().find(|column| column.key == Key::Base(base))?;
        Some(self.batch.value(column.value_at(self.row as u32)?))
    }
}
