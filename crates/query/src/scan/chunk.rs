//! Some rows, read as typed columns.

use arrow::array::ArrayRef;
use model::{Base, ValueType};

/// Columns of some rows, wherever they lie. What a chunk does not have is `None`, and null on every
/// row.
pub(crate) trait Chunk {
    /// How many rows.
    fn rows(&self) -> usize;

    /// A base column. Times, durations and sparse integers are `Int64`, other numbers `Int32`, ids
    /// fixed binary, texts string views.
    fn base(&self, base: Base) -> Option<ArrayRef>;

    /// The values of one type of an attribute: string views, `Int64`, `Float64` or booleans.
    fn attribute(&self, name: &str, kind: ValueType) -> Option<ArrayRef>;
}
