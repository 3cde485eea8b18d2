//! The overflow column: attributes beyond the columns that a file may have, as JSON text.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use model::{Result, Value};

use super::gather::{GroupRows, Parts};
use super::{ColumnName, EncodedColumn, encode_groups};
use crate::memtable::MemBatch;
use crate::segment::{Coded, ColumnData, Entries, FooterColumn, Interner, NULL, SegmentColumn};

/// Sparse columns that stay columns, and attributes that go into the overflow column.
pub(super) type Split<'a> = (Vec<(ColumnName<'a>, Parts)>, Vec<(&'a str, Parts)>);

/// Chooses the attributes that go into the overflow column: those whose names must not become known
/// (`is_welcome` says no), and beyond `columns_max` the ones with the fewest values.
pub(super) fn split<'a>(
    batches: &[Arc<MemBatch>],
    groups: &[GroupRows],
    parts: Vec<(ColumnName<'a>, Parts)>,
    columns_max: usize,
    mut is_welcome: impl FnMut(&str) -> bool,
) -> Split<'a> {
    let attributes = parts.iter().filter(|(name, _)| name.attribute().is_some()).count();
    let mut surplus = BTreeSet::new();
    if attributes > columns_max {
        // Batches bring columns that only rows of other segments have: those count for nothing.
        let mut by_values: Vec<(usize, usize)> = parts
            .iter()
            .enumerate()
            .filter(|(_, (name, _))| name.attribute().is_some())
            .map(|(at, (_, parts))| (parts.values(batches, groups), at))
            .filter(|(values, _)| *values > 0)
            .collect();
        by_values.sort_unstable();
        by_values.truncate(by_values.len().saturating_sub(columns_max));
        surplus.extend(by_values.into_iter().map(|(_, at)| at));
    }
    let (mut kept, mut rest) = (Vec::new(), Vec::new());
    for (at, (name, parts)) in parts.into_iter().enumerate() {
        match name.attribute() {
            Some(attribute) if surplus.contains(&at) || !is_welcome(attribute) => {
                rest.push((attribute, parts));
            }
            _ => kept.push((name, parts)),
        }
    }
    (kept, rest)
}

/// Encodes the overflow column.
pub(super) fn encode(
    batches: &[Arc<MemBatch>],
    groups: &[GroupRows],
    rest: &[(&str, Parts)],
) -> Result<Option<EncodedColumn>> {
    let texts: Vec<Vec<String>> =
        groups.iter().map(|group| texts_of(batches, group, rest)).collect();
    let data = texts.iter().map(|texts| ColumnData::Coded(code(texts))).collect();
    encode_groups(FooterColumn { column: SegmentColumn::rest(), attribute: None }, data)
}

/// For each row the JSON object of its overflowing attributes, empty where it has none. A value at
/// a time: there may be very many names, and few rows have each.
fn texts_of(batches: &[Arc<MemBatch>], group: &GroupRows, rest: &[(&str, Parts)]) -> Vec<String> {
    let mut texts = vec![String::new(); group.len()];
    for (name, parts) in rest {
        parts.for_each(batches, group, |place, value| {
            let text = &mut texts[place];
            text.push(if text.is_empty() { '{' } else { ',' });
            write_json(&Value::Text(name), text);
            text.push(':');
            write_json(&value, text);
        });
    }
    for text in texts.iter_mut().filter(|text| !text.is_empty()) {
        text.push('}');
    }
    texts
}

/// Floats always have a point or an exponent, so that they read back as floats; those that JSON
/// cannot say are objects of their bits.
fn write_json(value: &Value<'_>, out: &mut String) {
    let written = match value {
        Value::Text(text) => match serde_json::to_string(text) {
            Ok(json) => out.write_str(&json),
            Err(_) => out.write_str("null"),
        },
        Value::Int(int) => write!(out, "{int}"),
        Value::Float(float) if float.is_finite() => write!(out, "{float:?}"),
        Value::Float(float) => write!(out, "{{\"f64\":{}}}", float.to_bits()),
        Value::Bool(bool) => write!(out, "{bool}"),
    };
    written.expect("a string takes any text");
}

fn code(texts: &[String]) -> Coded<'_> {
    let mut interner = Interner::new();
    let codes = texts
        .iter()
        .map(|text| if text.is_empty() { NULL } else { interner.code(text.as_bytes(), NULL) })
        .collect();
    Coded { codes, entries: Entries::Text(interner.into_entries()) }
}
