//! Metrics, sent as OpenTelemetry has them and asked for as fields of events.

use model::{Clock as _, SystemClock};
use serde_json::{Value, json};
use ureq::http::Method;

use super::world::{Server, World};

/// A gauge of two hosts and a histogram of one, just now; a point of a third says that it has no
/// value.
fn request() -> Value {
    let now = (SystemClock::new().now().nanos() - 5_000_000_000).to_string();
    let host = |name: &str| json!([{"key": "host", "value": {"stringValue": name}}]);
    let gauge = |name: &str, value: f64| {
        let attributes = host(name);
        json!({"timeUnixNano": now, "asDouble": value, "attributes": attributes})
    };
    json!({"resourceMetrics": [{
        "resource": {"attributes": [{"key": "zone", "value": {"stringValue": "eu"}}]},
        "scopeMetrics": [{"metrics": [
            {"name": "load", "gauge": {"dataPoints": [
                gauge("a", 1.0), gauge("a", 2.0), gauge("b", 8.0),
                {"timeUnixNano": now, "flags": 1, "attributes": host("c")},
            ]}},
            {"name": "took", "histogram": {"dataPoints": [{
                "timeUnixNano": now, "attributes": host("b"), "count": 4, "sum": 6.0,
                "explicitBounds": [1.0, 2.0], "bucketCounts": [2, 2, 0],
            }]}},
        ]}],
    }]})
}

fn ask(server: &Server, question: &Value) -> Value {
    let (status, body) = server.post("/api/v1/query", question);
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// What each host says, host by host.
fn by_host(server: &Server, dataset: &str) -> Vec<Value> {
    let question = json!({"dataset": dataset, "query": {
        "breakdowns": ["host"],
        "calculations": [
            {"op": "AVG", "column": "load"},
            {"op": "MAX", "column": "took.p50"},
            {"op": "COUNT"},
        ],
        "orders": [{"column": "host", "order": "ascending"}],
    }});
    let mut body = ask(server, &question);
    let Value::Array(results) = body["data"]["results"].take() else { panic!("a list of results") };
    results.into_iter().map(|mut result| result["data"].take()).collect()
}

/// Guarantees: metrics become events, those of one moment and one set of attributes in one; they
/// are grouped and averaged like all fields, and are there once after a kill.
#[test]
fn are_asked_for_as_fields() {
    let world = World::new();
    let server = world.start();
    let headers = [("x-honeycomb-dataset", "hosts")];
    let body = request().to_string();
    let (status, answer) = server.ask(Method::POST, "/v1/metrics/", &headers, Some(body.as_str()));
    assert_eq!((status, answer.as_str()), (200, "{}"));
    let expected = [
        json!({"host": "a", "AVG(load)": 1.5, "MAX(took.p50)": null, "COUNT": 2}),
        json!({"host": "b", "AVG(load)": 8.0, "MAX(took.p50)": 1.0, "COUNT": 1}),
    ];
    assert_eq!(by_host(&server, "hosts"), expected);
    assert_eq!(server.metric("trackway_points_without_value_total"), 1.0);
    server.kill();
    let server = world.start();
    assert_eq!(by_host(&server, "hosts"), expected);

    let rows = ask(
        &server,
        &json!({"dataset": "hosts", "query": {
        "filters": [{"column": "meta.signal_type", "op": "=", "value": "metric"}],
    }, "rows": true}),
    );
    let rows = rows["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    let both = rows.iter().find(|row| row["data"]["host"] == "b").unwrap();
    assert_eq!(both["data"]["took.avg"], 1.5);
    assert_eq!(both["data"]["took.count"], 4);
    assert_eq!(both["data"]["zone"], "eu");
}

/// Guarantees: a metric without a dataset has one; a point with a fault is refused alone, in the
/// words of the protocol; a classic key needs the header where keys are checked.
#[test]
fn datasets_and_refusals() {
    let server = World::new().start();
    let bad = json!({"name": "load", "gauge": {"dataPoints": [{"timeUnixNano": "1"}]}});
    let mut body = request();
    body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array_mut().unwrap().push(bad);
    let (status, answer) = server.post("/v1/metrics", &body);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, &answer["partialSuccess"]["rejectedDataPoints"]), (200, &json!("1")));
    let text = answer["partialSuccess"]["errorMessage"].as_str().unwrap();
    assert!(text.starts_with("1 point has no value: neither as_double nor as_int"), "{text}");
    assert_eq!(by_host(&server, "unknown_metrics").len(), 2);

    let strict = World::new().with_flags(&["--keys", "strict"]);
    let key = "0123456789abcdef0123456789abcdef";
    let data = strict.data();
    strict.run(&["key", "create", "--data", data.to_str().unwrap(), "--value", key]).done();
    let server = strict.start();
    let headers = [("x-honeycomb-team", key)];
    let body = request().to_string();
    let (status, answer) = server.ask(Method::POST, "/v1/metrics", &headers, Some(&body));
    assert_eq!(status, 401, "{answer}");
    assert!(answer.contains("missing 'x-honeycomb-dataset' header"), "{answer}");
}
