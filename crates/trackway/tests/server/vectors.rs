//! Every golden vector of the translation from OpenTelemetry to Honeycomb's events, over HTTP
//! and over gRPC.
//!
//! `captures/honeycomb/otlp-to-event-vectors.json` holds requests and what Honeycomb's own library
//! made of them. A vector's note says where that library is wrong; the places where this server
//! differs on purpose stand in [`events`] and [`refusal`], with the reason.

use std::path::Path;

use body::ContentType;
use model::Signal;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Method;

use crate::calls::{Caller, framed};
use crate::world::{Server, World, ask};

/// A key that the server knows and that names no dataset.
const ENVIRONMENT_KEY: &str = "hcaik_01abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnop";

fn vectors() -> Vec<Value> {
    // Cargo runs tests in the folder of their package, wherever the tree was when they were built.
    let path = Path::new("../../captures/honeycomb/otlp-to-event-vectors.json");
    let text = std::fs::read_to_string(path).unwrap();
    let mut file: Value = serde_json::from_str(&text).unwrap();
    let Value::Array(vectors) = file["vectors"].take() else { panic!("a list of vectors") };
    vectors
}

/// The status and text that a vector is refused with, if it is.
fn refusal(vector: &Value) -> Option<(u16, &str)> {
    match vector["name"].as_str().unwrap() {
        // The note: refuse it.
        "unknown encoding treated raw" => Some((415, "unsupported content encoding")),
        // The note: OpenTelemetry wants unknown fields ignored.
        "unknown field json" => None,
        // The words behind the colon are those of another JSON library.
        "empty body json" => Some((400, "failed to parse OTLP request body: ")),
        _ => {
            let text = vector["expected"]["error"].as_str()?;
            Some((if text.starts_with("missing") { 401 } else { 415 }, text))
        }
    }
}

/// The events that a vector should give, each as the server lists it.
fn events(vector: &Value) -> Vec<Value> {
    let mut events = Vec::new();
    if vector["name"] == "unknown field json" {
        return events;
    }
    for batch in vector["expected"]["batches"].as_array().into_iter().flatten() {
        for event in batch["Events"].as_array().into_iter().flatten() {
            let mut data = event["Attributes"].clone();
            let fields = data.as_object_mut().unwrap();
            match vector["name"].as_str().unwrap() {
                // The notes: durations that underflow count as zero and are marked.
                "negative duration" if fields.contains_key("duration_ms") => {
                    fields.insert("duration_ms".to_owned(), json!(0.0));
                    fields.insert("meta.invalid_duration".to_owned(), json!(true));
                }
                "event before span start"
                    if fields.contains_key("meta.time_since_span_start_ms") =>
                {
                    fields.insert("meta.time_since_span_start_ms".to_owned(), json!(0.0));
                    let mark = "meta.invalid_time_since_span_start".to_owned();
                    fields.insert(mark, json!(true));
                }
                _ => {}
            }
            events.push(json!({
                "time": event["Timestamp"],
                "samplerate": event["SampleRate"],
                "dataset": batch["Dataset"],
                "data": data,
            }));
        }
    }
    events
}

/// Numbers that are equal are the same, whether they are written with a fraction or not.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().unwrap()),
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        other => other.clone(),
    }
}

fn sorted(events: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = events.iter().map(|event| plain(event).to_string()).collect();
    texts.sort();
    texts
}

/// How a vector is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Http,
    Grpc,
}

/// The headers of a vector, with its encoding under this name.
fn headers<'a>(vector: &'a Value, encoding: &'static str) -> Vec<(&'static str, &'a str)> {
    let members = [
        (encoding, "encoding"),
        ("x-honeycomb-team", "api_key"),
        ("x-honeycomb-dataset", "dataset"),
    ];
    let pair = |(header, member)| (header, vector[member].as_str().unwrap());
    members.into_iter().map(pair).filter(|(_, value)| !value.is_empty()).collect()
}

/// Sends a vector as a call, its JSON as protobuf: gRPC's code and words.
fn call(server: &Server, vector: &Value) -> (u16, Vec<u8>) {
    let (signal, name) = match vector["signal"].as_str().unwrap() {
        "logs" => (Signal::Logs, "logs"),
        _ => (Signal::Spans, "trace"),
    };
    let content = ContentType::parse(vector["content_type"].as_str()).unwrap();
    let body = base64_bytes(vector["body_b64"].as_str().unwrap());
    let message = otlp::to_protobuf(signal, content, &body.into()).unwrap();
    let caller = Caller::connect(&server.grpc_url);
    let outcome = caller.export(name, &headers(vector, "grpc-encoding"), &[&framed(0, &message)]);
    (outcome.code.unwrap() as u16, outcome.words.into_bytes())
}

fn send(server: &Server, vector: &Value) -> (u16, Vec<u8>) {
    let text = |name: &str| vector[name].as_str().unwrap();
    let path = if vector["signal"] == "logs" { "/v1/logs" } else { "/v1/traces" };
    let mut headers = headers(vector, "content-encoding");
    headers.push(("content-type", text("content_type")));
    let body = base64_bytes(text("body_b64"));
    let config = Agent::config_builder().http_status_as_error(false).proxy(None).build();
    let agent: Agent = config.into();
    let mut request = agent.post(format!("{}{path}", server.otlp_url));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let mut response = request.send(&body[..]).unwrap();
    (response.status().as_u16(), response.body_mut().read_to_vec().unwrap())
}

fn base64_bytes(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

fn rows(server: &Server) -> Vec<Value> {
    let body = json!({
        "dataset": "__all__",
        "query": {"start_time": 0, "end_time": 2_000_000_000, "limit": 1_000},
        "rows": true,
    });
    let headers = [("x-honeycomb-team", ENVIRONMENT_KEY)];
    let url = format!("{}/api/v1/query", server.url);
    let answer = ask(Method::POST, &url, &headers, Some(&body.to_string())).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut body: Value = serde_json::from_str(&answer.body).unwrap();
    let Value::Array(rows) = body["rows"].take() else { panic!("a list of rows") };
    rows
}

/// Guarantees: each vector gives its events, field by field, or its refusal; in strict mode, with
/// all keys of the vectors known.
#[test]
fn all_over_http() {
    assert_eq!(sent_over(Way::Http, &vectors()), (53, 4));
}

/// Guarantees: each vector that is not about JSON or content types gives over gRPC what it gives
/// over HTTP.
#[test]
fn all_over_grpc() {
    let mut vectors = vectors();
    let of_http = ["bad content type", "empty body json", "unknown field json"];
    vectors.retain(|vector| !of_http.contains(&vector["name"].as_str().unwrap()));
    assert_eq!(sent_over(Way::Grpc, &vectors), (53, 2));
}

/// Sends all of them and checks what becomes of them: how many were translated, and how many
/// refused.
fn sent_over(way: Way, vectors: &[Value]) -> (u32, u32) {
    let (mut translated, mut refused) = (0, 0);
    // One server for all that are refused or give nothing, one for each that gives events: rows of
    // different vectors look alike.
    let strict = World::new().with_flags(&["--keys", "strict"]);
    let mut keys: Vec<&str> = vectors.iter().map(|v| v["api_key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let data = strict.data();
        let data = data.to_str().unwrap();
        strict.run(&["key", "create", "--data", data, "--value", key]).done();
    }
    let server = strict.start();
    let mut seen: Vec<String> = Vec::new();
    for vector in vectors {
        let (status, body) = match way {
            Way::Http => send(&server, vector),
            Way::Grpc => call(&server, vector),
        };
        let name = &vector["name"];
        if let Some((expected, text)) = refusal(vector) {
            let expected = if way == Way::Grpc { code(expected) } else { expected };
            let body = String::from_utf8_lossy(&body);
            assert_eq!(status, expected, "{name}: {body}");
            // Plain text, or text within a status in JSON, where quotes are escaped.
            assert!(body.replace("\\\"", "\"").contains(text), "{name}: {body}");
            refused += 1;
            continue;
        }
        let success = if way == Way::Grpc { 0 } else { 200 };
        assert_eq!(status, success, "{name}: {}", String::from_utf8_lossy(&body));
        let mut now = sorted(&rows(&server));
        // What this vector added to the rows before.
        for row in &seen {
            let place = now.iter().position(|known| known == row).unwrap();
            now.remove(place);
        }
        if name != "unknown field json" {
            assert_eq!(now, sorted(&events(vector)), "{name}");
            translated += 1;
        }
        seen.extend(now);
        seen.sort();
    }
    (translated, refused)
}

/// gRPC's code for a status.
fn code(status: u16) -> u16 {
    match status {
        401 => 16,
        415 => 12,
        other => panic!("no vector is refused with {other} over gRPC"),
    }
}

/// Guarantees: a key that nobody created is refused in Honeycomb's words, as is none at all.
#[test]
fn keys() {
    let server = World::new().with_flags(&["--keys", "strict"]).start();
    let url = format!("{}/v1/traces", server.otlp_url);
    let answer = ask(Method::POST, &url, &[], Some("{}")).unwrap();
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("missing 'x-honeycomb-team' header"), "{}", answer.body);
    let unknown = [("x-honeycomb-team", "nobody-made-this-key")];
    let answer = ask(Method::POST, &url, &unknown, Some("{}")).unwrap();
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("unknown API key - check your credentials"), "{}", answer.body);
}
