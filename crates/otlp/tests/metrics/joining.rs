//! The rule by which points are joined, by cases.

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Histogram, HistogramDataPoint, Metric};

use super::rows::{
    ARRIVAL, Cell, attributes, decode, gauge, line, lines, metric, request, resource, rows_of,
};

/// Ten past some second.
const TIME: u64 = 1_700_000_100_010_000_000;

/// Guarantees: Honeycomb's documented example of metric streams gives its documented event: four
/// metrics, nanoseconds apart within a second, are one row at the whole second.
#[test]
fn the_documented_example() {
    let (early, late) = (1_623_110_537, 1_823_110_538);
    let metrics = vec![
        gauge("system.cpu.utilization.user", early, 34, ""),
        gauge("system.cpu.utilization.system", late, 8, ""),
        gauge("runtime.go.goroutines", early, 635, ""),
        gauge("runtime.go.gc.count", late, 321, ""),
    ];
    let of = "service.name=greyhound host.name=greyhound-9ab3f2 cloud.availability_zone=us-east-1c";
    let rows = rows_of(&decode(&request(vec![resource(of, metrics)])).batch);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["<time>"], Cell::Int(1_000_000_000));
    assert_eq!(
        line(&rows[0]),
        "cloud.availability_zone=us-east-1c host.name=greyhound-9ab3f2 runtime.go.gc.count=321 \
         runtime.go.goroutines=635 service.name=greyhound system.cpu.utilization.system=8 \
         system.cpu.utilization.user=34"
    );
}

/// Guarantees: points join by second, attributes and resource, whatever the order of these; what
/// differs in one of them does not; and no number replaces another.
#[test]
fn cases() {
    let case = |metrics: Vec<Metric>| lines(&decode(&request(vec![resource("", metrics)])));
    let second = 1_000_000_000;
    for (what, metrics, expected) in [
        (
            "attributes in another order",
            vec![gauge("a", TIME, 1, "x=1 y=2"), gauge("b", TIME, 2, "y=2 x=1")],
            vec!["a=1 b=2 x=1 y=2"],
        ),
        (
            "of an attribute that is there twice, the last one counts",
            vec![gauge("a", TIME, 1, "x=0 x=1"), gauge("b", TIME, 2, "x=1")],
            vec!["a=1 b=2 x=1"],
        ),
        (
            "another value of an attribute",
            vec![gauge("a", TIME, 1, "x=1"), gauge("b", TIME, 2, "x=2")],
            vec!["a=1 x=1", "b=2 x=2"],
        ),
        (
            "an attribute more",
            vec![gauge("a", TIME, 1, ""), gauge("b", TIME, 2, "x=2")],
            vec!["a=1", "b=2 x=2"],
        ),
        (
            "the next second",
            vec![gauge("a", TIME, 1, ""), gauge("b", TIME + second, 2, "")],
            vec!["a=1", "b=2"],
        ),
        (
            "the last nanosecond of the second",
            vec![gauge("a", TIME, 1, ""), gauge("b", TIME - TIME % second + second - 1, 2, "")],
            vec!["a=1 b=2"],
        ),
        (
            "a number for a column that is taken, and who comes after it",
            vec![
                gauge("a", TIME, 1, ""),
                gauge("a", TIME + 1, 2, ""),
                gauge("b", TIME, 3, ""),
                gauge("b", TIME + 1, 4, ""),
                gauge("c", TIME, 5, ""),
            ],
            vec!["a=1 b=3 c=5", "a=2 b=4"],
        ),
        (
            "rows come in the order of their first points",
            vec![
                gauge("a", TIME, 1, "x=1"),
                gauge("a", TIME, 2, "x=2"),
                gauge("b", TIME, 3, "x=1"),
            ],
            vec!["a=1 b=3 x=1", "a=2 x=2"],
        ),
    ] {
        assert_eq!(case(metrics), expected, "{what}");
    }
}

/// Guarantees: a metric that is called like a column of a histogram does not replace it.
#[test]
fn columns_of_other_metrics() {
    let point = HistogramDataPoint { time_unix_nano: TIME, count: 7, ..Default::default() };
    let histogram = Histogram { data_points: vec![point], ..Histogram::default() };
    let metrics = vec![metric("a", Data::Histogram(histogram)), gauge("a.count", TIME, 1, "")];
    let found = lines(&decode(&request(vec![resource("", metrics)])));
    assert_eq!(found, ["a.count=7", "a.count=1"]);
}

/// Guarantees: equal resources and scopes are one, wherever they stand in a request; others are
/// not, nor are scopes that differ in their name alone.
#[test]
fn resources_and_scopes() {
    let mut named = resource("host=1", vec![gauge("c", TIME, 3, "")]);
    let scope = InstrumentationScope { name: "lib".to_owned(), ..Default::default() };
    named.scope_metrics[0].scope = Some(scope);
    let found = decode(&request(vec![
        resource("host=1 zone=2", vec![gauge("a", TIME, 1, "")]),
        resource("host=1", vec![gauge("a", TIME, 2, "")]),
        resource("zone=2 host=1", vec![gauge("b", TIME, 4, "")]),
        named,
    ]));
    let expected = ["a=1 b=4 host=1 zone=2", "a=2 host=1", "c=3 host=1"];
    assert_eq!(lines(&found), expected);
    assert_eq!(rows_of(&found.batch)[2]["<scope_name>"], Cell::Text("lib".to_owned()));
}

/// Guarantees: a metric wins over an attribute of its resource, on its own row; an attribute of the
/// point wins over its metric, which is refused in words, alone.
#[test]
fn names_that_meet() {
    let metrics = vec![
        gauge("load", TIME, 1, "cpu=0"),
        gauge("cpu", TIME, 2, "cpu=0"),
        gauge("b", TIME, 3, "cpu=1"),
    ];
    let found = decode(&request(vec![resource("load=high", metrics)]));
    assert_eq!(lines(&found), ["cpu=0 load=1", "b=3 cpu=1 load=high"]);
    assert_eq!(found.rejected(), 1);
    assert_eq!(found.problems[0].reason, "metric has the name of an attribute");
    let sample = &found.problems[0].sample;
    let text = "cpu is an attribute of the point: rename one of them (byte ";
    assert!(sample.starts_with(text), "{sample}");
}

/// Guarantees: a distribution meets an attribute that is called like one of its columns.
#[test]
fn names_that_meet_columns() {
    let point = HistogramDataPoint {
        time_unix_nano: TIME,
        count: 7,
        attributes: attributes("a=x a.counts=y"),
        ..Default::default()
    };
    let met = HistogramDataPoint { attributes: attributes("a.count=x"), ..point.clone() };
    let histogram = Histogram { data_points: vec![point, met], ..Histogram::default() };
    let metrics = vec![metric("a", Data::Histogram(histogram))];
    let found = decode(&request(vec![resource("", metrics)]));
    assert_eq!(lines(&found), ["a=x a.count=7 a.counts=y"]);
    assert_eq!(found.rejected(), 1);
}

/// Guarantees: a point without a time is as old as its arrival, to the second like all; one beyond
/// what can be represented too, and keeps what was sent.
#[test]
fn times() {
    let wrong = u64::MAX - 1;
    let metrics = vec![gauge("a", 0, 1, ""), gauge("b", wrong, 2, ""), gauge("c", 0, 3, "")];
    let rows = rows_of(&decode(&request(vec![resource("", metrics)])).batch);
    let lines: Vec<_> = rows.iter().map(line).collect();
    assert_eq!(lines, ["a=1 c=3", "b=2"]);
    let arrived = Cell::Int(ARRIVAL.nanos() / 1_000_000_000 * 1_000_000_000);
    assert!(rows.iter().all(|row| row["<time>"] == arrived));
    assert_eq!(rows[1]["<original_time>"], Cell::Text(wrong.to_string()));
}

/// Guarantees: what is a sample rate on a span is an attribute like any other on a point, which
/// stands for itself.
#[test]
fn sample_rates_are_attributes() {
    let metrics = vec![gauge("a", TIME, 1, "SampleRate=7")];
    let found = decode(&request(vec![resource("sampleRate=5 SampleRate=6", metrics)]));
    assert_eq!(lines(&found), ["SampleRate=7 a=1 sampleRate=5"]);
    assert_eq!(found.batch.sample_rates(), [1]);
}
