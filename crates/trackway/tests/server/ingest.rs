//! What the server says of its doors: who sent how much, and why something was refused.

use serde_json::{Value, json};
use ureq::http::Method;

use super::spans;
use super::world::{Server, World};

fn heard(server: &Server, headers: &[(&str, &str)]) -> Value {
    let (status, body) = server.ask(Method::GET, "/api/v1/ingest", headers, None);
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Guarantees: every door and sender has an account of what was accepted and refused, in requests,
/// events and bytes, under a name that does not reveal the key; refusals stand beside it with their
/// remedy, equal ones as one.
#[test]
fn doors_tell_what_they_heard() {
    let server = World::new().start();
    let before = heard(&server, &[]);
    assert_eq!((&before["doors"], &before["refusals"]), (&json!([]), &json!([])));
    assert!(before["since"].is_string());

    spans::send(&server, "shop", 3);
    let mut request = spans::request("shop", 2);
    request.pointer_mut("/resourceSpans/0/scopeSpans/0/spans").unwrap()[1]["traceId"] =
        json!("0011");
    let body = request.to_string();
    let secret = "a-secret-that-nobody-sees";
    let headers = [("x-honeycomb-team", secret)];
    assert_eq!(server.ask(Method::POST, "/v1/traces", &headers, Some(&body)).0, 200);
    for _ in 0..3 {
        assert_eq!(server.ask(Method::POST, "/v1/logs", &headers, Some("{")).0, 400);
    }

    let all = heard(&server, &[]);
    assert!(!all.to_string().contains(secret), "{all}");
    let doors = all["doors"].as_array().unwrap();
    assert_eq!(doors.len(), 3, "{all}");
    let (own, other, logs) = (&doors[0], &doors[1], &doors[2]);
    assert_eq!((&own["door"], &own["key"]), (&json!("otlp/http traces"), &Value::Null));
    assert_eq!(own["environment"], "default");
    assert_eq!(own["accepted"]["requests"], 1);
    assert_eq!(own["accepted"]["events"], 3);
    assert!(own["last_event"].is_string());
    assert_eq!(other["key"], "a-secret…");
    let amount = json!({"requests": 1, "events": 1, "bytes": body.len()});
    assert_eq!(other["accepted"], amount);
    assert_eq!(other["refused"], json!({"requests": 0, "events": 1}));
    assert_eq!(logs["door"], "otlp/http logs");
    assert_eq!(logs["refused"], json!({"requests": 3, "events": 0}));
    assert_eq!(logs["last_event"], Value::Null);

    let refusals = all["refusals"].as_array().unwrap();
    assert_eq!(refusals.len(), 2, "{all}");
    assert_eq!(refusals[0]["reason"], "malformed");
    assert_eq!(refusals[0]["count"], 3);
    assert!(refusals[0]["text"].as_str().unwrap().contains("line 1"), "{all}");
    assert_eq!(refusals[1]["reason"], "trace id is not 16 bytes");
    assert_eq!(refusals[1]["key"], "a-secret…");
    for refusal in refusals {
        assert!(!refusal["remedy"].as_str().unwrap().is_empty());
        assert!(refusal["time"].is_string());
    }
}

/// Guarantees: a strict server says by which label wrong keys came; it tells keys of another
/// environment nothing of this, and keys that may only send nothing at all.
#[test]
fn accounts_are_for_those_who_may_ask() {
    let world = World::new().with_flags(&["--keys", "strict"]);
    let create = |flags: &[&str]| {
        let data = world.data();
        let mut arguments = vec!["key", "create", "--data", data.to_str().unwrap()];
        arguments.extend(flags);
        world.run(&arguments).done().trim().to_owned()
    };
    let operator = create(&["--permissions", "query,manage"]);
    let sender = create(&["--permissions", "send"]);
    let elsewhere = create(&["--environment", "other"]);
    let server = world.start();
    let body = spans::request("shop", 1).to_string();
    let send = |key: &str| {
        let headers = [("x-honeycomb-team", key)];
        server.ask(Method::POST, "/v1/traces", &headers, Some(&body)).0
    };
    assert_eq!((send(&sender), send(&elsewhere), send("not-one-of-ours")), (200, 200, 401));

    let seen = heard(&server, &[("x-honeycomb-team", &operator)]);
    let doors = seen["doors"].as_array().unwrap();
    let mut environments: Vec<&str> =
        doors.iter().map(|door| door["environment"].as_str().unwrap()).collect();
    environments.sort_unstable();
    assert_eq!(environments, ["default", "default", "other"], "{seen}");
    assert_eq!(seen["refusals"][0]["key"], "not-one…", "{seen}");
    assert_eq!(seen["refusals"][0]["reason"], "key");

    let seen = heard(&server, &[("x-honeycomb-team", &elsewhere)]);
    assert_eq!(seen["doors"].as_array().unwrap().len(), 1, "{seen}");
    assert_eq!(seen["doors"][0]["environment"], "other");
    assert_eq!(seen["refusals"], json!([]));

    let headers = [("x-honeycomb-team", sender.as_str())];
    assert_eq!(server.ask(Method::GET, "/api/v1/ingest", &headers, None).0, 403);
    assert_eq!(server.get("/api/v1/ingest").0, 401);
}
