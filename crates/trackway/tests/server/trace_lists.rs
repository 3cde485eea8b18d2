//! `GET /api/v1/traces` and `/api/v1/traces/breakdown`.

use model::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::world::{Server, World};

/// A request to a service: a root span, and one beneath it that fails where `code` says so.
fn send(server: &Server, number: u64, service: &str, code: u64, millis: i64) {
    let start = SystemClock::new().now().nanos() - 5_000_000_000 + number as i64 * 1_000_000;
    let span = |id: u64, parent: &str, name: &str, millis: i64| {
        let attribute =
            json!({"key": "http.response.status_code", "value": {"intValue": code.to_string()}});
        json!({
            "traceId": format!("{:032x}", number + 1),
            "spanId": format!("{id:016x}"),
            "parentSpanId": parent,
            "name": name,
            "kind": 2,
            "startTimeUnixNano": start.to_string(),
            "endTimeUnixNano": (start + millis * 1_000_000).to_string(),
            "status": {"code": if code >= 500 { 2 } else { 0 }},
            "attributes": [attribute],
        })
    };
    let name = json!({"key": "service.name", "value": {"stringValue": service}});
    let body = json!({"resourceSpans": [{
        "resource": {"attributes": [name]},
        "scopeSpans": [{"spans": [
            span(1, "", "GET /", millis),
            span(2, "0000000000000001", "SELECT", millis / 2),
        ]}],
    }]});
    let (status, answer) = server.post("/v1/traces", &body);
    assert_eq!(status, 200, "{answer}");
}

fn get(server: &Server, path: &str) -> Value {
    let (status, body) = server.get(path);
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn numbers(page: &Value) -> Vec<u64> {
    let id = |trace: &Value| u64::from_str_radix(trace["trace_id"].as_str().unwrap(), 16).unwrap();
    page["traces"].as_array().unwrap().iter().map(|trace| id(trace) - 1).collect()
}

fn filled() -> (World, Server) {
    let world = World::new();
    let server = world.start();
    for number in 0..10 {
        let code = if number % 5 == 0 { 503 } else { 200 };
        let service = if number < 4 { "api" } else { "shop" };
        send(&server, number, service, code, 100 - 10 * (number as i64 % 4));
    }
    (world, server)
}

/// Guarantees: recent, slowest and failing traces are listed with what they come to, page by page.
#[test]
fn traces_are_listed() {
    let (_world, server) = filled();
    let page = get(&server, "/api/v1/traces?limit=4");
    assert_eq!(numbers(&page), [9, 8, 7, 6]);
    let newest = &page["traces"][0];
    let root = json!({"name": "GET /", "service": "shop", "kind": "server", "status": "unset"});
    assert_eq!((&newest["root"], &newest["first"]), (&root, &root));
    assert_eq!(newest["duration_ms"], 90.0);
    let counts = ["spans", "errors", "logs", "missing"].map(|name| newest[name].as_u64().unwrap());
    assert_eq!((counts, &newest["services"]), ([2, 0, 0, 0], &json!(["shop"])));
    send(&server, 10, "api", 200, 500);
    let next = page["next"].as_str().unwrap();
    let page = get(&server, &format!("/api/v1/traces?limit=4&next={next}"));
    assert_eq!(numbers(&page), [5, 4, 3, 2]);
    let next = page["next"].as_str().unwrap();
    let page = get(&server, &format!("/api/v1/traces?limit=4&next={next}"));
    assert_eq!((numbers(&page), &page["next"]), (vec![1, 0], &Value::Null));
    assert_eq!(numbers(&get(&server, "/api/v1/traces?sort=slowest&limit=4")), [10, 0, 4, 8]);
    assert_eq!(numbers(&get(&server, "/api/v1/traces?failing=true")), [5, 0]);
    assert_eq!(numbers(&get(&server, "/api/v1/traces?failing=true&dataset=api")), [0]);
    let filters =
        "%5B%7B%22column%22%3A%22duration_ms%22%2C%22op%22%3A%22%3C%22%2C%22value%22%3A36%7D%5D";
    assert_eq!(numbers(&get(&server, &format!("/api/v1/traces?filters={filters}"))), [7, 3]);
}

/// Guarantees: a breakdown counts each trace once by its root, with shares of all of them.
#[test]
fn traces_are_broken_down() {
    let (_world, server) = filled();
    let path = "/api/v1/traces/breakdown?by=http.response.status_code";
    let answer = get(&server, path);
    assert_eq!(answer["total"], 10);
    let group = |place: usize, name: &str| answer["groups"][place][name].as_f64().unwrap();
    assert_eq!((group(0, "value"), group(0, "count"), group(0, "share")), (200.0, 8.0, 0.8));
    assert_eq!((group(1, "value"), group(1, "errors"), group(1, "error_share")), (503.0, 2.0, 1.0));
    assert_eq!(group(0, "errors"), 0.0);
    assert_eq!(group(1, "avg_ms"), (100.0 + 90.0) / 2.0);
    assert!((group(1, "p95_ms") - 100.0).abs() < 1.0, "{answer}");
    let one = get(&server, &format!("{path}&limit=1&dataset=api"));
    let shares = one["groups"].as_array().unwrap();
    assert_eq!((shares.len(), &shares[0]["share"]), (1, &json!(0.75)));
    let none = get(&server, "/api/v1/traces/breakdown?by=nothing");
    assert_eq!(none["groups"][0]["value"], Value::Null);
    assert_eq!(
        (&none["groups"][0]["errors"], &none["groups"][0]["share"]),
        (&json!(2), &json!(1.0))
    );
}

/// Guarantees: what cannot be listed is refused with the parameter, its value and what it may be.
#[test]
fn slips_are_named() {
    let world = World::new();
    let server = world.start();
    let cases = [
        ("?limit=101", 400, "limit: \"101\" where a number from 1 to 100"),
        ("?sort=best", 400, "sort: \"best\" where one of these is expected: recent, slowest"),
        ("?next=recent.1.2", 400, "next: \"recent.1.2\""),
        ("?sort=slowest&next=recent.1.2.3.0000000000000001", 400, "with the same sort"),
        ("?start_time=soon", 422, "start_time: \"soon\" where seconds are expected"),
        ("?start_time=9&end_time=8", 422, "a start_time before the end_time"),
        ("?dataset=none", 404, "no dataset named \"none\""),
        ("/breakdown", 400, "by is missing"),
    ];
    for (rest, expected, text) in cases {
        let (status, body) = server.get(&format!("/api/v1/traces{rest}"));
        assert_eq!(status, expected, "{rest}: {body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert!(body["error"].as_str().unwrap().contains(text), "{rest}: {body}");
    }
}
