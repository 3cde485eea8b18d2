//! What is left of a server that was killed.

use std::fs;

use serde_json::json;
use ureq::http::Method;

use super::spans;
use super::world::{Server, World, ask};

/// Guarantees: what was acknowledged before a kill is there after it, once.
#[test]
fn kills_lose_nothing() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 5);
    server.kill();
    let server = world.start();
    assert_eq!(spans::rows(&server, "api"), Some(5));
    spans::send(&server, "api", 1);
    server.kill();
    assert_eq!(spans::rows(&world.start(), "api"), Some(6));
}

/// Starts a server that stands still while it replays what one before it was sent.
pub(crate) fn start_replaying(world: &mut World) -> Server {
    let server = world.start();
    for _ in 0..3 {
        spans::send(&server, "api", 5);
    }
    server.kill();
    // Replay flushes what has filled a row group, which is where it is held.
    world.set_variable("TRACKWAY_TEST_STORE", "group_rows=8");
    world.set_variable("TRACKWAY_TEST_HOLD", "flush:1");
    let server = world.start_unready();
    server.wait_for_line("held in flush");
    server
}

/// Guarantees: while the log is replayed a server lives and is not ready; it refuses events and
/// questions with a time to try again. Killed in the middle of it, it has lost nothing.
#[test]
fn a_replaying_server_says_so() {
    let mut world = World::new();
    let server = start_replaying(&mut world);
    assert_eq!(server.get("/livez").0, 200);
    assert_eq!(server.get("/readyz"), (503, "replaying the log\n".to_owned()));
    assert_eq!(server.metric("trackway_ready"), 0.0);
    let body = spans::request("api", 1).to_string();
    let question = json!({"dataset": "__all__", "query": {}}).to_string();
    let requests = [
        (Method::POST, "/v1/traces", Some(body.as_str())),
        (Method::POST, "/api/v1/query", Some(question.as_str())),
        (Method::GET, "/api/v1/datasets", None),
        (Method::DELETE, "/api/v1/datasets/api", None),
    ];
    for (method, path, body) in requests {
        let answer = ask(method, &format!("{}{path}", server.url), &[], body).unwrap();
        assert_eq!(answer.status, 503, "{path}: {}", answer.body);
        assert_eq!(answer.retry_after.as_deref(), Some("1"), "{path}");
    }
    server.kill();

    world.remove_variable("TRACKWAY_TEST_HOLD");
    assert_eq!(spans::rows(&world.start(), "api"), Some(15));
}

/// Guarantees: a log that is damaged in the middle ends the server with words that name the remedy.
#[test]
fn damaged_logs_are_named() {
    let world = World::new();
    let server = world.start();
    for _ in 0..3 {
        spans::send(&server, "api", 5);
    }
    server.kill();
    let log = world.data().join("log");
    let mut files: Vec<_> = fs::read_dir(&log).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let damaged = files.into_iter().find(|path| {
        let mut bytes = fs::read(path).unwrap();
        let place = bytes.windows(6).position(|window| window == b"step 3");
        let Some(place) = place else { return false };
        bytes[place] ^= 1;
        fs::write(path, bytes).unwrap();
        true
    });
    assert!(damaged.is_some(), "the first request is in none of the log's files");
    let refusal = world.run_server(&[]).refused(1);
    assert!(refusal.contains("--accept-log-damage"), "{refusal}");

    let server = world.with_flags(&["--accept-log-damage"]);
    let server = server.start();
    assert_eq!(spans::rows(&server, "api"), Some(10));
    assert_eq!(server.metric("trackway_lost_records_total"), 1.0);
}
