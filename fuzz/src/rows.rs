//! Looks at every row of what was decoded: a batch that cannot be read is as bad as a panic.

use model::{Batch, Value};

/// Rows that are looked at; what is wrong with many is wrong with the first.
const ROWS_MAX: usize = 64;

/// Reads the rows of a batch.
pub(crate) fn read(batch: &Batch) {
    let covered: usize = batch.datasets().iter().map(|run| run.rows.len()).sum();
    assert_eq!(covered, batch.rows(), "each row belongs to a dataset");
    let hours: usize = batch.hours().iter().map(|hour| hour.rows as usize).sum();
    assert_eq!(hours, batch.rows(), "each row lies in an hour");
    for row in 0..batch.rows().min(ROWS_MAX) {
        let mut bytes = batch.text(batch.names()[row]).len();
        for (name, value) in batch.row(row).attributes() {
            assert!(!name.is_empty(), "columns have names");
            bytes += name.len();
            if let Value::Text(text) = value {
                bytes += text.len();
            }
        }
        assert!(bytes < usize::MAX / 2);
    }
}

/// Whether a metric's median is below zero, which is what a planted bug fails on: only a histogram
/// that decodes, with buckets that fit their bounds, has one.
pub(crate) fn has_negative_median(batch: &Batch) -> bool {
    let is_wrong = |(name, value): (&str, Value<'_>)| {
        name.ends_with(".p50") && matches!(value, Value::Float(median) if median < 0.0)
    };
    (0..batch.rows().min(ROWS_MAX)).any(|row| batch.row(row).attributes().any(is_wrong))
}
