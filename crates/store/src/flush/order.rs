//! The order of rows within a row group: what belongs together lies together.
//!
//! Spans are sorted by dataset, kind, name, instance and time, so that nearly every column becomes
//! a few long runs (measured: 31.7 B a span against 50 in order of time). Logs are sorted by
//! dataset and time; ties keep the order of arrival.

use std::sync::Arc;

use model::{Batch, Column, Key, Scalar, Signal, ValueType};

use super::plan::RowRef;
use crate::memtable::MemBatch;
use crate::segment::{Interner, NULL};

/// The attribute that tells the instances of a service apart.
pub(crate) const INSTANCE: &str = "service.instance.id";

/// Bits of the sort key for names and for instances: a row group has at most 2^17 rows.
const RANK_BITS: u32 = 18;
/// Bits of the sort key for the kinds of row and span.
const KIND_BITS: u32 = 3;

/// The parts of the sort key that are numbers, for each row.
pub(crate) struct Keys {
    /// Dataset ids.
    pub(crate) datasets: Vec<u32>,
    /// Kind of row, kind of span.
    pub(crate) kinds: Vec<[u8; 2]>,
    /// Times, ns.
    pub(crate) times: Vec<i64>,
}

/// Sorts the rows of a row group, which are in order of arrival.
pub(crate) fn sort(batches: &[Arc<MemBatch>], signal: Signal, rows: &mut Vec<RowRef>) {
    let batch_of = |row: &RowRef| &batches[row.batch as usize];
    let keys = Keys {
        datasets: rows.iter().map(|row| batch_of(row).dataset_of(row.row).0).collect(),
        kinds: rows
            .iter()
            .map(|row| {
                let (batch, row) = (&batch_of(row).batch, row.row as usize);
                [batch.kinds()[row].code(), batch.span_kinds()[row].code()]
            })
            .collect(),
        times: rows
            .iter()
            .map(|row| batch_of(row).batch.times()[row.row as usize].nanos())
            .collect(),
    };
    let instances = instance_columns(batches);
    let has_names = signal == Signal::Spans;
    let name = |row: &RowRef| {
        let batch = &batch_of(row).batch;
        has_names.then(|| batch.text_bytes(batch.names()[row.row as usize]))
    };
    let instance = |row: &RowRef| match instances[row.batch as usize]?.value_at(row.row)? {
        Scalar::Text(text) if has_names => Some(batch_of(row).batch.text_bytes(text)),
        _ => None,
    };
    let order = sort_by_keys(&keys, rows.iter().map(name), rows.iter().map(instance));
    *rows = order.into_iter().map(|at| rows[at as usize]).collect();
}

/// The order of rows by dataset, kinds, name, instance, time, and their present order.
pub(crate) fn sort_by_keys<'a>(
    keys: &Keys,
    names: impl Iterator<Item = Option<&'a [u8]>>,
    instances: impl Iterator<Item = Option<&'a [u8]>>,
) -> Vec<u32> {
    let mut distinct = keys.datasets.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let (names, instances) = (ranks(names), ranks(instances));
    let mut sorted: Vec<(u64, i64, u32)> = (0..keys.times.len())
        .map(|at| {
            let dataset = distinct.binary_search(&keys.datasets[at]).unwrap_or_default() as u64;
            let [row_kind, span_kind] = keys.kinds[at];
            let key = dataset << KIND_BITS | u64::from(row_kind);
            let key = key << KIND_BITS | u64::from(span_kind);
            let key = key << RANK_BITS | u64::from(names[at]);
            let key = key << RANK_BITS | u64::from(instances[at]);
            (key, keys.times[at], at as u32)
        })
        .collect();
    sorted.sort_unstable();
    sorted.into_iter().map(|(_, _, at)| at).collect()
}

/// Each batch's column of instances.
fn instance_columns(batches: &[Arc<MemBatch>]) -> Vec<Option<&Column>> {
    let is_instance = |batch: &Batch, column: &Column| {
        column.value_type() == ValueType::Text
            && matches!(column.key(), Key::Attribute(_))
            && batch.column_name(column) == INSTANCE
    };
    let find = |batch: &'_ Arc<MemBatch>| {
        batch.batch.columns().iter().position(|column| is_instance(&batch.batch, column))
    };
    batches.iter().map(|batch| Some(&batch.batch.columns()[find(batch)?])).collect()
}

/// The place of each text among the distinct ones in order; missing ones come first.
fn ranks<'a>(texts: impl Iterator<Item = Option<&'a [u8]>>) -> Vec<u32> {
    let mut interner = Interner::new();
    let mut last = NULL;
    let codes: Vec<u32> = texts
        .map(|text| match text {
            None => NULL,
            Some(text) => {
                last = interner.code(text, last);
                last
            }
        })
        .collect();
    let texts = interner.into_entries();
    let mut by_text: Vec<u32> = (0..texts.len() as u32).collect();
    by_text.sort_unstable_by_key(|code| texts[*code as usize]);
    let mut ranks = vec![0; texts.len()];
    for (rank, code) in by_text.into_iter().enumerate() {
        ranks[code as usize] = rank as u32 + 1;
    }
    codes.iter().map(|code| if *code == NULL { 0 } else { ranks[*code as usize] }).collect()
}
