//! Reads every visible row of a snapshot in the plainest way, for comparison.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType};
use model::{Base, Batch, DatasetId, EnvironmentId, Result, RowKind, Signal, Value};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use store::{FooterColumn, Hidden, Physical, Segment, Snapshot, describe, format_uuid, unreadable};

use super::events::PlainRow;

/// Every row of an environment that the snapshot shows, in no particular order.
pub fn read_all(snapshot: &Snapshot, environment: EnvironmentId) -> Result<Vec<PlainRow>> {
    let mut rows = Vec::new();
    for signal in Signal::ALL {
        for batch in snapshot.batches(environment, signal) {
            for row in 0..batch.batch.rows() {
                let dataset = batch.dataset_of(row as u32);
                let time = batch.batch.times()[row].nanos();
                let late = batch.arrival.nanos().saturating_sub(time);
                if is_visible(snapshot, dataset, time, late) {
                    let values = values_of(&batch.batch, row);
                    rows.push(PlainRow { dataset: dataset.0, time, values });
                }
            }
        }
        for segment in snapshot.segments(environment, signal) {
            rows.extend(read_segment(snapshot, segment)?);
        }
    }
    Ok(rows)
}

fn is_visible(snapshot: &Snapshot, dataset: DatasetId, time: i64, late_max: i64) -> bool {
    let hidden = snapshot.hidden(dataset);
    hidden != Hidden::All && time >= hidden.event_time_before(late_max).nanos()
}

/// A row of a batch as text by name.
pub(super) fn values_of(batch: &Batch, row: usize) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (name, value) in batch.row(row).attributes() {
        values.insert(name.to_owned(), text_of(&value));
    }
    for base in Base::ALL.into_iter().filter(|base| base.is_sparse()) {
        if let Some(value) = batch.row(row).base(base) {
            values.insert(format!("<{}>", base.name()), text_of(&value));
        }
    }
    let mut put = |base: Base, text: String| values.insert(format!("<{}>", base.name()), text);
    put(Base::Kind, batch.kinds()[row].code().to_string());
    put(Base::SampleRate, batch.sample_rates()[row].to_string());
    if batch.trace_ids()[row].is_some() {
        put(Base::TraceId, hex(batch.trace_ids()[row].bytes()));
    }
    if batch.span_ids()[row].is_some() {
        put(Base::SpanId, hex(batch.span_ids()[row].bytes()));
    }
    if batch.kinds()[row] == RowKind::Span {
        put(Base::Name, format!("{:?}", batch.text(batch.names()[row])));
        put(Base::SpanKind, batch.span_kinds()[row].code().to_string());
        put(Base::Status, batch.statuses()[row].to_string());
        put(Base::Duration, batch.durations()[row].to_string());
    }
    values
}

fn text_of(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Int(int) => int.to_string(),
        Value::Float(float) => format!("{float:?}"),
        Value::Bool(bool) => bool.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_segment(snapshot: &Snapshot, segment: &Segment) -> Result<Vec<PlainRow>> {
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
            let mut values = BTreeMap::new();
            for (column, array) in columns.iter().zip(batch.columns()) {
                if array.is_valid(row) {
                    values.insert(name_of(column), cell(column.column.physical, array, row));
                }
            }
            let mut number = |base: Base| {
                let text = values.remove(&format!("<{}>", base.name()));
                text.and_then(|text| text.parse::<i64>().ok()).unwrap_or_default()
            };
            let (dataset, time) = (number(Base::Dataset) as u32, number(Base::Time));
            for base in [Base::Arrival, Base::Lsn, Base::Index] {
                number(base);
            }
            if is_visible(snapshot, DatasetId(dataset), time, segment.meta.late_max) {
                rows.push(PlainRow { dataset, time, values });
            }
        }
    }
    Ok(rows)
}

fn name_of(column: &FooterColumn) -> String {
    match &column.attribute {
        Some(name) => name.clone(),
        None => format!("<{}>", column.column.name),
    }
}

fn cell(physical: Physical, array: &ArrayRef, row: usize) -> String {
    match physical {
        Physical::Timestamp => {
            array.as_primitive::<TimestampNanosecondType>().value(row).to_string()
        }
        Physical::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        Physical::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        Physical::Double => format!("{:?}", array.as_primitive::<Float64Type>().value(row)),
        Physical::Boolean => array.as_boolean().value(row).to_string(),
        Physical::Text => format!("{:?}", array.as_string::<i32>().value(row)),
        Physical::Uuid => {
            let mut text = String::new();
            let bytes = array.as_fixed_size_binary().value(row);
            if let Ok(uuid) = bytes.try_into() {
                format_uuid(uuid, &mut text);
            }
            format!("{text:?}")
        }
        Physical::TraceId | Physical::SpanId => hex(array.as_fixed_size_binary().value(row)),
    }
}
