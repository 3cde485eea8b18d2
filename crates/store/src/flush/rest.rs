//! The overflow column: attributes beyond the columns that a file may have, as JSON text.

use std::fmt::Write as _;
use std::sync::Arc;

use model::{Result, Value};

use super::gather::{GroupRows, Parts};
use super::{ColumnName, EncodedColumn, encode_groups};
use crate::memtable::MemBatch;
use crate::segment::{Coded, ColumnData, Entries, FooterColumn, Interner, NULL, SegmentColumn};

/// Sparse columns that stay columns, and attributes that go into the overflow column: the ones with
/// the fewest values.
pub(super) type Split<'a> = (Vec<(ColumnName<'a>, Parts)>, Vec<(&'a str, Parts)>);

pub(super) fn split<'a>(
    batches: &[Arc<MemBatch>],
    parts: Vec<(ColumnName<'a>, Parts)>,
    columns_max: usize,
) -> Split<'a> {
    let is_attribute = |name: &ColumnName<'_>| matches!(name, ColumnName::Attribute(_));
    let attributes = parts.iter().filter(|(name, _)| is_attribute(name)).count();
    if attributes <= columns_max {
        return (parts, Vec::new());
    }
    let mut by_values: Vec<(usize, usize)> = parts
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| is_attribute(name))
        .map(|(at, (_, parts))| (parts.values(batches), at))
        .collect();
    by_values.sort_unstable();
    by_values.truncate(attributes - columns_max);
    let mut to_rest: Vec<usize> = by_values.into_iter().map(|(_, at)| at).collect();
    to_rest.sort_unstable();
    let (mut kept, mut rest) = (Vec::new(), Vec::new());
    for (at, (name, parts)) in parts.into_iter().enumerate() {
        match name {
            ColumnName::Attribute(name) if to_rest.binary_search(&at).is_ok() => {
                rest.push((name, parts));
            }
            name => kept.push((name, parts)),
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

/// For each row the JSON object of its overflowing attributes, empty where it has none.
fn texts_of(batches: &[Arc<MemBatch>], group: &GroupRows, rest: &[(&str, Parts)]) -> Vec<String> {
    let mut texts = vec![String::new(); group.len()];
    for (name, parts) in rest {
        let coded = parts.gather(batches, group);
        for (text, code) in texts.iter_mut().zip(&coded.codes) {
            if *code == NULL {
                continue;
            }
            text.push(if text.is_empty() { '{' } else { ',' });
            write_json(&Value::Text(name), text);
            text.push(':');
            let at = *code as usize;
            write_json(&value_of(&coded.entries, at), text);
        }
    }
    for text in texts.iter_mut().filter(|text| !text.is_empty()) {
        text.push('}');
    }
    texts
}

fn value_of<'a>(entries: &Entries<'a>, at: usize) -> Value<'a> {
    match entries {
        Entries::Text(texts) => Value::Text(std::str::from_utf8(texts[at]).unwrap_or_default()),
        Entries::Int(ints) => Value::Int(ints[at]),
        Entries::Float(floats) => Value::Float(floats[at]),
        Entries::Bool | Entries::TraceId(_) => Value::Bool(at == 1),
    }
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
