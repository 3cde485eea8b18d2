//! `trackway doctor`.

use serde_json::{Value, json};

use super::spans;
use super::world::{Ran, Server, World};

/// Asks the doctor about a server that was started on any ports.
fn examine(world: &World, server: &Server, flags: &[&str]) -> Ran {
    let data = world.data();
    let bare = |url: &str| url.strip_prefix("http://").unwrap().to_owned();
    let (listen, otlp) = (bare(&server.url), bare(&server.otlp_url));
    let own =
        ["doctor", "--data", data.to_str().unwrap(), "--listen", &listen, "--otlp-http", &otlp];
    world.run(&[&own, flags].concat())
}

fn findings(ran: &Ran) -> Vec<(String, String)> {
    let said: Value = serde_json::from_str(&ran.out).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found = said["findings"].as_array().unwrap().iter();
    found.map(|finding| (text(&finding["state"]), text(&finding["text"]))).collect()
}

fn has(ran: &Ran, state: &str, text: &str) {
    let found = findings(ran);
    let is_there = found.iter().any(|(of, said)| of == state && said.contains(text));
    assert!(is_there, "no {state} with {text:?}: {found:#?}");
}

/// Guarantees: a server that hears its senders is well, with status 0, and what each door heard is
/// listed.
#[test]
fn health_is_seen() {
    let mut world = World::new();
    let server = world.start();
    let ran = examine(&world, &server, &["--json"]);
    has(&ran, "warning", "nothing has come in since");
    ran.done();
    spans::send(&server, "api", 3);
    let endpoint = server.otlp_url.clone();
    world.set_variable("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint);
    let ran = examine(&world, &server, &["--json"]);
    has(&ran, "ok", "answers and is ready");
    has(&ran, "ok", "3 events have come in");
    has(&ran, "ok", "clock agrees");
    has(&ran, "ok", "otlp-http");
    has(&ran, "ok", "points here");
    let said: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(said["wrong"], false);
    assert_eq!(said["ingest"]["doors"][0]["accepted"]["events"], 3);
    ran.done();
    let text = examine(&world, &server, &[]).done();
    assert!(text.contains("otlp/http traces  no key  default"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}

/// Guarantees: what was refused is said with its reason and remedy and status 1, until the sender
/// is heard again.
#[test]
fn refusals_are_explained() {
    let world = World::new();
    let server = world.start();
    let (status, _) = server.post("/v1/traces", &json!("no request"));
    assert_eq!(status, 400);
    let ran = examine(&world, &server, &["--json"]);
    has(&ran, "wrong", "otlp/http traces from no key was refused");
    let text = examine(&world, &server, &[]);
    assert!(text.out.contains("REFUSED, the newest first"), "{}", text.out);
    assert!(text.out.contains("next step: "), "{}", text.out);
    text.refused(1);
    spans::send(&server, "api", 1);
    let ran = examine(&world, &server, &["--json"]);
    has(&ran, "warning", "later events came in");
    ran.done();
}

/// Guarantees: a variable that leads elsewhere, a port that another program has, and a server that
/// is not there are wrong, each with what corrects it.
#[test]
fn mistakes_are_found() {
    let mut world = World::new();
    let server = world.start();
    world.set_variable("OTEL_EXPORTER_OTLP_ENDPOINT", "https://api.example.com");
    let ran = examine(&world, &server, &["--json"]);
    has(&ran, "wrong", "does not send here");
    assert!(ran.out.contains(&format!("export OTEL_EXPORTER_OTLP_ENDPOINT={}", server.url)));
    ran.refused(1);
    world.remove_variable("OTEL_EXPORTER_OTLP_ENDPOINT");

    let url = server.url.clone();
    server.kill();
    let data = world.data();
    let own = ["doctor", "--server", &url, "--data", data.to_str().unwrap(), "--json"];
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    let ran = world.run(&[&own[..], &["--listen", &port]].concat());
    has(&ran, "wrong", "is a server running there");
    has(&ran, "wrong", "although the server does not answer");
    ran.refused(1);
    let text = world.run(&["doctor", "--server", &url, "--listen", &port]);
    assert!(text.out.contains("next step: start one with `trackway serve`"), "{}", text.out);
    let ran = world.run(&[&own[..], &["--listen", "nowhere"]].concat());
    has(&ran, "wrong", "listen is \"nowhere\"");
    ran.refused(1);
}

/// Guarantees: a strict server wants a key of the doctor too, which says so.
#[test]
fn keys_are_wanted() {
    let world = World::new().with_flags(&["--keys", "strict"]);
    let data = world.data();
    let made = world.run(&["key", "create", "--data", data.to_str().unwrap()]).done();
    let server = world.start();
    let ran = examine(&world, &server, &["--json"]);
    has(&ran, "note", "strict");
    has(&ran, "wrong", "401");
    ran.refused(1);
    let ran = examine(&world, &server, &["--json", "--key", made.trim()]);
    has(&ran, "note", "strict");
    ran.done();
}
