//! `GET /api/v1/tail`.

use serde_json::json;
use ureq::http::Method;

use super::following::Following;
use super::spans;
use super::world::{Server, World};

fn filters(value: &serde_json::Value) -> String {
    let text = value.to_string();
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn follow(server: &Server, parameters: &str) -> Following {
    let mut following = Following::new(server, &format!("/api/v1/tail{parameters}"), &[]);
    assert_eq!(following.status, 200);
    // The place that is told first says that the reader is in.
    assert!(following.next().unwrap().id.is_some());
    following
}

/// Guarantees: events come as they are acknowledged, as a query shows them, those of the dataset
/// that pass the filters.
#[test]
fn events_are_followed() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 1);
    let mut all = follow(&server, "");
    let only = json!([{"column": "name", "op": "=", "value": "step 1"}]);
    let mut some = follow(&server, &format!("?dataset=api&filters={}", filters(&only)));
    spans::send(&server, "other", 2);
    spans::send(&server, "api", 2);
    for (dataset, name) in
        [("other", "step 0"), ("other", "step 1"), ("api", "step 0"), ("api", "step 1")]
    {
        let event = all.next_named().unwrap();
        assert_eq!(event.name.as_deref(), Some("row"));
        assert_eq!(
            (&event.data["dataset"], &event.data["data"]["name"]),
            (&json!(dataset), &json!(name))
        );
        assert_eq!(event.data["data"]["trace.trace_id"], spans::TRACE);
    }
    let event = some.next_named().unwrap();
    assert_eq!(
        (&event.data["dataset"], &event.data["data"]["name"]),
        (&json!("api"), &json!("step 1"))
    );
    assert_eq!(server.metric("trackway_tail_readers"), 2.0);
    drop((all, some));
    server.wait_until("readers are gone", |server| {
        // A reader that has gone is noticed when something is to be written to it.
        spans::send(server, "api", 1);
        server.metric("trackway_tail_readers") == 0.0
    });
}

/// Guarantees: a reader that comes again goes on behind the last event it saw, also after a crash.
#[test]
fn readers_go_on() {
    let world = World::new();
    let server = world.start();
    let mut first = follow(&server, "");
    spans::send(&server, "api", 3);
    let event = first.next_named().unwrap();
    assert_eq!(event.data["data"]["name"], "step 0");
    let place = first.place.clone().unwrap();
    drop(first);
    server.kill();
    let server = world.start();
    let headers = [("last-event-id", place.as_str())];
    let mut again = Following::new(&server, "/api/v1/tail", &headers);
    for name in ["step 1", "step 2"] {
        assert_eq!(again.next_named().unwrap().data["data"]["name"], name);
    }
}

/// Guarantees: a burst beyond what a reader is given, and what it comes too late for, are counted
/// and told, and the reader goes on.
#[test]
fn what_is_left_out_is_told() {
    let mut world = World::new();
    world.set_variable("TRACKWAY_TEST_STORE", "group_rows=1000");
    let server = world.start();
    let mut following = follow(&server, "");
    let place = following.place.clone().unwrap();
    spans::send(&server, "api", 900);
    let (mut rows, mut skipped) = (0, 0);
    while rows + skipped < 900 {
        let event = following.next_named().unwrap();
        match event.name.as_deref() {
            Some("row") => rows += 1,
            Some("skipped") => skipped += event.data["rows"].as_u64().unwrap(),
            other => panic!("{other:?} is no event of a tail"),
        }
    }
    assert!(rows >= 500 && skipped > 0, "{rows} rows, {skipped} skipped");
    for _ in 0..3 {
        spans::send(&server, "api", 900);
    }
    server.wait_until_flushed();
    let headers = [("last-event-id", place.as_str())];
    let mut late = Following::new(&server, "/api/v1/tail", &headers);
    let event = late.next_named().unwrap();
    assert_eq!((event.name.as_deref(), &event.data["rows"]), (Some("skipped"), &json!(null)));
    assert!(event.data["why"].as_str().unwrap().contains("query"), "{event:?}");
}

/// Guarantees: a reader that takes nothing keeps neither senders nor other readers waiting.
#[test]
fn slow_readers_wait_alone() {
    let mut world = World::new();
    world.set_variable("TRACKWAY_TEST_STORE", "group_rows=5000");
    let server = world.start();
    spans::send(&server, "last", 1);
    let _slow: Vec<Following> = (0..8).map(|_| follow(&server, "")).collect();
    let mut quick = follow(&server, "?dataset=last");
    let large = "x".repeat(4_000);
    for number in 0..40 {
        spans::send(&server, &format!("{large}{number}"), 400);
    }
    spans::send(&server, "last", 1);
    // What it had not looked at when it was flushed may be told first.
    while quick.next_named().unwrap().data["dataset"] != "last" {}
    assert_eq!(server.metric("trackway_tail_readers"), 9.0);
    assert_eq!(spans::rows(&server, "last"), Some(2));
}

/// Guarantees: readers end when the server stops, which they do not hold up; beyond the most there
/// may be they are told to come again; what cannot be followed is refused in words.
#[test]
fn readers_are_bounded() {
    let world = World::new();
    let server = world.start();
    let cases = [
        ("?dataset=none", 404, "no dataset named \"none\""),
        ("?filters=%5B", 422, "filters: not JSON"),
        ("?filters=%5B%7B%7D%5D", 422, "parameters.filters[0].column is missing"),
        ("?filter=x", 400, "\"filter\" is not a parameter here"),
    ];
    for (parameters, status, text) in cases {
        let path = format!("/api/v1/tail{parameters}");
        let (refused, error) = Following::new(&server, &path, &[]).error();
        assert_eq!(refused, status, "{error}");
        assert!(error.contains(text), "{error}");
    }
    let headers = [("last-event-id", "seven")];
    let (status, error) = Following::new(&server, "/api/v1/tail", &headers).error();
    assert!(status == 400 && error.contains("last-event-id: \"seven\""), "{status} {error}");
    let mut readers: Vec<Following> = (0..32).map(|_| follow(&server, "")).collect();
    let (status, error) = Following::new(&server, "/api/v1/tail", &[]).error();
    assert!(status == 503 && error.contains("32 readers"), "{status} {error}");
    assert!(server.stop().success());
    for reader in &mut readers {
        while reader.next().is_some() {}
    }
}

/// Guarantees: who follows with a key that is revoked is told so within seconds, whether events
/// come or not, and reads no further; the command says why it ends; who has another key reads on.
#[test]
fn revoked_readers_end() {
    let world = World::new().with_flags(&["--keys", "strict"]);
    let data = world.data();
    let data = data.to_str().unwrap();
    let create = |name: &str| {
        let arguments = ["key", "create", "--name", name, "--data", data];
        world.run(&arguments).done().trim().to_owned()
    };
    let (first, second) = (create("first"), create("second"));
    let server = world.start();
    let follow = |key: &str| {
        let mut following = Following::new(&server, "/api/v1/tail", &[("x-honeycomb-team", key)]);
        assert!(following.next().unwrap().id.is_some());
        following
    };
    let (mut ended, mut other) = (follow(&first), follow(&second));
    let command = world.begin(&["tail", "--server", &server.url, "--key", &first]);
    server.wait_until("three follow", |server| {
        let headers = [("x-honeycomb-team", second.as_str())];
        let page = server.ask(Method::GET, "/metrics", &headers, None).1;
        page.contains("trackway_tail_readers 3")
    });
    world.run(&["key", "revoke", "first", "--data", data]).done();
    let event = ended.next_named().unwrap();
    assert_eq!(event.name.as_deref(), Some("error"));
    assert_eq!(event.data, json!({"status": 401, "error": "this key was revoked"}));
    assert_eq!(ended.next(), None);
    assert_eq!(command.status(), Some(1));
    let body = spans::request("api", 1).to_string();
    let headers = [("x-honeycomb-team", second.as_str())];
    assert_eq!(server.ask(Method::POST, "/v1/traces", &headers, Some(&body)).0, 200);
    assert_eq!(other.next_named().unwrap().name.as_deref(), Some("row"));
}
