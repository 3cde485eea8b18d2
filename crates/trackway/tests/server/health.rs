//! Whether the server says how it is.

use serde_json::Value;
use ureq::http::Method;

use super::spans;
use super::world::{World, ask};

/// Guarantees: a ready server says that it lives and is ready, and a path that is not there is an
/// error in JSON.
#[test]
fn a_server_says_how_it_is() {
    let world = World::new();
    let server = world.start();
    assert_eq!(server.get("/livez"), (200, "ok\n".to_owned()));
    assert_eq!(server.get("/readyz"), (200, "ready\n".to_owned()));
    let (status, body) = server.get("/nowhere");
    assert_eq!((status, body.as_str()), (404, r#"{"error":"there is no GET /nowhere"}"#));
}

/// Guarantees: a method, a body or a name that our API does not take is refused with words in JSON.
#[test]
fn wrong_requests_are_refused_in_json() {
    let world = World::new();
    let server = world.start();
    let large = " ".repeat(3 << 20);
    let requests = [
        (Method::PUT, "/api/v1/datasets", Some("{}"), 405),
        (Method::GET, "/api/v1/query", None, 405),
        (Method::POST, "/api/v1/query", Some(large.as_str()), 413),
        (Method::POST, "/api/v1/query", Some("{"), 400),
        (Method::DELETE, "/api/v1/datasets/%ff", None, 400),
    ];
    for (method, path, body, expected) in requests {
        let (status, answer) = server.ask(method, path, &[], body);
        assert_eq!(status, expected, "{path}: {answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(!answer["error"].as_str().unwrap().is_empty(), "{path}: {answer}");
    }
}

/// Guarantees: both ports take OTLP, and our own API is on the main port alone.
#[test]
fn ports_have_their_paths() {
    let world = World::new();
    let server = world.start();
    for url in [&server.url, &server.otlp_url] {
        let body = spans::request("api", 1).to_string();
        let url = format!("{url}/v1/traces");
        assert_eq!(ask(Method::POST, &url, &[], Some(&body)).unwrap().status, 200);
    }
    for path in ["/api/v1/datasets", "/metrics", "/livez"] {
        let url = format!("{}{path}", server.otlp_url);
        assert_eq!(ask(Method::GET, &url, &[], None).unwrap().status, 404, "{path}");
    }
    assert_eq!(spans::rows(&server, "api"), Some(2));
}

/// Guarantees: the numbers that others rely on are there, with help and type, and move.
#[test]
fn numbers_are_there() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 3);
    let (status, page) = server.get("/metrics");
    assert_eq!(status, 200);
    let names = [
        ("flushes_pending", "gauge"),
        ("compactions_pending", "gauge"),
        ("memtable_rows", "gauge"),
        ("memtable_bytes", "gauge"),
        ("segments", "gauge"),
        ("segment_bytes", "gauge"),
        ("index_bytes", "gauge"),
        ("segment_rows", "gauge"),
        ("log_bytes", "gauge"),
        ("catalog_bytes", "gauge"),
        ("flushes_total", "counter"),
        ("compactions_total", "counter"),
        ("events_accepted_total", "counter"),
        ("requests_refused_total", "counter"),
        ("events_refused_total", "counter"),
        ("log_groups_total", "counter"),
        ("lost_records_total", "counter"),
        ("handler_panics_total", "counter"),
    ];
    for (name, kind) in names {
        assert!(page.contains(&format!("# HELP trackway_{name} ")), "{name}");
        assert!(page.contains(&format!("# TYPE trackway_{name} {kind}\n")), "{name}");
    }
    let mut families: Vec<&str> = page.lines().filter(|line| line.starts_with("# TYPE")).collect();
    let all = families.len();
    families.sort_unstable();
    families.dedup();
    assert_eq!(families.len(), all, "a family is there twice");
    assert_eq!(server.metric("trackway_memtable_rows"), 3.0);
    let door = "{door=\"otlp/http traces\"}";
    assert_eq!(server.metric(&format!("trackway_requests_accepted_total{door}")), 1.0);
    assert_eq!(server.metric(&format!("trackway_events_accepted_total{door}")), 3.0);
    assert!(server.metric(&format!("trackway_bytes_accepted_total{door}")) > 300.0);
    assert_eq!(server.metric("trackway_log_records_total"), 1.0);
    assert!(server.metric("trackway_catalog_bytes") > 0.0);
}
