//! `/api/v1/datasets`.

use serde_json::{Value, json};
use ureq::http::Method;

use super::spans;
use super::world::{Server, World};

fn change(server: &Server, name: &str, change: &Value) -> (u16, Value) {
    let path = format!("/api/v1/datasets/{name}");
    let (status, body) = server.ask(Method::PATCH, &path, &[], Some(&change.to_string()));
    (status, serde_json::from_str(&body).unwrap())
}

/// Lets a dataset be deleted, as no dataset can be at first.
pub(crate) fn unprotect(server: &Server, name: &str) {
    let (status, body) = change(server, name, &json!({"delete_protected": false}));
    assert_eq!(status, 200, "{body}");
}

fn delete(server: &Server, name: &str) -> (u16, Value) {
    let path = format!("/api/v1/datasets/{name}");
    let (status, body) = server.ask(Method::DELETE, &path, &[], None);
    (status, serde_json::from_str(&body).unwrap())
}

/// Guarantees: a dataset that is not there is a 404 with words, for every operation.
#[test]
fn missing_datasets_are_not_found() {
    let world = World::new();
    let server = world.start();
    let (status, body) = change(&server, "none", &json!({"retention_seconds": 3_600}));
    assert_eq!((status, &body["error"]), (404, &json!("there is no dataset named \"none\"")));
    let (status, body) = delete(&server, "none");
    assert_eq!((status, &body["error"]), (404, &json!("there is no dataset named \"none\"")));
    assert_eq!(server.get("/api/v1/datasets"), (200, r#"{"datasets":[]}"#.to_owned()));
}

/// Guarantees: a dataset is listed with its rows, is kept as long as it is told across a restart,
/// and is gone when it is deleted.
#[test]
fn datasets_are_listed_kept_and_deleted() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 3);
    spans::send(&server, "a b?c", 1);
    assert_eq!(spans::rows(&server, "api"), Some(3));

    let (status, dataset) = change(&server, "api", &json!({"retention_seconds": 7_200}));
    assert_eq!(status, 200, "{dataset}");
    assert_eq!(dataset["name"], "api");
    assert_eq!(dataset["retention_seconds"], 7_200);
    assert_eq!(dataset["rows"], 3);
    assert!(dataset["created"].as_str().unwrap().ends_with('Z'), "{dataset}");
    for wrong in [json!({}), json!({"retention_seconds": 1}), json!({"name": "b"}), json!(7)] {
        let (status, body) = change(&server, "api", &wrong);
        assert_eq!(status, 400, "{body}");
    }
    server.kill();

    let server = world.start();
    let (_, body) = server.get("/api/v1/datasets");
    let body: Value = serde_json::from_str(&body).unwrap();
    let kept: Vec<&Value> = body["datasets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|known| &known["retention_seconds"])
        .collect();
    assert_eq!(kept, [&json!(7_200), &Value::Null]);
    let (status, dataset) = change(&server, "api", &json!({"retention_seconds": null}));
    assert_eq!((status, &dataset["retention_seconds"]), (200, &Value::Null));

    unprotect(&server, "a%20b%3Fc");
    let (status, dataset) = delete(&server, "a%20b%3Fc");
    assert_eq!((status, &dataset["rows"]), (200, &json!(1)), "{dataset}");
    assert_eq!(spans::rows(&server, "a b?c"), None);
    assert_eq!(delete(&server, "a%20b%3Fc").0, 404);
    assert_eq!(spans::rows(&server, "api"), Some(3));
}

/// Guarantees: a protected dataset stays, with words that say why and what to do, through whichever
/// interface it was protected and across a restart; the other members stay as they are.
#[test]
fn protected_datasets_stay() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 2);
    change(&server, "api", &json!({"retention_seconds": 7_200}));
    let (status, refusal) = delete(&server, "api");
    let words = refusal["error"].as_str().unwrap();
    assert_eq!(status, 409, "{words}");
    for said in ["delete_protected is true", r#"{"delete_protected": false}"#, "unprotect \"api\""]
    {
        assert!(words.contains(said), "{words}");
    }
    let open = r#"{"settings": {"delete_protected": false}}"#;
    assert_eq!(server.ask(Method::PUT, "/1/datasets/api", &[], Some(open)).0, 200);
    let (_, shown) = change(&server, "api", &json!({"delete_protected": true}));
    let kept = (&shown["delete_protected"], &shown["retention_seconds"]);
    assert_eq!(kept, (&json!(true), &json!(7_200)));
    server.kill();
    let server = world.start();
    assert_eq!(delete(&server, "api").0, 409);
    assert_eq!(spans::rows(&server, "api"), Some(2));
    let (_, shown) = change(&server, "api", &json!({"delete_protected": false}));
    assert_eq!(shown["delete_protected"], json!(false));
    assert_eq!(delete(&server, "api").0, 200);
    assert_eq!(change(&server, "api", &json!({"delete_protected": true})).0, 404);
}

/// Guarantees: rows are counted and sized in segments as in memory.
#[test]
fn flushed_datasets_have_sizes() {
    let mut world = World::new();
    world.set_variable("TRACKWAY_TEST_STORE", "group_rows=8");
    let server = world.start();
    for _ in 0..4 {
        spans::send(&server, "api", 5);
    }
    server.wait_until_flushed();
    assert_eq!(spans::rows(&server, "api"), Some(20));
    let (_, body) = server.get("/api/v1/datasets");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert!(body["datasets"][0]["bytes"].as_u64().unwrap() > 0, "{body}");
    let moment = |name: &str| body["datasets"][0][name].as_str().unwrap().to_owned();
    // The last request came later than the first, and both were a second old.
    assert_ne!(moment("oldest"), moment("newest"));
    assert!(moment("oldest").ends_with('Z') && moment("newest").ends_with('Z'), "{body}");
}
