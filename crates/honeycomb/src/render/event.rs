//! A whole event, as Honeycomb shows it.

use query::WholeRow;
use serde_json::{Map, Value, json};

use super::{time, value};
use crate::fields::FIELDS;

/// An event, with the name of its dataset.
pub fn event(row: &WholeRow, dataset: &str) -> Value {
    json!({
        "time": time(row.time),
        "samplerate": row.sample_rate,
        "dataset": dataset,
        "data": attributes(row),
    })
}

/// All fields of an event.
pub fn attributes(row: &WholeRow) -> Map<String, Value> {
    let mut data = Map::new();
    for (name, view) in &FIELDS {
        if let Some(datum) = row.view(view) {
            data.insert((*name).to_owned(), value(&datum));
        }
    }
    for (name, datum) in &row.attributes {
        data.insert(name.clone(), value(datum));
    }
    data
}
