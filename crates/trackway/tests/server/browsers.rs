//! What web pages of others cannot do.

use serde_json::{Value, json};
use ureq::http::Method;

use super::world::World;
use super::{datasets, spans};

fn error(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    body["error"].as_str().unwrap().to_owned()
}

/// Guarantees: on loopback whatever reads or manages answers to the names of loopback and to those
/// allowed, says which header was wrong and what to do, and events are taken under every name.
#[test]
fn names_of_others_are_not_answered_to() {
    let world = World::new().with_flags(&["--allowed-hosts", "obs.lan"]);
    let server = world.start();
    let paths = ["/api/v1/datasets", "/api/v1/traces/1", "/metrics", "/nowhere", "/1/datasets"];
    for path in paths {
        let (status, body) = server.ask(Method::GET, path, &[("host", "evil.example:4400")], None);
        assert_eq!(status, 403, "{path}: {body}");
        let error = error(&body);
        for part in ["host", "\"evil.example:4400\"", "--allowed-hosts evil.example"] {
            assert!(error.contains(part), "{part} is not in: {error}");
        }
    }
    for name in ["obs.lan", "localhost:1", "[::1]:4400"] {
        let (status, body) = server.ask(Method::GET, "/api/v1/datasets", &[("host", name)], None);
        assert_eq!(status, 200, "{name}: {body}");
    }
    let strange = [("host", "xray-daemon:2000")];
    let events = spans::request("api", 2).to_string();
    let (status, body) = server.ask(Method::POST, "/v1/traces", &strange, Some(&events));
    assert_eq!(status, 200, "{body}");
    assert_eq!(server.ask(Method::GET, "/livez", &strange, None).0, 200);
    assert_eq!(spans::rows(&server, "api"), Some(2));
}

/// Guarantees: a page of another site deletes nothing and asks nothing, tools and own pages do.
#[test]
fn pages_of_others_change_nothing() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 2);
    let path = "/api/v1/datasets/api";
    for header in [("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")] {
        let (status, body) = server.ask(Method::DELETE, path, &[header], None);
        assert_eq!(status, 403, "{body}");
        assert!(error(&body).contains(header.0), "{body}");
    }
    assert_eq!(spans::rows(&server, "api"), Some(2));
    let question = json!({"dataset": "api", "query": {}}).to_string();
    let ours = [("origin", server.url.as_str())];
    let (status, body) = server.ask(Method::POST, "/api/v1/query", &ours, Some(&question));
    assert_eq!(status, 200, "{body}");
    datasets::unprotect(&server, "api");
    let (status, body) = server.ask(Method::DELETE, path, &[], None);
    assert_eq!(status, 200, "{body}");
}

/// Guarantees: what a form or a script of another site can send without asking is not taken for
/// JSON.
#[test]
fn plain_text_is_no_question() {
    let world = World::new();
    let server = world.start();
    let url = format!("{}/api/v1/query", server.url);
    let answer = ureq::post(&url)
        .config()
        .http_status_as_error(false)
        .build()
        .content_type("text/plain")
        .send("{}");
    let mut answer = answer.unwrap();
    assert_eq!(answer.status(), 415);
    let body = answer.body_mut().read_to_string().unwrap();
    assert!(error(&body).contains("content-type: \"text/plain\""), "{body}");
}
