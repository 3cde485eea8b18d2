//! Reads every visible row of a snapshot in the plainest way, the overflow column included.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType};
use model::{Base, DatasetId, Result, Signal, Value};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use store::{
    FieldId, Hidden, Physical, Segment, SegmentColumn, Snapshot, describe, format_uuid, unreadable,
};

use crate::world::{ENVIRONMENT, Plain};

/// A row as tests compare it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) dataset: String,
    pub(crate) time: i64,
    pub(crate) attributes: BTreeMap<String, Plain>,
}

impl Row {
    /// The number that tests give to rows.
    pub(crate) fn id(&self) -> Option<i64> {
        match self.attributes.get("id") {
            Some(Plain::Int(id)) => Some(*id),
            _ => None,
        }
    }
}

/// Every visible row, in no particular order.
pub(crate) fn read_all(snapshot: &Snapshot) -> Result<Vec<Row>> {
    let mut rows = read_memory(snapshot);
    for segment in snapshot.segments(ENVIRONMENT, Signal::Spans) {
        rows.extend(read_segment(snapshot, segment)?);
    }
    Ok(rows)
}

/// The visible rows that are not in segments.
pub(crate) fn read_memory(snapshot: &Snapshot) -> Vec<Row> {
    let mut rows = Vec::new();
    for batch in snapshot.batches(ENVIRONMENT, Signal::Spans) {
        for row in 0..batch.batch.rows() {
            let time = batch.batch.times()[row].nanos();
            let late = batch.arrival.nanos().saturating_sub(time);
            let Some(dataset) = visible(snapshot, batch.dataset_of(row as u32), time, late) else {
                continue;
            };
            let row = batch.batch.row(row);
            let attributes = row.attributes().map(|(name, value)| (name.to_owned(), plain(value)));
            rows.push(Row { dataset, time, attributes: attributes.collect() });
        }
    }
    rows
}

fn plain(value: Value<'_>) -> Plain {
    match value {
        Value::Text(text) => Plain::text(text),
        Value::Int(int) => Plain::Int(int),
        Value::Float(float) => Plain::float(float),
        Value::Bool(bool) => Plain::Bool(bool),
    }
}

/// The name of a row's dataset, if the row is to be seen.
fn visible(snapshot: &Snapshot, dataset: DatasetId, time: i64, late_max: i64) -> Option<String> {
    let hidden = snapshot.hidden(dataset);
    let gone = hidden == Hidden::All || time < hidden.event_time_before(late_max).nanos();
    if gone {
        return None;
    }
    snapshot.datasets().get(dataset).map(|dataset| dataset.name.clone())
}

/// The visible rows of one segment.
pub(crate) fn read_segment(snapshot: &Snapshot, segment: &Segment) -> Result<Vec<Row>> {
    let path = &segment.meta.path;
    let reader = snapshot.open(segment)?;
    let columns = describe(&reader.metadata(path)?)?.columns;
    let failed = |error| unreadable(path, error);
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let batches = ParquetRecordBatchReaderBuilder::try_new_with_options(reader, options)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(failed)?;
    let mut rows = Vec::new();
    for batch in batches {
        let batch = batch.map_err(|error| unreadable(path, error))?;
        for row in 0..batch.num_rows() {
            let mut attributes = BTreeMap::new();
            let (mut dataset, mut time) = (0, 0);
            for (footer, array) in columns.iter().zip(batch.columns()) {
                let Some(value) = value_of(&footer.column, array, row) else { continue };
                match (&footer.attribute, value) {
                    (Some(name), value) => drop(attributes.insert(name.clone(), value)),
                    (None, Plain::Text(json)) if footer.column.field == FieldId::REST => {
                        attributes.extend(rest_of(&json));
                    }
                    (None, Plain::Int(int)) if is(&footer.column, Base::Dataset) => dataset = int,
                    (None, Plain::Int(int)) if is(&footer.column, Base::Time) => time = int,
                    _ => {}
                }
            }
            let dataset = DatasetId(dataset as u32);
            if let Some(dataset) = visible(snapshot, dataset, time, segment.meta.late_max) {
                rows.push(Row { dataset, time, attributes });
            }
        }
    }
    Ok(rows)
}

fn is(column: &SegmentColumn, base: Base) -> bool {
    column.field == FieldId::of_base(base)
}

/// The attributes that the overflow column holds for a row.
fn rest_of(json: &str) -> BTreeMap<String, Plain> {
    let object: BTreeMap<String, serde_json::Value> = serde_json::from_str(json).unwrap();
    let value = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Plain::Text(text),
        serde_json::Value::Bool(bool) => Plain::Bool(bool),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(int) => Plain::Int(int),
            None => Plain::float(number.as_f64().unwrap()),
        },
        serde_json::Value::Object(object) => Plain::Float(object["f64"].as_u64().unwrap()),
        other => panic!("not a value of the overflow column: {other}"),
    };
    object.into_iter().map(|(name, json)| (name, value(json))).collect()
}

fn value_of(column: &SegmentColumn, array: &ArrayRef, row: usize) -> Option<Plain> {
    if array.is_null(row) {
        return None;
    }
    Some(match column.physical {
        Physical::Timestamp => {
            Plain::Int(array.as_primitive::<TimestampNanosecondType>().value(row))
        }
        Physical::Int32 => Plain::Int(i64::from(array.as_primitive::<Int32Type>().value(row))),
        Physical::Int64 => Plain::Int(array.as_primitive::<Int64Type>().value(row)),
        Physical::Double => Plain::float(array.as_primitive::<Float64Type>().value(row)),
        Physical::Boolean => Plain::Bool(array.as_boolean().value(row)),
        Physical::Text => Plain::text(array.as_string::<i32>().value(row)),
        Physical::Uuid => {
            let mut text = String::new();
            format_uuid(array.as_fixed_size_binary().value(row).try_into().unwrap(), &mut text);
            Plain::Text(text)
        }
        Physical::TraceId | Physical::SpanId => return None,
    })
}
