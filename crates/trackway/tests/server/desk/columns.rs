//! `/1/columns`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use ureq::http::Method;

use super::{call, get, post, put, read};
use crate::spans;
use crate::world::{Server, World};

fn types(server: &Server, dataset: &str) -> BTreeMap<String, String> {
    let columns = get(server, &format!("/1/columns/{dataset}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let columns = columns.as_array().unwrap();
    columns.iter().map(|column| (text(&column["key_name"]), text(&column["type"]))).collect()
}

/// Guarantees: the fields that events have are columns with the types of their values, under
/// Honeycomb's names; each has one id, which stays, also when the events move into a segment and
/// the server is killed; and all datasets have them together.
#[test]
fn columns_of_events() {
    let mut world = World::new();
    world.set_variable("TRACKWAY_TEST_STORE", "group_rows=8");
    let server = world.start();
    spans::send(&server, "api", 2);
    let in_memory = types(&server, "api");
    let expected = [
        ("duration_ms", "float"),
        ("error", "boolean"),
        ("name", "string"),
        ("service.name", "string"),
        ("status_code", "integer"),
        ("trace.parent_id", "string"),
        ("trace.trace_id", "string"),
    ];
    for (name, kind) in expected {
        assert_eq!(in_memory.get(name).map(String::as_str), Some(kind), "{name} {in_memory:?}");
    }
    for absent in ["body", "severity", "parent_name", "meta.annotation_type"] {
        assert!(!in_memory.contains_key(absent), "{absent} {in_memory:?}");
    }
    let before = get(&server, "/1/columns/api?key_name=name");
    assert!(before["last_written"].as_str().unwrap().ends_with('Z'), "{before}");
    for _ in 0..4 {
        spans::send(&server, "api", 5);
    }
    server.wait_until_flushed();
    assert_eq!(types(&server, "api"), in_memory);
    server.kill();
    let server = world.start();
    assert_eq!(types(&server, "api"), in_memory);
    let after = get(&server, "/1/columns/api?key_name=name");
    assert_eq!(after["id"], before["id"]);
    let id = after["id"].as_str().unwrap();
    assert_eq!(get(&server, &format!("/1/columns/api/{id}")), after);
    assert_eq!(types(&server, "__all__"), in_memory);
    let count = get(&server, "/1/datasets/api")["regular_columns_count"].as_u64();
    assert_eq!(count, Some(in_memory.len() as u64));
}

/// Guarantees: a column can be made before any event has it, once; it is read by id and by name,
/// described anew, and deleted; and a restart loses none of it.
#[test]
fn columns_made_by_hand() {
    let world = World::new();
    let server = world.start();
    post(&server, "/1/datasets", &json!({"name": "shop"}), 201);
    let body = json!({"key_name": "app.total", "type": "float", "description": "in cents"});
    let made = post(&server, "/1/columns/shop", &body, 201);
    assert_eq!((&made["type"], &made["hidden"]), (&json!("float"), &json!(false)), "{made}");
    assert_eq!(made["created_at"], made["updated_at"]);
    assert!(made.get("last_written").is_none(), "{made}");
    let again = read(&call(&server, Method::POST, "/1/columns/shop", Some(&body)), 409);
    assert_eq!(again["type"], format!("{}/problems/conflict", server.url));
    let path = format!("/1/columns/shop/{}", made["id"].as_str().unwrap());
    assert_eq!(get(&server, &path), made);
    assert_eq!(get(&server, "/1/columns/shop?key_name=app.total"), made);
    assert_eq!(get(&server, "/1/columns/shop"), json!([made]));

    let change = json!({"key_name": "app.total", "hidden": true, "type": "integer"});
    let changed = put(&server, &path, &change, 200);
    assert_eq!(changed["description"], "in cents", "what is left out stays");
    assert_eq!((&changed["hidden"], &changed["type"]), (&json!(true), &json!("integer")));
    let renamed = put(&server, &path, &json!({"key_name": "other"}), 422);
    assert_eq!(renamed["type_detail"][0]["field"], "key_name");
    server.kill();
    let server = world.start();
    assert_eq!(get(&server, &path), changed);
    let plain = post(&server, "/1/columns/shop", &json!({"key_name": "plain"}), 201);
    assert_eq!(plain["type"], "string");

    assert_eq!(call(&server, Method::DELETE, &path, None).status, 204);
    for gone in [path.as_str(), "/1/columns/shop?key_name=app.total"] {
        let problem = read(&call(&server, Method::GET, gone, None), 404);
        assert_eq!(problem["error"], "Column not found");
    }
    assert_eq!(call(&server, Method::DELETE, &path, None).status, 404);
    let back = post(&server, "/1/columns/shop", &json!({"key_name": "app.total"}), 201);
    assert_eq!((&back["id"], &back["description"]), (&made["id"], &json!("")));
}

/// Guarantees: what is said of a column that events have does not change the events; one that is
/// deleted is back with the next event.
#[test]
fn columns_described() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 2);
    let column = get(&server, "/1/columns/api?key_name=duration_ms");
    let path = format!("/1/columns/api/{}", column["id"].as_str().unwrap());
    let described = put(&server, &path, &json!({"description": "how long"}), 200);
    assert_eq!(
        (&described["description"], &described["type"]),
        (&json!("how long"), &json!("float"))
    );
    assert_eq!(described["last_written"], column["last_written"]);
    assert_eq!(call(&server, Method::DELETE, &path, None).status, 204);
    assert_eq!(call(&server, Method::GET, &path, None).status, 404);
    let query = json!({"dataset": "api", "query": {"calculations": [
        {"op": "COUNT", "column": "duration_ms"}]}});
    let answer: Value = serde_json::from_str(&server.post("/api/v1/query", &query).1).unwrap();
    assert_eq!(answer["data"]["results"][0]["data"]["COUNT(duration_ms)"], 2);
    server.wait_until("an event after the deletion", |server| {
        spans::send(server, "api", 1);
        call(server, Method::GET, &path, None).status == 200
    });
}

/// Guarantees: wrong columns are refused with the member that is wrong, and columns of datasets
/// that are not there are not found.
#[test]
fn wrong_columns() {
    let world = World::new();
    let server = world.start();
    post(&server, "/1/datasets", &json!({"name": "shop"}), 201);
    let cases = [
        (json!({}), "key_name", "missing"),
        (json!({"key_name": ""}), "key_name", "missing"),
        (json!({"key_name": "x".repeat(256)}), "key_name", "invalid"),
        (json!({"key_name": "a", "type": "text"}), "type", "invalid"),
        (json!({"key_name": "a", "hidden": "no"}), "hidden", "incorrect_type"),
    ];
    for (body, field, code) in cases {
        let problem = post(&server, "/1/columns/shop", &body, 422);
        let detail = &problem["type_detail"][0];
        assert_eq!((&detail["field"], &detail["code"]), (&json!(field), &json!(code)), "{body}");
    }
    let body = json!({"key_name": "a"});
    for dataset in ["none", "__all__"] {
        let path = format!("/1/columns/{dataset}");
        assert_eq!(post(&server, &path, &body, 404)["error"], "Dataset not found");
    }
    assert_eq!(get(&server, "/1/columns/shop"), json!([]));
}
