//! Plain events, alone and in batches, in every form in which clients send them.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use model::{Clock as _, SystemClock};
use serde_json::{Value, json};
use ureq::http::Method;

use crate::datasets;
use crate::recording;
use crate::world::{self, Server, World};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const JSON: (&str, &str) = ("content-type", "application/json");
const MSGPACK: (&str, &str) = ("content-type", "application/msgpack");

/// An answer as it went over the wire.
struct Answer {
    status: u16,
    content_type: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
    }

    fn statuses(&self) -> Vec<u64> {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        let answer = self.json();
        answer.as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect()
    }
}

fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let url = format!("{}{path}", server.url);
    // What goes over the wire in another form cannot be held against the vendor's description.
    let other_forms = ["content-encoding", "accept"];
    let is_json =
        headers.contains(&JSON) && !headers.iter().any(|(name, _)| other_forms.contains(name));
    let text = str::from_utf8(body).ok().filter(|_| is_json);
    let recorded = text.and_then(|text| recording::asked("POST", &url, Some(text)));
    let mut response = world::post(&url, headers, body);
    let content_type = response.headers().get("content-type");
    let answer = Answer {
        status: response.status().as_u16(),
        content_type: content_type.map(|value| value.to_str().unwrap().to_owned()),
        body: response.body_mut().read_to_vec().unwrap(),
    };
    let said = String::from_utf8_lossy(&answer.body);
    recording::answered(recorded, answer.status, answer.content_type.as_deref(), &said);
    answer
}

/// The events of a dataset as the server lists them, in the order of their field `n`.
fn rows(server: &Server, dataset: &str) -> Vec<Value> {
    let question = json!({
        "dataset": dataset,
        "query": {"time_range": 3_600, "limit": 1_000},
        "rows": true,
    });
    let (status, body) = server.post("/api/v1/query", &question);
    assert_eq!(status, 200, "{body}");
    let answer: Value = serde_json::from_str(&body).unwrap();
    let mut rows = answer["rows"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    rows.sort_by_key(|row| row["data"]["n"].as_i64());
    rows
}

/// A minute ago, as libhoney says it.
fn a_minute_ago() -> String {
    let time = SystemClock::new().now().saturating_add(-60_000_000_000);
    time.to_string()
}

fn pack_text(out: &mut Vec<u8>, text: &str) {
    out.push(0xdb);
    out.extend((text.len() as u32).to_be_bytes());
    out.extend(text.as_bytes());
}

/// A value in MessagePack.
fn pack(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0xc0),
        Value::Bool(bool) => out.push(if *bool { 0xc3 } else { 0xc2 }),
        Value::Number(number) => match number.as_i64() {
            Some(int) => {
                out.push(0xd3);
                out.extend(int.to_be_bytes());
            }
            None => {
                out.push(0xcb);
                out.extend(number.as_f64().unwrap().to_be_bytes());
            }
        },
        Value::String(text) => pack_text(out, text),
        Value::Array(values) => {
            out.push(0xdd);
            out.extend((values.len() as u32).to_be_bytes());
            values.iter().for_each(|value| pack(out, value));
        }
        Value::Object(map) => {
            out.push(0xdf);
            out.extend((map.len() as u32).to_be_bytes());
            for (name, value) in map {
                pack_text(out, name);
                pack(out, value);
            }
        }
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(body).unwrap();
    out.finish().unwrap()
}

/// Events with every kind of value, and how the server lists them.
fn events(time: &str) -> (Value, Vec<Value>) {
    let sent = json!([
        {"time": time, "samplerate": 4, "data": {
            "n": 0, "text": "a \"b\" ü\n", "int": -5, "float": 0.25, "yes": true, "none": null,
            "map": {"a": [1, {"b": null}]}, "list": ["x"], "empty": "",
            "trace.trace_id": TRACE, "trace.span_id": "00f067aa0ba902b7",
            "trace.parent_id": "b7ad6b7169203331", "name": "GET /", "duration_ms": 12.5,
            "service.name": "shop", "error": true}},
        {"time": time, "data": {"n": 1, "trace.trace_id": "ABC", "type": "mine", "name": 7}},
    ]);
    let listed = |rate: u64, data: Value| {
        let dataset = "My Shop-1";
        json!({"time": time, "samplerate": rate, "dataset": dataset, "data": data})
    };
    let first = json!({
        "n": 0, "text": "a \"b\" ü\n", "int": -5, "float": 0.25, "yes": true,
        "map": "{\"a\":[1,{\"b\":null}]}", "list": "[\"x\"]", "empty": "",
        "trace.trace_id": TRACE, "trace.span_id": "00f067aa0ba902b7",
        "trace.parent_id": "b7ad6b7169203331", "name": "GET /", "duration_ms": 12.5,
        "service.name": "shop", "error": true});
    let second = json!({"n": 1, "trace.trace_id": "ABC", "type": "mine", "name": 7});
    (sent, vec![listed(4, first), listed(1, second)])
}

/// Guarantees: a batch is kept field by field as it was sent, and nothing is invented beside it,
/// in JSON and in MessagePack, plain, gzip and zstd; before and after a kill.
#[test]
fn batches_are_kept_field_by_field() {
    let world = World::new();
    let time = a_minute_ago();
    let (sent, listed) = events(&time);
    let json = sent.to_string().into_bytes();
    let mut packed = Vec::new();
    pack(&mut packed, &sent);
    let zstd = |body: &[u8]| zstd::bulk::compress(body, 1).unwrap();
    let x_msgpack = ("content-type", "application/x-msgpack");
    for (headers, body) in [
        (vec![JSON], json.clone()),
        (vec![JSON, ("content-encoding", "gzip")], gzip(&json)),
        (vec![MSGPACK], packed.clone()),
        (vec![x_msgpack, ("content-encoding", "gzip")], gzip(&packed)),
        (vec![MSGPACK, ("content-encoding", "zstd")], zstd(&packed)),
    ] {
        let server = world.start();
        let answer = post(&server, "/1/batch/My%20Shop%2F1", &headers, &body);
        assert_eq!(answer.statuses(), [202, 202], "{headers:?}");
        assert_eq!(rows(&server, "My Shop-1"), listed, "{headers:?}");
        server.kill();
        let server = world.start();
        assert_eq!(rows(&server, "my shop-1"), listed, "{headers:?} after a kill");
        datasets::unprotect(&server, "My%20Shop-1");
        assert_eq!(server.ask(Method::DELETE, "/api/v1/datasets/My%20Shop-1", &[], None).0, 200);
    }
}

/// Guarantees: rows of segments say the same as those in memory.
#[test]
fn segments_keep_events_as_they_came() {
    let mut world = World::new();
    world.set_variable("TRACKWAY_TEST_STORE", "group_rows=2");
    let server = world.start();
    let (sent, listed) = events(&a_minute_ago());
    for _ in 0..2 {
        let path = "/1/batch/My%20Shop%2F1";
        post(&server, path, &[JSON], sent.to_string().as_bytes()).statuses();
    }
    server.wait_until_flushed();
    let expected: Vec<Value> = listed.iter().flat_map(|row| [row.clone(), row.clone()]).collect();
    assert_eq!(rows(&server, "my shop-1"), expected);
}

/// Guarantees: one event alone takes its time and rate from headers, whatever its content type
/// says, and the answer is empty.
#[test]
fn single_events_are_kept() {
    let server = World::new().start();
    let time = a_minute_ago();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let headers =
        [form, ("x-honeycomb-event-time", time.as_str()), ("x-honeycomb-samplerate", "3")];
    let answer = post(&server, "/1/events/one", &headers, br#"{"n": 1, "a": "b"}"#);
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let expected = json!({"time": time, "samplerate": 3, "dataset": "one",
        "data": {"n": 1, "a": "b"}});
    assert_eq!(rows(&server, "one"), [expected]);
    let headers = [JSON, ("x-honeycomb-event-time", "soon"), ("x-honeycomb-samplerate", "-1")];
    assert_eq!(post(&server, "/1/events/ONE", &headers, br#"{"n": 2}"#).status, 200);
    let second = &rows(&server, "one")[1];
    assert_eq!(second["data"], json!({"n": 2, "meta.original_time": "soon"}));
    assert_eq!((&second["samplerate"], &second["dataset"]), (&json!(1), &json!("one")));
    let mut packed = Vec::new();
    pack(&mut packed, &json!({"n": 3}));
    assert_eq!(post(&server, "/1/events/one", &[MSGPACK], &packed).status, 200);
    assert_eq!(rows(&server, "one").len(), 3);
}

/// Guarantees: every wrong request gets the status and the words that Honeycomb documents, and is
/// counted at its door.
#[test]
fn wrong_requests_are_refused() {
    let server = World::new().start();
    let large = vec![b' '; (1 << 20) + 1];
    let bomb = gzip(&vec![b' '; 4 << 20]);
    let gzipped = ("content-encoding", "gzip");
    let malformed = "Request body is malformed and cannot be read.";
    let empty = "Request body should not be empty.";
    let too_large = "Request body is too large.";
    let many: serde_json::Map<String, Value> =
        (0..2_001).map(|at| (at.to_string(), json!(at))).collect();
    let many = Value::Object(many).to_string().into_bytes();
    let unknown = "unsupported content encoding \"br\": use gzip, zstd or none";
    let all = "the dataset __all__ stands for all of them: name one to send to";
    type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a [u8], u16, &'a str);
    let cases: Vec<Case<'_>> = vec![
        ("/1/events/x", vec![JSON], b"", 400, empty),
        ("/1/events/x", vec![JSON], b"{}", 400, empty),
        ("/1/events/x", vec![JSON], b"{\"a\":", 400, malformed),
        ("/1/events/x", vec![JSON], b"[1]", 400, malformed),
        ("/1/events/x", vec![JSON], &large, 400, too_large),
        ("/1/events/x", vec![JSON, gzipped], &bomb, 400, too_large),
        ("/1/events/x", vec![JSON], &many, 400, "Event has too many columns."),
        ("/1/events/x", vec![JSON, gzipped], b"{}", 400, malformed),
        ("/1/events/x", vec![JSON, ("content-encoding", "br")], b"{}", 415, unknown),
        ("/1/events/__all__", vec![JSON], b"{\"a\":1}", 400, all),
        ("/1/batch/x", vec![JSON], b" \n ", 400, empty),
        ("/1/batch/x", vec![JSON], b"{\"data\":{\"a\":1}}", 400, malformed),
        ("/1/batch/x", vec![MSGPACK], b"\x92\x80", 400, malformed),
        ("/1/batch/x", vec![MSGPACK], b"[]", 400, malformed),
    ];
    for (path, headers, body, status, words) in &cases {
        let answer = post(&server, path, headers, body);
        assert_eq!(answer.status, *status, "{path} {words}");
        assert_eq!(answer.json()["error"], *words, "{path}");
    }
    for path in ["/1/batch/%20", "/1/events/%ff"] {
        let answer = post(&server, path, &[JSON], b"[]");
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.json()["error"].as_str().unwrap().starts_with("the dataset's name"));
    }
    let (_, heard) = server.get("/api/v1/ingest");
    let heard: Value = serde_json::from_str(&heard).unwrap();
    let doors = heard["doors"].as_array().unwrap();
    let refused: Vec<u64> =
        doors.iter().map(|door| door["refused"]["requests"].as_u64().unwrap()).collect();
    assert_eq!(refused.iter().sum::<u64>(), cases.len() as u64 + 2, "{heard}");
    assert_eq!(doors[0]["door"], "events");
    assert_eq!(doors[1]["door"], "batch");
    assert_eq!(server.get("/api/v1/datasets").1, r#"{"datasets":[]}"#);
}

/// Guarantees: a wrong event of a batch is refused alone, in the place and the words that its
/// client reads, in JSON or in MessagePack as it accepts; the reasons are counted with remedies.
#[test]
fn wrong_events_are_refused_alone() {
    let server = World::new().start();
    let large = "x".repeat(1 << 20);
    let sent =
        json!([{"data": {"n": 1}}, {"data": {}}, 7, {"data": {"n": large}}, {"data": {"n": 2}}]);
    let answer = post(&server, "/1/batch/x", &[JSON], sent.to_string().as_bytes());
    let expected = json!([
        {"status": 202},
        {"status": 400, "error": "Request body should not be empty."},
        {"status": 400, "error": "Request body is malformed and cannot be read."},
        {"status": 400, "error": "Request body is too large."},
        {"status": 202},
    ]);
    assert_eq!((answer.status, answer.json()), (200, expected));
    assert_eq!(rows(&server, "x").len(), 2);

    let mut packed = Vec::new();
    pack(&mut packed, &sent);
    let accept = ("accept", "application/msgpack");
    let answer = post(&server, "/1/batch/x", &[MSGPACK, accept], &packed);
    assert_eq!(answer.content_type.as_deref(), Some("application/msgpack"));
    assert_eq!(answer.body[..6], *b"\xdd\x00\x00\x00\x05\x81");
    assert_eq!(rows(&server, "x").len(), 4);

    let (_, heard) = server.get("/api/v1/ingest");
    let heard: Value = serde_json::from_str(&heard).unwrap();
    assert_eq!(heard["doors"][0]["refused"], json!({"requests": 0, "events": 6}));
    assert_eq!(heard["doors"][0]["accepted"]["events"], 4);
    let refusals = heard["refusals"].as_array().unwrap();
    assert_eq!(refusals.len(), 3, "{heard}");
    for refusal in refusals {
        assert_eq!(refusal["count"], 2);
        assert!(refusal["text"].as_str().unwrap().starts_with("event "), "{refusal}");
        assert!(!refusal["remedy"].as_str().unwrap().starts_with("correct what"), "{refusal}");
    }
}

/// Guarantees: a batch of ten thousand events is kept whole.
#[test]
fn large_batches_are_kept() {
    let server = World::new().start();
    let events: Vec<Value> =
        (0..10_000).map(|n| json!({"data": {"n": n, "half": n / 2}})).collect();
    let answer = post(&server, "/1/batch/x", &[JSON], json!(events).to_string().as_bytes());
    assert_eq!(answer.statuses(), vec![202; 10_000]);
    let question = json!({
        "dataset": "x",
        "query": {"calculations": [
            {"op": "COUNT"},
            {"op": "SUM", "column": "n"},
            {"op": "COUNT_DISTINCT", "column": "half"},
        ]},
        "disable_series": true,
    });
    let (status, body) = server.post("/api/v1/query", &question);
    assert_eq!(status, 200, "{body}");
    let answer: Value = serde_json::from_str(&body).unwrap();
    let sums = json!({"COUNT": 10_000, "SUM(n)": 49_995_000, "COUNT_DISTINCT(half)": 5_000});
    assert_eq!(answer["data"]["results"][0]["data"], sums, "{body}");
}

/// Guarantees: an object in an event becomes fields as deep as its dataset says, from the next
/// event on, and a replay does not follow what was said later.
#[test]
fn datasets_say_how_deep_objects_go() {
    let world = World::new();
    let server = world.start();
    let event = br#"{"n": 1, "o": {"a": {"b": 1}}}"#;
    assert_eq!(post(&server, "/1/events/deep", &[JSON], event).status, 200);
    let (status, body) =
        server.ask(Method::PUT, "/1/datasets/deep", &[], Some(r#"{"expand_json_depth": 2}"#));
    assert_eq!(status, 200, "{body}");
    assert_eq!(post(&server, "/1/events/Deep", &[JSON], event).status, 200);
    let check = |server: &Server| {
        let found: Vec<Value> =
            rows(server, "deep").iter().map(|row| row["data"].clone()).collect();
        assert_eq!(found.len(), 2);
        assert!(found.contains(&json!({"n": 1, "o": "{\"a\":{\"b\":1}}"})), "{found:?}");
        assert!(found.contains(&json!({"n": 1, "o.a.b": 1})), "{found:?}");
    };
    check(&server);
    server.kill();
    check(&world.start());
}

/// Guarantees: events with a span's id are spans in the view of their trace.
#[test]
fn events_are_spans_of_their_trace() {
    let server = World::new().start();
    let time = a_minute_ago();
    let event = |id: &str, parent: Option<&str>, more: Value| {
        let mut data = json!({"trace.trace_id": TRACE, "trace.span_id": id});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        if let Some(parent) = parent {
            data["trace.parent_id"] = parent.into();
        }
        json!({"time": time, "data": data})
    };
    let root = "00000000000000a1";
    let sent = json!([
        event(root, None, json!({"name": "GET /", "duration_ms": 20, "service.name": "shop"})),
        event("00000000000000a2", Some(root), json!({
            "name": "SELECT", "duration_ms": 1.5, "service_name": "db", "error": "no such table",
            "span.kind": "client"})),
        {"time": time, "data": {"trace.trace_id": TRACE, "trace.parent_id": root,
            "name": "exception", "meta.annotation_type": "span_event"}},
        {"time": time, "data": {"trace_id": TRACE, "name": "elsewhere"}},
    ]);
    for _ in 0..2 {
        // The second time as a client does that did not hear the answer.
        post(&server, "/1/batch/shop", &[JSON], sent.to_string().as_bytes()).statuses();
    }
    let (status, body) = server.get(&format!("/api/v1/traces/{TRACE}?attributes=all"));
    assert_eq!(status, 200, "{body}");
    let trace: Value = serde_json::from_str(&body).unwrap();
    let spans = &trace["spans"];
    assert_eq!(spans["id"], "00000000000000a100000000000000a2");
    assert_eq!(spans["names"], json!(["exception", "GET /", "SELECT"]));
    assert_eq!(spans["name"], json!([1, 2]));
    assert_eq!(spans["svcs"], json!(["shop", "db"]));
    assert_eq!(spans["parent"], json!([-1, 0]));
    assert_eq!(spans["dur"], json!([20_000, 1_500]));
    assert_eq!(spans["status"], json!([0, 2]));
    assert_eq!(spans["kind"], json!([0, 3]));
    assert_eq!(spans["errs"], json!([1, 0]));
    assert_eq!(trace["events"]["span"], json!([0]));
    assert_eq!(trace["doubled"], 3);
    assert_eq!(trace["attributes"]["spans"][1]["error"], "no such table");
}

/// Guarantees: a strict server refuses events in the words and the shape that Honeycomb's clients
/// read.
#[test]
fn keys_are_judged() {
    let world = World::new().with_flags(&["--keys", "strict"]);
    let data = world.data();
    let create = |permissions: &str| {
        let arguments =
            ["key", "create", "--permissions", permissions, "--data", data.to_str().unwrap()];
        world.run(&arguments).done().trim().to_owned()
    };
    let (sends, asks) = (create("send"), create("query"));
    let server = world.start();
    for (key, status, error) in [
        (None, 401, "missing 'x-honeycomb-team' header"),
        (Some("nobody's"), 401, "unknown API key - check your credentials"),
        (Some(asks.as_str()), 403, "this API key may not send events"),
    ] {
        for path in ["/1/events/x", "/1/batch/x"] {
            let mut headers = vec![JSON];
            headers.extend(key.map(|key| ("x-honeycomb-team", key)));
            let answer = post(&server, path, &headers, br#"[{"data":{"a":1}}]"#);
            assert_eq!((answer.status, answer.json()), (status, json!({"error": error})), "{path}");
        }
    }
    let headers = [JSON, ("x-honeycomb-team", sends.as_str())];
    assert_eq!(post(&server, "/1/batch/x", &headers, br#"[{"data":{"a":1}}]"#).statuses(), [202]);
}
