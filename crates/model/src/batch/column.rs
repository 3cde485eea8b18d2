//! One sparse column of a batch: cells, and runs of rows with one value.

use std::ops::Range;

use super::text::TextRef;
use crate::{Base, Scalar, ValueType};

/// What a column is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A sparse base column.
    Base(Base),
    /// The attribute of this name.
    Attribute(TextRef),
}

/// Values of one type, one for each cell.
#[derive(Debug)]
pub enum Values {
    /// UTF-8 texts.
    Text(Vec<TextRef>),
    /// Integers.
    Int(Vec<i64>),
    /// Floats.
    Float(Vec<f64>),
    /// Truth values.
    Bool(Vec<bool>),
}

impl Values {
    pub(super) fn new(kind: ValueType) -> Self {
        match kind {
            ValueType::Text => Self::Text(Vec::new()),
            ValueType::Int => Self::Int(Vec::new()),
            ValueType::Float => Self::Float(Vec::new()),
            ValueType::Bool => Self::Bool(Vec::new()),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, value: Scalar) {
        match (self, value) {
            (Self::Text(values), Scalar::Text(value)) => values.push(value),
            (Self::Int(values), Scalar::Int(value)) => values.push(value),
            (Self::Float(values), Scalar::Float(value)) => values.push(value),
            (Self::Bool(values), Scalar::Bool(value)) => values.push(value),
            _ => debug_assert!(false, "a column is picked by its value's type"),
        }
    }

    fn truncate(&mut self, len: usize) {
        match self {
            Self::Text(values) => values.truncate(len),
            Self::Int(values) => values.truncate(len),
            Self::Float(values) => values.truncate(len),
            Self::Bool(values) => values.truncate(len),
        }
    }

    fn get(&self, index: usize) -> Scalar {
        match self {
            Self::Text(values) => Scalar::Text(values[index]),
            Self::Int(values) => Scalar::Int(values[index]),
            Self::Float(values) => Scalar::Float(values[index]),
            Self::Bool(values) => Scalar::Bool(values[index]),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Text(values) => values.capacity() * size_of::<TextRef>(),
            Self::Int(values) => values.capacity() * size_of::<i64>(),
            Self::Float(values) => values.capacity() * size_of::<f64>(),
            Self::Bool(values) => values.capacity(),
        }
    }
}

/// Consecutive rows that share a value, except where a cell of the same column says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The rows.
    pub rows: Range<u32>,
    /// Their value.
    pub value: Scalar,
}

/// One row's own value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// The row.
    pub row: u32,
    /// Its value.
    pub value: Scalar,
}

/// A sparse column: at most one value on a row; a row has a value of at most one type for a name.
#[derive(Debug)]
pub struct Column {
    pub(super) key: Key,
    pub(super) kind: ValueType,
    pub(super) runs: Vec<Run>,
    pub(super) rows: Vec<u32>,
    pub(super) values: Values,
}

impl Column {
    pub(super) fn new(key: Key, kind: ValueType) -> Self {
        Self { key, kind, runs: Vec::new(), rows: Vec::new(), values: Values::new(kind) }
    }

    /// What the column is of.
    pub fn key(&self) -> Key {
        self.key
    }

    /// The type of all its values.
    pub fn value_type(&self) -> ValueType {
        self.kind
    }

    /// Runs, ascending and disjoint. A cell overrides the run it lies in.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The rows that have cells, ascending.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The cells' values, parallel to [`Column::rows`].
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Whether any of these rows has a value.
    pub fn has_any(&self, rows: &Range<u32>) -> bool {
        let cell = self.rows.partition_point(|row| *row < rows.start);
        let run = self.runs.partition_point(|run| run.rows.end <= rows.start);
        self.rows.get(cell).is_some_and(|row| *row < rows.end)
            || self.runs.get(run).is_some_and(|run| run.rows.start < rows.end)
    }

    /// The value on `row`.
    pub fn value_at(&self, row: u32) -> Option<Scalar> {
        if let Ok(cell) = self.rows.binary_search(&row) {
            return Some(self.values.get(cell));
        }
        let run = self.runs.partition_point(|run| run.rows.end <= row);
        let run = self.runs.get(run)?;
        run.rows.contains(&row).then_some(run.value)
    }

    #[inline]
    pub(super) fn push(&mut self, row: u32, value: Scalar) {
        self.rows.push(row);
        self.values.push(value);
    }

    /// Drops the cells on `row` and after it.
    pub(super) fn truncate(&mut self, row: u32) {
        let keep = self.rows.partition_point(|cell| *cell < row);
        self.rows.truncate(keep);
        self.values.truncate(keep);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.runs.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.runs.capacity() * size_of::<Run>()
            + self.rows.capacity() * size_of::<u32>()
            + self.values.bytes()
    }
}
