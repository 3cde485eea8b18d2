//! The commands that ask a running server.

use serde_json::{Value, json};

use super::spans;
use super::world::{Server, World};

fn ask(world: &World, server: &Server, arguments: &[&str]) -> super::world::Ran {
    let mut all = arguments.to_vec();
    all.extend(["--server", &server.url]);
    world.run(&all)
}

/// Guarantees: a question is answered as a table, and with `--json` as the server said it.
#[test]
fn questions_are_answered() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 3);
    let query = json!({"calculations": [{"op": "COUNT"}], "breakdowns": ["name"]}).to_string();
    let table = ask(&world, &server, &["query", "--dataset", "api", &query]).done();
    let mut lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.remove(0), "name    COUNT");
    lines.sort_unstable();
    assert_eq!(lines, ["step 0  1", "step 1  1", "step 2  1"]);
    let answer = ask(&world, &server, &["query", "--json"]).done();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["data"]["results"][0]["data"]["COUNT"], 3);
    let rows = ask(&world, &server, &["query", "--rows"]).done();
    assert_eq!(rows.lines().count(), 4, "{rows}");
    assert!(rows.contains(spans::TRACE), "{rows}");
}

/// Guarantees: a trace is drawn as a tree with its failures, by its id.
#[test]
fn traces_are_drawn() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 3);
    let tree = ask(&world, &server, &["trace", spans::TRACE]).done();
    let lines: Vec<&str> = tree.lines().collect();
    let head = format!("trace {}: 3 spans, api, 1 error, 1.5 ms from ", spans::TRACE);
    assert!(lines[0].starts_with(&head), "{tree}");
    assert!(lines[2].starts_with("step 0        1.5 ms  ████"), "{tree}");
    assert!(lines[3].starts_with("├ step"), "{tree}");
    assert!(lines[4].starts_with("└ step"), "{tree}");
    assert_eq!(tree.matches("ERROR").count(), 1, "{tree}");
    assert!(lines[1..].iter().all(|line| line.chars().count() <= 80), "{tree}");
    assert!(!tree.contains('\u{1b}'), "no colours in a pipe");
    let tree = ask(&world, &server, &["trace", spans::TRACE, "--color", "always"]).done();
    assert!(tree.contains("\u{1b}[31mERROR"), "{tree}");
}

/// Guarantees: a parent that did not come is shown by its id above what came, and a long trace is
/// cut with a count unless all of it is wanted.
#[test]
fn long_and_broken_traces_are_drawn() {
    let world = World::new();
    let server = world.start();
    let mut request = spans::request("api", 300);
    request["resourceSpans"][0]["scopeSpans"][0]["spans"][299]["parentSpanId"] =
        "00000000000fffff".into();
    let (status, body) = server.post("/v1/traces", &request);
    assert_eq!(status, 200, "{body}");
    let short = ask(&world, &server, &["trace", spans::TRACE]).done();
    assert!(short.contains("… 100 more spans with 0 errors: --all draws them"), "{short}");
    let all = ask(&world, &server, &["trace", spans::TRACE, "--all"]).done();
    let place = all.lines().position(|line| line == "(span 00000000000fffff did not come)");
    let below = all.lines().nth(place.expect(&all) + 1).unwrap();
    assert!(below.starts_with("└ step 299"), "{all}");
    assert_eq!(all.matches("step ").count(), 300, "{all}");
}

/// Guarantees: datasets are listed, kept and deleted from the command line.
#[test]
fn datasets_are_managed() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "a b", 2);
    let said = ask(&world, &server, &["dataset", "retain", "a b", "14d"]).done();
    assert_eq!(said, "a b is kept for 2w\n");
    let list = ask(&world, &server, &["dataset", "list"]).done();
    assert!(list.lines().nth(1).unwrap().starts_with("a b   2     0 B   2w    20"), "{list}");
    let said = ask(&world, &server, &["dataset", "retain", "a b", "forever"]).done();
    assert_eq!(said, "a b is kept for ever\n");
    let refusal = ask(&world, &server, &["dataset", "retain", "a b", "soon"]).refused(2);
    assert!(refusal.contains("\"soon\" is no time"), "{refusal}");
    let refusal = ask(&world, &server, &["dataset", "delete", "a b"]).refused(1);
    assert!(refusal.contains("trackway dataset unprotect \"a b\""), "{refusal}");
    let said = ask(&world, &server, &["dataset", "unprotect", "a b"]).done();
    assert_eq!(said, "a b can be deleted\n");
    let said = ask(&world, &server, &["dataset", "delete", "a b"]).done();
    assert_eq!(said, "a b is deleted, with 2 rows\n");
    let refusal = ask(&world, &server, &["dataset", "delete", "a b"]).refused(1);
    assert!(refusal.contains("404") && refusal.contains("no dataset named \"a b\""), "{refusal}");
}

/// Guarantees: what keeps a command from asking is said, with status 2.
#[test]
fn unreachable_servers_are_named() {
    let world = World::new();
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let refusal = world.run(&["dataset", "list", "--server", &url]).refused(2);
    assert!(refusal.contains(&url) && refusal.contains("is a server running there"), "{refusal}");
    let refusal = world.run(&["dataset", "list", "--server", "https://example.com"]).refused(2);
    assert!(refusal.contains("no TLS"), "{refusal}");
    let refusal = world.run(&["query", "--server", &url, "{"]).refused(2);
    assert!(refusal.contains("the query is not JSON"), "{refusal}");
}
