//! Requests that are wrong, too large or too many: refused in words, and nothing accepted is lost.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::protobuf::field;
use crate::spans::{self, TRACE};
use crate::world::{Server, World, post};

/// A request as it goes over the wire: headers beside the content type, and the body.
fn send(server: &Server, headers: &[(&str, &str)], body: &[u8]) -> (u16, Option<String>, String) {
    let mut response = post(&format!("{}/v1/traces", server.otlp_url), headers, body);
    let retry_after = response.headers().get("retry-after");
    let retry_after = retry_after.map(|value| value.to_str().unwrap().to_owned());
    let text = response.body_mut().read_to_vec().unwrap();
    (response.status().as_u16(), retry_after, String::from_utf8_lossy(&text).into_owned())
}

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");

/// A request in protobuf whose only span has an attribute with this much text.
fn large(text_bytes: usize) -> Vec<u8> {
    let text = field(1, &vec![b'x'; text_bytes]);
    let attribute = [field(1, b"app.text"), field(2, &text)].concat();
    let span =
        [field(1, &[7; 16]), field(2, &[8; 8]), field(5, b"large"), field(9, &attribute)].concat();
    field(1, &field(2, &field(2, &span)))
}

/// Guarantees: a body that is no request is a 400 that names the place, as a status of the
/// protocol.
#[test]
fn malformed() {
    let server = World::new().start();
    let mut cut = large(100);
    cut.truncate(90);
    let (status, _, text) = send(&server, &[PROTOBUF], &cut);
    assert_eq!(status, 400);
    assert!(text.contains("failed to parse OTLP request body: "), "{text}");
    assert!(text.contains("byte"), "{text}");
    let (status, _, text) = send(&server, &[JSON], br#"{"resourceSpans": 7}"#);
    assert_eq!(status, 400);
    let status: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status["code"], 3);
    assert!(text.contains("line 1, column 19: invalid type"), "{text}");
    let (status, _, text) = send(&server, &[PROTOBUF, ("content-encoding", "gzip")], b"no gzip");
    assert_eq!(status, 400, "{text}");
    let malformed = "{door=\"otlp/http traces\",reason=\"malformed\"}";
    assert!(server.metric(&format!("trackway_requests_refused_total{malformed}")) >= 3.0);
}

/// Guarantees: a wrong span does not fail its request: the others are kept, the client is told, and
/// the reason is counted and logged with a sample.
#[test]
fn one_wrong_span() {
    let server = World::new().start();
    let mut request = spans::request("shop", 3);
    let list = request.pointer_mut("/resourceSpans/0/scopeSpans/0/spans").unwrap();
    list[1]["traceId"] = json!("0011");
    let (status, body) = server.post("/v1/traces", &request);
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["partialSuccess"]["rejectedSpans"], "1");
    assert_eq!(spans::rows(&server, "shop"), Some(2));
    let (_, page) = server.get("/metrics");
    let counted = page.lines().find(|line| line.starts_with("trackway_events_refused_total{"));
    assert!(counted.is_some_and(|line| line.ends_with(" 1")), "{page}");
    server.wait_for_log("refused 1 in a request");
}

/// Guarantees: bodies beyond the limit are refused, decompressed ones too, and those that grow out
/// of proportion before they have grown.
#[test]
fn too_large() {
    let server = World::new().start();
    let (status, _, text) = send(&server, &[PROTOBUF], &large(65 << 20));
    assert_eq!(status, 413, "{text}");
    assert!(text.contains("64 MiB"), "{text}");
    let before = peak_kib(&server);
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..1_000 {
        bomb.write_all(&[0; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    let (status, _, text) = send(&server, &[PROTOBUF, ("content-encoding", "gzip")], &bomb);
    assert_eq!(status, 413, "{text}");
    // A gigabyte unpacked; the server took what was sent and no more than a few MiB.
    let grown = peak_kib(&server).saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB more");
    spans::send(&server, "shop", 1);
}

/// Guarantees: more large bodies at once than there is memory for are refused with a time to try
/// again, and memory stays within its bound.
#[test]
fn many_large() {
    const BODIES: usize = 40;
    let server = World::new().with_flags(&["--memory", "192MiB"]).start();
    let body = large(24 << 20);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let sending: Vec<_> = (0..BODIES)
            .map(|_| {
                let send = || send(&server, &[PROTOBUF], &body);
                std::thread::Builder::new().spawn_scoped(scope, send).unwrap()
            })
            .collect();
        sending.into_iter().map(|sent| sent.join().unwrap()).collect()
    });
    let accepted = answers.iter().filter(|(status, ..)| *status == 200).count();
    let refused = answers.iter().filter(|(status, ..)| *status == 429).count();
    assert_eq!(accepted + refused, BODIES, "{answers:?}");
    assert!(refused > 0, "960 MiB do not fit into 192");
    assert!(answers.iter().all(|(status, retry, _)| *status == 200 || retry.is_some()));
    // A segment's encoding takes what its text takes once more.
    let peak = peak_kib(&server);
    assert!(peak < 500 << 10, "{peak} KiB at most");
    assert_eq!(spans::rows(&server, "unknown_service").unwrap_or(0), accepted as u64);
}

/// Guarantees: ten thousand attribute names are kept and can be asked for, in memory and in files.
#[test]
fn many_names() {
    const NAMES: usize = 10_000;
    const NAMES_A_SPAN: usize = 500;
    let mut world = World::new();
    world.set_variable("TRACKWAY_TEST_STORE", "flush_after_ms=200");
    let server = world.start();
    let start = 1_795_000_000_000_000_000_i64;
    for (at, first) in (0..NAMES).step_by(NAMES_A_SPAN).enumerate() {
        let attribute = |n: usize| json!({"key": format!("n{n}"), "value": {"intValue": n}});
        let request = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
            "traceId": TRACE,
            "spanId": format!("{:016x}", at + 1),
            "name": "wide",
            "startTimeUnixNano": start.to_string(),
            "endTimeUnixNano": (start + 1).to_string(),
            "attributes": (first..first + NAMES_A_SPAN).map(attribute).collect::<Vec<_>>(),
        }]}]}]});
        let (status, body) = server.post("/v1/traces", &request);
        assert_eq!(status, 200, "{body}");
    }
    let check = || {
        for name in [0, 1, 999, 1_000, 5_555, NAMES - 1] {
            let question = json!({"dataset": "__all__", "query": {
                "start_time": start / 1_000_000_000 - 10, "time_range": 100,
                "filters": [{"column": format!("n{name}"), "op": "=", "value": name}],
                "calculations": [{"op": "COUNT"}, {"op": "SUM", "column": format!("n{name}")}],
            }});
            let (status, body) = server.post("/api/v1/query", &question);
            assert_eq!(status, 200, "{body}");
            let body: Value = serde_json::from_str(&body).unwrap();
            let data = &body["data"]["results"][0]["data"];
            assert_eq!(data["COUNT"], 1, "n{name}: {body}");
            assert_eq!(data[format!("SUM(n{name})")].as_f64(), Some(name as f64), "{body}");
        }
    };
    check();
    while server.metric("trackway_memtable_rows") > 0.0 || server.metric("trackway_segments") < 1.0
    {
        std::thread::yield_now();
    }
    check();
    // Every value, in the whole rows.
    let question = json!({"dataset": "__all__", "rows": true, "query": {
        "start_time": start / 1_000_000_000 - 10, "time_range": 100,
    }});
    let (_, body) = server.post("/api/v1/query", &question);
    let body: Value = serde_json::from_str(&body).unwrap();
    let mut found = 0;
    for row in body["rows"].as_array().unwrap() {
        for (name, value) in row["data"].as_object().unwrap() {
            if let Some(number) = name.strip_prefix('n').and_then(|n| n.parse::<f64>().ok()) {
                assert_eq!(value.as_f64(), Some(number));
                found += 1;
            }
        }
    }
    assert_eq!(found, NAMES);
}

/// Guarantees: a wrong question is a 422 that names the clause, its value and what was expected.
#[test]
fn wrong_questions() {
    let server = World::new().start();
    let wrong = |query: Value| {
        let (status, body) =
            server.post("/api/v1/query", &json!({"dataset": "__all__", "query": query}));
        let body: Value = serde_json::from_str(&body).unwrap();
        (status, body["error"].as_str().unwrap().to_owned())
    };
    let (status, text) = wrong(json!({"filters": [{"column": "a", "op": "like", "value": 1}]}));
    assert_eq!(status, 422);
    assert!(text.starts_with("query.filters[0].op: \"like\" where this is expected: one of ="));
    let (status, text) = wrong(json!({"calculations": [{"op": "CONCURRENCY"}]}));
    let not_built = "query.calculations[0].op: the calculation CONCURRENCY is not supported yet";
    assert_eq!((status, text.as_str()), (422, not_built));
    let (status, body) = server.post("/api/v1/query", &json!({"dataset": "none", "query": {}}));
    assert_eq!(status, 404, "{body}");
}

/// The most memory that the server has had, KiB.
fn peak_kib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
