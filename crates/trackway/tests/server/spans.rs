//! Spans to send, as OTLP's JSON has them.

use model::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::world::Server;

/// The trace that all of them belong to.
pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// A request of `count` spans of one service, just now; the first is above the others.
pub(crate) fn request(service: &str, count: u64) -> Value {
    let start = SystemClock::new().now().nanos() - 1_000_000_000;
    let span = |number: u64| {
        json!({
            "traceId": TRACE,
            "spanId": format!("{:016x}", number + 1),
            "parentSpanId": if number == 0 { "" } else { "0000000000000001" },
            "name": format!("step {number}"),
            "kind": 2,
            "startTimeUnixNano": start.to_string(),
            "endTimeUnixNano": (start + 1_500_000).to_string(),
            "status": {"code": if number == 1 { 2 } else { 0 }},
        })
    };
    let name = json!({"key": "service.name", "value": {"stringValue": service}});
    json!({"resourceSpans": [{
        "resource": {"attributes": [name]},
        "scopeSpans": [{"spans": (0..count).map(span).collect::<Vec<_>>()}],
    }]})
}

/// Sends them; the server must acknowledge.
pub(crate) fn send(server: &Server, service: &str, count: u64) {
    let (status, body) = server.post("/v1/traces", &request(service, count));
    assert_eq!(status, 200, "{body}");
}

/// The rows of a dataset by the list of datasets; none if it is not listed.
pub(crate) fn rows(server: &Server, dataset: &str) -> Option<u64> {
    let (status, body) = server.get("/api/v1/datasets");
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    let datasets = body["datasets"].as_array().unwrap();
    let found = datasets.iter().find(|known| known["name"] == dataset)?;
    Some(found["rows"].as_u64().unwrap())
}
