//! Decoded rows in a form that tests can compare, and short ways to make requests.

use std::collections::BTreeMap;

use body::ContentType;
use bytes::Bytes;
use model::{Base, Batch, RowKind, Signal, Timestamp, Value};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use otlp::{Context, Decoded};
use prost::Message as _;

/// When requests arrive: not on a whole second.
pub(crate) const ARRIVAL: Timestamp = Timestamp::from_nanos(1_700_000_000_250_000_000);

/// A field of a row. Floats that differ in their last digits are equal.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Int(one), Self::Int(other)) => one == other,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Float(one), Self::Float(other)) => {
                let size = one.abs().max(other.abs());
                one.to_bits() == other.to_bits() || (one - other).abs() <= size * 1e-9 + 1e-12
            }
            _ => false,
        }
    }
}

/// A row by the names of its fields; base columns in angle brackets.
pub(crate) type Row = BTreeMap<String, Cell>;

pub(crate) fn decode_as(content: ContentType, body: Vec<u8>) -> model::Result<Decoded> {
    let dataset = |name: Option<&str>| name.unwrap_or("none").to_owned();
    let context = Context { arrival: ARRIVAL, seed: 1, dataset: &dataset, unpacking: None };
    otlp::decode(Signal::Metrics, content, &Bytes::from(body), &context)
}

pub(crate) fn decode(request: &ExportMetricsServiceRequest) -> Decoded {
    decode_as(ContentType::Protobuf, request.encode_to_vec()).unwrap()
}

pub(crate) fn rows_of(batch: &Batch) -> Vec<Row> {
    assert!(batch.kinds().iter().all(|kind| *kind == RowKind::MetricPoint));
    assert!(batch.sample_rates().iter().all(|rate| *rate == 1));
    (0..batch.rows()).map(|row| row_of(batch, row)).collect()
}

fn row_of(batch: &Batch, row: usize) -> Row {
    let mut found = Row::new();
    for (name, value) in batch.row(row).attributes() {
        found.insert(name.to_owned(), cell_of(&value));
    }
    for base in Base::ALL.into_iter().filter(|base| base.is_sparse()) {
        if let Some(value) = batch.row(row).base(base) {
            found.insert(format!("<{}>", base.name()), cell_of(&value));
        }
    }
    let run = batch.datasets().partition_point(|run| run.rows.end as usize <= row);
    found.insert("<dataset>".to_owned(), Cell::Text(batch.datasets()[run].name.clone()));
    found.insert("<time>".to_owned(), Cell::Int(batch.times()[row].nanos()));
    found
}

fn cell_of(value: &Value<'_>) -> Cell {
    match value {
        Value::Text(text) => Cell::Text((*text).to_owned()),
        Value::Int(int) => Cell::Int(*int),
        Value::Float(float) => Cell::Float(*float),
        Value::Bool(bool) => Cell::Bool(*bool),
    }
}

/// Fields of a row without those in angle brackets, as one line.
pub(crate) fn line(row: &Row) -> String {
    let fields = row.iter().filter(|(name, _)| !name.starts_with('<'));
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone(),
        Cell::Int(int) => int.to_string(),
        Cell::Float(float) => format!("{float:?}"),
        Cell::Bool(bool) => bool.to_string(),
    };
    fields.map(|(name, cell)| format!("{name}={}", text(cell))).collect::<Vec<_>>().join(" ")
}

/// The lines of all rows, without what is in `hidden` of each.
pub(crate) fn lines(decoded: &Decoded) -> Vec<String> {
    rows_of(&decoded.batch).iter().map(line).collect()
}

/// Attributes written as `a=1 b=2`.
pub(crate) fn attributes(text: &str) -> Vec<KeyValue> {
    let pairs = text.split_whitespace().map(|pair| pair.split_once('=').unwrap());
    pairs
        .map(|(key, value)| KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue { value: Some(Any::StringValue(value.to_owned())) }),
            ..KeyValue::default()
        })
        .collect()
}

/// A gauge of one point.
pub(crate) fn gauge(name: &str, time: u64, value: i64, point: &str) -> Metric {
    let point = NumberDataPoint {
        attributes: attributes(point),
        time_unix_nano: time,
        value: Some(Number::AsInt(value)),
        ..NumberDataPoint::default()
    };
    metric(name, Data::Gauge(Gauge { data_points: vec![point] }))
}

pub(crate) fn metric(name: &str, data: Data) -> Metric {
    Metric { name: name.to_owned(), data: Some(data), ..Metric::default() }
}

/// A resource with metrics of one scope without a name.
pub(crate) fn resource(text: &str, metrics: Vec<Metric>) -> ResourceMetrics {
    ResourceMetrics {
        resource: Some(Resource { attributes: attributes(text), ..Resource::default() }),
        scope_metrics: vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }],
        ..ResourceMetrics::default()
    }
}

pub(crate) fn request(resource_metrics: Vec<ResourceMetrics>) -> ExportMetricsServiceRequest {
    ExportMetricsServiceRequest { resource_metrics }
}
