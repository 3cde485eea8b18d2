//! JSON within texts of spans and log records, by the depth that their dataset says.

use model::{Clock as _, SystemClock};
use serde_json::{Value, json};
use ureq::http::Method;

use super::spans;
use super::world::{Server, World};

const JSON: &str = r#"{"b": {"c": 1}, "t": "x"}"#;

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// A span with an event, of a service.
fn span(service: &str) -> Value {
    let nanos = SystemClock::new().now().nanos().to_string();
    let nested = json!({"key": "map", "value": {"kvlistValue": {"values": [text("in", JSON)]}}});
    json!({
        "resource": {"attributes": [text("service.name", service), text("host", r#"{"id": 7}"#)]},
        "scopeSpans": [{"spans": [{
            "traceId": spans::TRACE, "spanId": "00000000000000a1", "name": JSON,
            "startTimeUnixNano": nanos, "endTimeUnixNano": nanos,
            "attributes": [text("a", JSON), text("plain", "{no"), text("empty", "{}"), nested],
            "events": [{"timeUnixNano": nanos, "name": "e", "attributes": [text("a", JSON)]}],
        }]}],
    })
}

fn record(service: &str, body: &str) -> Value {
    let nanos = SystemClock::new().now().nanos().to_string();
    json!({
        "resource": {"attributes": [text("service.name", service)]},
        "scopeLogs": [{"logRecords": [{
            "timeUnixNano": nanos, "body": {"stringValue": body}, "attributes": [text("a", JSON)],
        }]}],
    })
}

/// The fields of a dataset's events of a kind.
fn found(server: &Server, dataset: &str, kind: &str) -> Value {
    let filter = json!({"column": "meta.signal_type", "op": "=", "value": kind});
    let filters = json!([filter, {"column": "parent_name", "op": "does-not-exist"}]);
    let question = json!({"dataset": dataset, "rows": true, "query": {"filters": filters}});
    let (status, body) = server.post("/api/v1/query", &question);
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["rows"].as_array().map(Vec::len), Some(1), "{body}");
    body["rows"][0]["data"].clone()
}

fn set_depth(server: &Server, depth: u8) {
    let body = json!({ "expand_json_depth": depth }).to_string();
    let (status, body) = server.ask(Method::PUT, "/1/datasets/shop", &[], Some(&body));
    assert_eq!(status, 200, "{body}");
}

/// Fails unless an event has these fields, and none of those that are null here.
fn check(event: &Value, fields: &Value) {
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(event.get(name).unwrap_or(&Value::Null), value, "{name}: {event}");
    }
}

/// Guarantees: texts of spans, their events, resources and log records that are JSON objects become
/// fields as deep as their dataset says, a log's body beside itself; another dataset of the same
/// request keeps its texts, and a replay follows what held when they came.
#[test]
fn texts_become_fields() {
    let world = World::new();
    let server = world.start();
    let (status, body) = server.post("/1/datasets", &json!({"name": "shop"}));
    assert_eq!(status, 201, "{body}");
    set_depth(&server, 2);
    let traces = json!({"resourceSpans": [span("other"), span("Shop")]});
    assert_eq!(server.post("/v1/traces", &traces).0, 200);
    let logs = json!({"resourceLogs": [record("shop", JSON), record("other", JSON)]});
    assert_eq!(server.post("/v1/logs", &logs).0, 200);
    set_depth(&server, 0);
    let check_all = |server: &Server| {
        let of_shop = found(server, "shop", "trace");
        check(
            &of_shop,
            &json!({"a": null, "a.b.c": 1, "a.t": "x", "host": null, "host.id": 7,
            "plain": "{no", "empty": "{}", "map.in.b.c": 1, "map.in": null, "name": JSON,
            "service.name": "Shop"}),
        );
        let of_other = found(server, "other", "trace");
        check(&of_other, &json!({"a": JSON, "a.t": null, "host": r#"{"id": 7}"#, "map.in": JSON}));
        let of_shop = found(server, "shop", "log");
        check(
            &of_shop,
            &json!({"body": JSON, "body.b.c": 1, "body.t": "x", "a.b.c": 1, "a": null}),
        );
        check(&found(server, "other", "log"), &json!({"body": JSON, "body.t": null, "a": JSON}));
        let events = json!({"filters": [{"column": "parent_name", "op": "exists"}]});
        let question = json!({"dataset": "shop", "rows": true, "query": events});
        let body: Value = serde_json::from_str(&server.post("/api/v1/query", &question).1).unwrap();
        check(&body["rows"][0]["data"], &json!({"a": null, "a.b.c": 1}));
    };
    check_all(&server);
    server.kill();
    let server = world.start();
    check_all(&server);
    // What comes now is kept as it is.
    let logs = json!({"resourceLogs": [record("late", "x"), record("shop", "{\"late\": 1}")]});
    assert_eq!(server.post("/v1/logs", &logs).0, 200);
    let late = json!({"filters": [{"column": "body.late", "op": "exists"}]});
    let question = json!({"dataset": "shop", "rows": true, "query": late});
    assert!(server.post("/api/v1/query", &question).1.contains(r#""rows":[]"#));
}
