//! `trackway tail` and `trackway traces`.

use std::net::TcpListener;
use std::thread::scope;

use serde_json::Value;

use super::spans;
use super::world::{Server, World};

/// Waits until so many readers follow.
fn wait_for_readers(server: &Server, count: f64) {
    server.wait_until("readers follow", |server| server.metric("trackway_tail_readers") == count);
}

/// The name of an event in JSON.
fn name(line: &str) -> String {
    let row: Value = serde_json::from_str(line).unwrap();
    row["data"]["name"].as_str().unwrap().to_owned()
}

/// Guarantees: events that pass the conditions are shown as they come, as lines or as JSON, and
/// the command ends by itself after as many as were wanted.
#[test]
fn events_are_followed() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 1);
    let own = ["tail", "--server", &server.url, "--limit", "2"];
    let some = ["--dataset", "api", "--where", "name != step 1", "--json"];
    let some = [&own[..], &some].concat();
    scope(|scope| {
        let some = scope.spawn(|| world.run(&some));
        let all = scope.spawn(|| world.run(&own));
        wait_for_readers(&server, 2.0);
        spans::send(&server, "other", 1);
        spans::send(&server, "api", 3);
        let ran = some.join().unwrap();
        let names: Vec<String> = ran.done().lines().map(name).collect();
        assert_eq!(names, ["step 0", "step 2"]);
        let lines = all.join().unwrap().done();
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains(" other step 0 1.5 ms "), "{lines:?}");
        assert!(lines[1].contains(" api step 0 1.5 ms "), "{lines:?}");
        assert!(!lines.concat().contains('\u{1b}'), "no colours in a pipe");
    });
}

/// Guarantees: a server that was killed and came back is followed on, each event once, and that
/// the connection was lost is said.
#[test]
fn readers_come_back() {
    // Ports that were free a moment ago: the second server has to have the first one's.
    let port = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let world = World::new().on_ports(&port(), &port());
    let server = world.start();
    let tail = world.begin(&["tail", "--server", &server.url, "--limit", "5", "--json"]);
    wait_for_readers(&server, 1.0);
    spans::send(&server, "api", 2);
    let mut shown: Vec<String> = (0..2).map(|_| tail.next_line().unwrap()).collect();
    server.kill();
    let server = world.start();
    spans::send(&server, "api", 3);
    while let Some(line) = tail.next_line() {
        shown.push(line);
    }
    let names: Vec<String> = shown.iter().map(|line| name(line)).collect();
    assert_eq!(names, ["step 0", "step 1", "step 0", "step 1", "step 2"]);
    assert!(tail.complaints().contains("coming back"), "{}", tail.complaints());
    assert_eq!(tail.status(), Some(0));
}

/// Guarantees: what cannot be followed is refused at once, and a reader of the output that went
/// away ends the command.
#[test]
fn ends_are_told() {
    let world = World::new();
    let server = world.start();
    let own = ["tail", "--server", &server.url];
    let refusal = world.run(&[&own[..], &["--dataset", "nobody"]].concat()).refused(1);
    assert!(refusal.contains("nobody"), "{refusal}");
    world.run(&[&own[..], &["--where", "name"]].concat()).refused(2);
    scope(|scope| {
        let unread = scope.spawn(|| world.run_unread(&own));
        wait_for_readers(&server, 1.0);
        spans::send(&server, "api", 1);
        let ran = unread.join().unwrap();
        assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    });
}

/// Guarantees: traces are listed with what they come to, those that fail or pass conditions alone,
/// page by page.
#[test]
fn traces_are_listed() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 3);
    let mut other = spans::request("shop", 1);
    let id = "1af7651916cd43dd8448eb211c80319c";
    other["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] = id.into();
    assert_eq!(server.post("/v1/traces", &other).0, 200);
    let list =
        |flags: &[&str]| world.run(&[&["traces", "--server", &server.url][..], flags].concat());
    let table = list(&[]).done();
    assert_eq!(table.lines().count(), 3, "{table}");
    let words: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    let headings = ["START", "DURATION", "SPANS", "ERRORS", "LOGS", "SERVICE", "ROOT", "TRACE"];
    assert_eq!(words, headings);
    let line = table.lines().find(|line| line.ends_with(spans::TRACE)).expect(&table);
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    assert_eq!(words, ["1.5", "ms", "3", "1", "0", "api", "step", "0", spans::TRACE]);
    let failing = list(&["--failing"]).done();
    assert!(failing.contains(spans::TRACE) && !failing.contains(id), "{failing}");
    let shop = list(&["--where", "service.name = shop", "--last", "1h", "--slowest"]).done();
    assert!(!shop.contains(spans::TRACE) && shop.contains(id), "{shop}");
    let nothing = list(&["--from", "2h", "--to", "1h"]).done();
    assert_eq!(nothing.lines().count(), 1, "{nothing}");
    let first = list(&["--limit", "1"]);
    let token = first.err.trim().strip_prefix("there are more: --next ").expect(&first.err);
    let second = list(&["--limit", "1", "--next", token]).done();
    assert_ne!(first.out.lines().nth(1), second.lines().nth(1));
    let json: Value = serde_json::from_str(&list(&["--json"]).done()).unwrap();
    assert_eq!(json["traces"].as_array().unwrap().len(), 2);
    list(&["--dataset", "nobody"]).refused(1);
}
