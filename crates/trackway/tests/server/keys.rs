//! Who may come in.

use serde_json::Value;
use ureq::http::Method;

use super::world::{Server, World};
use super::{datasets, spans};

fn list_status(server: &Server, key: Option<&str>) -> u16 {
    let bearer = key.map(|key| format!("Bearer {key}"));
    let headers: Vec<(&str, &str)> =
        bearer.iter().map(|value| ("authorization", value.as_str())).collect();
    server.ask(Method::GET, "/api/v1/datasets", &headers, None).0
}

fn send_status(server: &Server, key: &str) -> u16 {
    let body = spans::request("api", 1).to_string();
    let headers = [("x-honeycomb-team", key)];
    server.ask(Method::POST, "/v1/traces", &headers, Some(&body)).0
}

fn create(world: &World, flags: &[&str]) -> String {
    let data = world.data();
    let mut arguments = vec!["key", "create", "--data", data.to_str().unwrap()];
    arguments.extend(flags);
    world.run(&arguments).done().trim().to_owned()
}

/// Guarantees: a strict server refuses who has no key, and admits who has one, made before its
/// start or while it runs; its numbers need a key, its health does not.
#[test]
fn strict_servers_want_keys() {
    let world = World::new().with_flags(&["--keys", "strict"]);
    let before = create(&world, &[]);
    let server = world.start();
    let during = create(&world, &["--name", "second"]);
    for key in [&before, &during] {
        assert_eq!(list_status(&server, Some(key)), 200);
        assert_eq!(send_status(&server, key), 200);
    }
    assert_eq!(list_status(&server, None), 401);
    assert_eq!(list_status(&server, Some("nobody's")), 401);
    assert_eq!(send_status(&server, "nobody's"), 401);
    assert_eq!(server.get("/livez").0, 200);
    assert_eq!(server.get("/readyz").0, 200);
    assert_eq!(server.get("/metrics").0, 401);
    let bearer = format!("Bearer {before}");
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(server.ask(Method::GET, "/metrics", &headers, None).0, 200);
}

/// Guarantees: a key may do what it was made for, also on an open server.
#[test]
fn permissions_hold() {
    let world = World::new();
    let sends = create(&world, &["--permissions", "send"]);
    let asks = create(&world, &["--permissions", "query"]);
    let manages = create(&world, &["--permissions", "manage"]);
    let server = world.start();
    let delete_status = |key: &str| {
        let headers = [("x-honeycomb-team", key)];
        server.ask(Method::DELETE, "/api/v1/datasets/none", &headers, None).0
    };
    assert_eq!(send_status(&server, &sends), 200);
    assert_eq!(list_status(&server, Some(&sends)), 403);
    assert_eq!(list_status(&server, Some(&asks)), 200);
    assert_eq!(delete_status(&asks), 403);
    assert_eq!(delete_status(&manages), 404);
    assert_eq!(list_status(&server, None), 200, "an open server wants no key");
}

/// Guarantees: data of another environment is not seen.
#[test]
fn environments_are_apart() {
    let world = World::new();
    let server = world.start();
    let other = create(&world, &["--environment", "other", "--value", "a-key-of-our-own"]);
    assert_eq!(other, "a-key-of-our-own");
    // The server looks for changes of keys once a second.
    server.wait_until("the key is known", |server| {
        if spans::rows(server, "api").is_some() {
            datasets::unprotect(server, "api");
            let (status, _) = server.ask(Method::DELETE, "/api/v1/datasets/api", &[], None);
            assert_eq!(status, 200);
        }
        send_status(server, &other) == 200 && spans::rows(server, "api").is_none()
    });
    let headers = [("x-honeycomb-team", other.as_str())];
    let (status, body) = server.ask(Method::GET, "/api/v1/datasets", &headers, None);
    assert_eq!(status, 200);
    assert!(body.contains("\"name\":\"api\""), "{body}");
}

/// Guarantees: a revoked key is refused within a second or so, and the list shows it, its uses, and
/// the unknown keys that came.
#[test]
fn revoked_keys_are_refused() {
    let world = World::new().with_flags(&["--keys", "strict"]);
    let key = create(&world, &["--name", "front door"]);
    let server = world.start();
    assert_eq!(list_status(&server, Some(&key)), 200);
    assert_eq!(list_status(&server, Some("somebody-elses-key")), 401);
    let data = world.data();
    let data = data.to_str().unwrap();
    let said = world.run(&["key", "revoke", "front door", "--data", data]).done();
    assert!(said.contains("is revoked"), "{said}");
    server.wait_until("refused", |server| list_status(server, Some(&key)) != 200);
    assert_eq!(list_status(&server, Some(&key)), 401);
    server.stop();

    let list = world.run(&["key", "list", "--data", data, "--json"]).done();
    assert!(!list.contains(&key), "a key's text is in the list");
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["keys"][0]["name"], "front door");
    assert_eq!(list["keys"][0]["environment"], "default");
    assert!(list["keys"][0]["revoked"].is_string());
    assert!(list["keys"][0]["admitted"].as_u64().unwrap() >= 1);
    assert!(list["keys"][0]["refused"].as_u64().unwrap() >= 1);
    let unknown = list["unknown"].as_array().unwrap();
    assert!(unknown.iter().any(|key| key["refused"] == 1), "{list}");

    let table = world.run(&["key", "list", "--data", data]).done();
    assert!(table.lines().any(|line| line.contains("front door") && line.contains("revoked")));
    assert!(table.lines().any(|line| line.contains("unknown")), "{table}");
    let refusal = world.run(&["key", "revoke", "nothing", "--data", data]).refused(1);
    assert!(refusal.contains("no key has this id"), "{refusal}");
}
