//! Metrics in OpenTelemetry's JSON.

use body::ContentType;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Histogram, HistogramDataPoint,
    NumberDataPoint, Sum, Summary, SummaryDataPoint,
};
use serde_json::json;

use super::rows::{
    attributes, decode, decode_as, gauge, lines, metric, request, resource, rows_of,
};

const TIME: u64 = 1_700_000_100_000_000_000;

/// Guarantees: every shape reads the same from JSON, with numbers as numbers or text and names in
/// either spelling, as from the protobuf of the same request.
#[test]
fn every_shape_reads_the_same() {
    let json = json!({"resourceMetrics": [{
        "resource": {"attributes": [{"key": "host", "value": {"stringValue": "1"}}]},
        "scopeMetrics": [{"scope": {"name": "lib"}, "metrics": [
            {"name": "g", "unit": "By", "gauge": {"dataPoints": [
                {"timeUnixNano": TIME.to_string(), "asInt": "1", "exemplars": [{"asInt": 3}]},
            ]}},
            {"name": "s", "sum": {"isMonotonic": true, "aggregationTemporality": 2, "dataPoints": [
                {"timeUnixNano": TIME, "asDouble": "NaN", "flags": 0,
                 "attributes": [{"key": "x", "value": {"stringValue": "1"}}]},
                {"timeUnixNano": TIME, "flags": 1},
            ]}},
            {"name": "h", "histogram": {"data_points": [
                {"time_unix_nano": TIME, "count": "6", "sum": 7.5, "bucket_counts": ["1", 2, 3],
                 "explicit_bounds": [1, 2.5], "min": 0.5, "max": "4"},
            ]}},
            {"name": "e", "exponentialHistogram": {"dataPoints": [
                {"timeUnixNano": TIME, "count": 9, "scale": -1, "zeroCount": 2,
                 "zeroThreshold": 0.25, "positive": {"offset": -2, "bucketCounts": [1, "2"]},
                 "negative": {"offset": 1, "bucketCounts": [4]}},
            ]}},
            {"name": "q", "summary": {"dataPoints": [
                {"timeUnixNano": TIME, "count": 3, "sum": 2,
                 "quantileValues": [{"quantile": 0.5, "value": 1}, {"value": 0.125}]},
            ]}},
        ]}],
    }]});
    let from_json = decode_as(ContentType::Json, json.to_string().into_bytes()).unwrap();
    let mut same = resource("host=1", vec![gauge("g", TIME, 1, ""), sum()]);
    same.scope_metrics[0].metrics.extend([histogram(), exponential(), summary()]);
    let scope = InstrumentationScope { name: "lib".to_owned(), ..Default::default() };
    same.scope_metrics[0].scope = Some(scope);
    let from_protobuf = decode(&request(vec![same]));
    assert_eq!(rows_of(&from_json.batch), rows_of(&from_protobuf.batch));
    assert_eq!((from_json.batch.rows(), from_json.unrecorded), (2, 1));
    let line = &lines(&from_json)[0];
    for field in ["g=1", "h.count=6", "h.min=0.5", "e.count=9", "q.p50=1.0", "q.min=0.125"] {
        assert!(line.split(' ').any(|found| found == field), "{field} in {line}");
    }
}

fn sum() -> opentelemetry_proto::tonic::metrics::v1::Metric {
    let value = NumberDataPoint {
        time_unix_nano: TIME,
        value: Some(Number::AsDouble(f64::NAN)),
        attributes: attributes("x=1"),
        ..Default::default()
    };
    let gone = NumberDataPoint { time_unix_nano: TIME, flags: 1, ..Default::default() };
    metric("s", Data::Sum(Sum { data_points: vec![value, gone], ..Default::default() }))
}

fn histogram() -> opentelemetry_proto::tonic::metrics::v1::Metric {
    let point = HistogramDataPoint {
        time_unix_nano: TIME,
        count: 6,
        sum: Some(7.5),
        bucket_counts: vec![1, 2, 3],
        explicit_bounds: vec![1.0, 2.5],
        min: Some(0.5),
        max: Some(4.0),
        ..Default::default()
    };
    metric("h", Data::Histogram(Histogram { data_points: vec![point], ..Default::default() }))
}

fn exponential() -> opentelemetry_proto::tonic::metrics::v1::Metric {
    let point = ExponentialHistogramDataPoint {
        time_unix_nano: TIME,
        count: 9,
        scale: -1,
        zero_count: 2,
        zero_threshold: 0.25,
        positive: Some(Buckets { offset: -2, bucket_counts: vec![1, 2] }),
        negative: Some(Buckets { offset: 1, bucket_counts: vec![4] }),
        ..Default::default()
    };
    let data_points = vec![point];
    let data = ExponentialHistogram { data_points, ..Default::default() };
    metric("e", Data::ExponentialHistogram(data))
}

fn summary() -> opentelemetry_proto::tonic::metrics::v1::Metric {
    let quantile = |quantile, value| ValueAtQuantile { quantile, value };
    let point = SummaryDataPoint {
        time_unix_nano: TIME,
        count: 3,
        sum: 2.0,
        quantile_values: vec![quantile(0.5, 1.0), quantile(0.0, 0.125)],
        ..Default::default()
    };
    metric("q", Data::Summary(Summary { data_points: vec![point] }))
}

/// Guarantees: wrong JSON is refused with its place, and an empty request is one.
#[test]
fn wrong_json() {
    let error = |text: &str| {
        decode_as(ContentType::Json, text.as_bytes().to_vec()).unwrap_err().to_string()
    };
    let scale = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"exponentialHistogram":
        {"dataPoints":[{"scale": 5000000000}]}}]}]}]}"#;
    let found = error(scale);
    assert!(found.contains("\"5000000000\" is not a number of 32 bits"), "{found}");
    assert!(error("").starts_with("line 1, column 0"), "{}", error(""));
    assert_eq!(decode_as(ContentType::Json, b"{}".to_vec()).unwrap().batch.rows(), 0);
}
