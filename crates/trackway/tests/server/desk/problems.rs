//! How failures are said.

use serde_json::{Value, json};
use ureq::http::Method;
use ureq::http::header::CONTENT_TYPE;

use super::{call, read};
use crate::world::{Answer, Server, World, ask};

fn content_type(answer: &Answer) -> &str {
    answer.headers[CONTENT_TYPE].to_str().unwrap()
}

fn create(world: &World, permissions: &str) -> String {
    let data = world.data();
    let arguments =
        ["key", "create", "--data", data.to_str().unwrap(), "--permissions", permissions];
    world.run(&arguments).done().trim().to_owned()
}

/// Guarantees: a problem has the members of RFC 7807 and Honeycomb's, and its type begins with the
/// URL that the client used.
#[test]
fn problems_are_described() {
    let world = World::new().with_flags(&["--allowed-hosts", "honey.test"]);
    let server = world.start();
    let answer = call(&server, Method::GET, "/1/datasets/none", None);
    assert_eq!(content_type(&answer), "application/problem+json");
    let problem = read(&answer, 404);
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["type"], format!("{}/problems/not-found", server.url));
    assert_eq!(problem["title"], "The requested resource cannot be found.");
    assert_eq!(problem["error"], "Dataset not found");
    let url = format!("{}/1/datasets/none", server.url);
    let headers = [("host", "honey.test"), ("x-forwarded-proto", "https")];
    let problem = read(&ask(Method::GET, &url, &headers, None).unwrap(), 404);
    assert_eq!(problem["type"], "https://honey.test/problems/not-found");
}

/// Guarantees: an operator can say which URL it is.
#[test]
fn the_public_url_is_said() {
    let world = World::new().with_flags(&["--public-url", "https://honey.test/team/"]);
    let server = world.start();
    let problem = read(&call(&server, Method::GET, "/1/datasets/none", None), 404);
    assert_eq!(problem["type"], "https://honey.test/team/problems/not-found");
}

/// Guarantees: bodies that are not JSON objects, or larger than Honeycomb takes, are refused in its
/// words.
#[test]
fn bodies_are_checked() {
    let world = World::new();
    let server = world.start();
    for body in ["", "{", "[]", "7", "{\"name\": }"] {
        let answer = ask(Method::POST, &format!("{}/1/datasets", server.url), &[], Some(body));
        let problem = read(&answer.unwrap(), 400);
        assert_eq!(problem["error"], "could not parse request body", "{body}");
        assert_eq!(problem["title"], "The request body could not be parsed.");
        assert_eq!(problem["type"], format!("{}/problems/unparseable", server.url));
    }
    let large = json!({"name": "a", "description": "x".repeat(100_000)});
    let problem = read(&call(&server, Method::POST, "/1/datasets", Some(&large)), 413);
    assert_eq!(problem["type"], format!("{}/problems/payload-too-large", server.url));
    assert_eq!(problem["error"], "Body size is larger than maximum size of 100000 bytes");
}

/// Guarantees: a key reads or changes only what it may, and is told why not; an open server wants
/// none.
#[test]
fn keys_are_judged() {
    let world = World::new().with_flags(&["--keys", "strict"]);
    let (reads, changes) = (create(&world, "query"), create(&world, "manage"));
    let server = world.start();
    let answer = |method: Method, key: &str| {
        let headers = [("x-honeycomb-team", key)];
        let body = (method == Method::POST).then_some(r#"{"name": "shop"}"#);
        ask(method, &format!("{}/1/datasets", server.url), &headers, body).unwrap()
    };
    let unknown = answer(Method::GET, "nobody's");
    assert_eq!(content_type(&unknown), "application/json");
    assert_eq!(read(&unknown, 401)["error"], "unknown API key - check your credentials");
    assert_eq!(read(&call(&server, Method::GET, "/1/datasets", None), 401)["status"], 401);
    assert_eq!(answer(Method::GET, &reads).status, 200);
    let refused = read(&answer(Method::POST, &reads), 403);
    assert!(refused["error"].as_str().unwrap().contains("may not change"), "{refused}");
    assert_eq!(answer(Method::POST, &changes).status, 201);
    assert_eq!(answer(Method::GET, &changes).status, 403);
}

/// Guarantees: what is not built says so with a status that no client asks again, in the shape of
/// its version; a path that Honeycomb does not have either is not there; a method neither.
#[test]
fn not_built_is_said() {
    let world = World::new();
    let server = world.start();
    let problem = read(&call(&server, Method::POST, "/1/boards", Some(&json!({}))), 404);
    let said = problem["error"].as_str().unwrap();
    assert!(said.starts_with("POST /1/boards is an operation of Honeycomb's"), "{said}");
    let answer = call(&server, Method::GET, "/2/teams/us/environments", None);
    assert_eq!(content_type(&answer), "application/vnd.api+json");
    let errors = read(&answer, 404);
    let error = &errors["errors"][0];
    assert_eq!((&error["status"], &error["code"]), (&json!("404"), &json!("not-found")));
    assert_eq!(error["id"].as_str().map(str::len), Some(32));
    let nowhere = read(&call(&server, Method::GET, "/1/pancakes", None), 404);
    assert_eq!(nowhere["error"], "there is no GET /1/pancakes");
    let method = read(&call(&server, Method::PATCH, "/1/datasets", None), 405);
    assert_eq!(method["type"], format!("{}/problems/method-not-allowed", server.url));
}

fn status_of(server: &Server, operation: &str) -> (u16, Value) {
    let (method, path) = operation.split_once(' ').unwrap();
    let path: Vec<&str> =
        path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let with_body = method == Method::POST || method == Method::PUT || method == Method::PATCH;
    let answer = call(server, method, &path.join("/"), with_body.then(|| json!({})).as_ref());
    let body = serde_json::from_str(&answer.body).unwrap_or_default();
    (answer.status, body)
}

/// Guarantees: the operations that the table says are not built, and only those, say that they are
/// not.
#[test]
fn the_table_is_true() {
    let world = World::new();
    let server = world.start();
    let table = include_str!("../../../../honeycomb/src/lib.rs");
    let rows = table.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let mut seen = 0;
    for (operation, rest) in rows.filter_map(|row| row.split_once('`')) {
        let (status, body) = status_of(&server, operation);
        let text = body.to_string();
        let says_so = status == 404 && text.contains("operation of Honeycomb's that this server");
        assert_eq!(says_so, rest.contains("not built"), "{operation}: {status} {text}");
        seen += 1;
    }
    assert!(seen >= 89, "only {seen} operations are in the table");
}
