//! Points that cannot be kept: what they cost, and what is said of them.

use body::ContentType;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, Summary, SummaryDataPoint,
};
use prost::Message as _;

use super::rows::{decode, decode_as, gauge, lines, metric, request, resource};

const TIME: u64 = 1_700_000_100_000_000_000;

fn histogram(name: &str, counts: &[u64], bounds: &[f64]) -> Metric {
    let point = HistogramDataPoint {
        time_unix_nano: TIME,
        count: counts.iter().sum(),
        bucket_counts: counts.to_vec(),
        explicit_bounds: bounds.to_vec(),
        ..HistogramDataPoint::default()
    };
    metric(name, Data::Histogram(Histogram { data_points: vec![point], ..Default::default() }))
}

fn summary(name: &str, quantiles: &[(f64, f64)]) -> Metric {
    let quantile_values = quantiles.iter();
    let point = SummaryDataPoint {
        time_unix_nano: TIME,
        quantile_values: quantile_values
            .map(|(quantile, value)| ValueAtQuantile { quantile: *quantile, value: *value })
            .collect(),
        ..SummaryDataPoint::default()
    };
    metric(name, Data::Summary(Summary { data_points: vec![point] }))
}

/// Guarantees: each fault costs its point alone, and has a reason that names it.
#[test]
fn each_costs_its_point() {
    let empty = NumberDataPoint { time_unix_nano: TIME, ..NumberDataPoint::default() };
    let valueless = metric("v", Data::Gauge(Gauge { data_points: vec![empty] }));
    for (bad, reason, detail) in [
        (valueless, "point has no value", "neither as_double nor as_int"),
        (gauge("", TIME, 1, ""), "metric has no name", "name is empty"),
        (
            gauge(&"n".repeat(2_000), TIME, 1, ""),
            "metric's name is too long",
            "name has 2000 bytes, at most 1024 are kept",
        ),
        (
            histogram("h", &[1, 2], &[1.0, 2.0]),
            "buckets do not fit their bounds",
            "2 bucket_counts with 2 explicit_bounds",
        ),
        (
            histogram("h", &[1, 2, 3], &[1.0, 1.0]),
            "bounds are not finite and ascending",
            "explicit_bounds[0]",
        ),
        (
            histogram("h", &[1, 2, 3], &[1.0, f64::INFINITY]),
            "bounds are not finite and ascending",
            "explicit_bounds[1]",
        ),
        (summary("s", &[(1.5, 1.0)]), "quantile is not between 0 and 1", "quantile is 1.5"),
        (summary("s", &[(f64::NAN, 1.0)]), "quantile is not between 0 and 1", "quantile is NaN"),
        (summary("s", &[(0.5, 1.0), (0.50, 2.0)]), "quantile is there twice", ".p50"),
    ] {
        let metrics = vec![gauge("a", TIME, 1, ""), bad, gauge("b", TIME, 2, "")];
        let found = decode(&request(vec![resource("", metrics)]));
        assert_eq!(lines(&found), ["a=1 b=2"], "{reason}");
        assert_eq!(found.rejected(), 1, "{reason}");
        assert_eq!(found.problems[0].reason, reason);
        let sample = &found.problems[0].sample;
        assert!(sample.starts_with(&format!("{detail} (byte ")), "{sample}");
    }
}

/// Guarantees: points that say that there is no value are no faults and no rows, and are counted.
#[test]
fn points_without_a_value() {
    let flagged = |flags| NumberDataPoint { time_unix_nano: TIME, flags, ..Default::default() };
    let data_points = vec![flagged(1), flagged(3)];
    let mut gone = HistogramDataPoint { time_unix_nano: TIME, ..Default::default() };
    gone.flags = 1;
    let metrics = vec![
        metric("a", Data::Gauge(Gauge { data_points })),
        metric("b", Data::Histogram(Histogram { data_points: vec![gone], ..Default::default() })),
    ];
    let found = decode(&request(vec![resource("", metrics)]));
    assert_eq!((found.batch.rows(), found.rejected(), found.unrecorded), (0, 0, 3));
}

/// Guarantees: text that is not UTF-8 in a resource costs its points, and not the request.
#[test]
fn faults_of_a_resource() {
    let good = resource("host=1", vec![gauge("a", TIME, 1, "")]);
    let bad = resource("host=ZZ", vec![gauge("b", TIME, 1, ""), gauge("c", TIME, 1, "")]);
    let mut bytes = request(vec![bad, good]).encode_to_vec();
    let at = bytes.windows(2).position(|pair| pair == b"ZZ").unwrap();
    bytes[at] = 0xff;
    let found = decode_as(ContentType::Protobuf, bytes).unwrap();
    assert_eq!(lines(&found), ["a=1 host=1"]);
    assert_eq!(found.problems[0].reason, "text is not UTF-8");
    assert_eq!(found.problems[0].count, 2);
}

/// Guarantees: bytes that are no message refuse the request, with the byte and the field.
#[test]
fn errors_name_the_place() {
    let metrics = vec![gauge("a", TIME, 1, "")];
    let mut bytes = request(vec![resource("", metrics)]).encode_to_vec();
    // The last field of the point is its number: a tag and eight bytes.
    let tag_at = bytes.len() - 9;
    bytes[tag_at] = 6 << 3;
    bytes[tag_at + 1..].fill(0x80);
    let error = decode_as(ContentType::Protobuf, bytes).unwrap_err().to_string();
    let place = "resource_metrics[0].scope_metrics[0].metrics[0].gauge.data_points[0]";
    let offset = tag_at + 1;
    assert_eq!(error, format!("byte {offset}, {place}: the message ends within a number"));
}

/// Guarantees: a request of more numbers than are kept is refused as a whole, in words.
#[test]
fn numbers_are_bounded() {
    // Empty points of a summary have two numbers each.
    let data_points = vec![SummaryDataPoint::default(); 1_000_001];
    let metrics = vec![metric("a", Data::Summary(Summary { data_points }))];
    let body = request(vec![resource("", metrics)]).encode_to_vec();
    let error = decode_as(ContentType::Protobuf, body).unwrap_err().to_string();
    assert!(error.contains("more than 1000000 parts: send less at once"), "{error}");
    let half = vec![SummaryDataPoint::default(); 600_000];
    let summary = || metric("a", Data::Summary(Summary { data_points: half.clone() }));
    let body = request(vec![resource("", vec![summary(), summary()])]).encode_to_vec();
    let error = decode_as(ContentType::Protobuf, body).unwrap_err().to_string();
    assert!(error.ends_with("more than 2000000 numbers: send less at once"), "{error}");
}
