//! `/1/datasets`.

use serde_json::{Value, json};
use ureq::http::Method;

use super::{call, get, post, put, read};
use crate::spans;
use crate::world::World;

const DATASETS: &str = "/1/datasets";

fn delete(server: &crate::world::Server, slug: &str) -> u16 {
    call(server, Method::DELETE, &format!("{DATASETS}/{slug}"), None).status
}

/// Guarantees: a dataset is there before its first event, with the members that clients read; a
/// name that is taken, in any case and by its address, gives the one that has it with 200.
#[test]
fn made_once() {
    let world = World::new();
    let server = world.start();
    let body = json!({"name": " My Shop! ", "description": "all of it", "expand_json_depth": 3});
    let made = post(&server, DATASETS, &body, 201);
    let created = made["created_at"].as_str().unwrap();
    assert!(created.ends_with('Z'), "{made}");
    let expected = json!({
        "name": "My Shop!", "slug": "my-shop-", "description": "all of it",
        "expand_json_depth": 3, "settings": {"delete_protected": true},
        "regular_columns_count": null, "last_written_at": null, "created_at": created,
    });
    assert_eq!(made, expected);
    for name in ["My Shop!", "MY SHOP!", "my-shop-", "My_Shop?"] {
        let again = post(&server, DATASETS, &json!({"name": name, "description": "x"}), 200);
        assert_eq!(again, expected, "{name}");
    }
    server.kill();
    let server = world.start();
    assert_eq!(get(&server, "/1/datasets/my-shop-"), expected);
    assert_eq!(get(&server, "/1/datasets/My%20Shop!"), expected);
    assert_eq!(get(&server, DATASETS), json!([expected]));
}

/// Guarantees: a dataset that its first event makes is the same one, and says what it holds.
#[test]
fn made_by_events() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 2);
    let listed = get(&server, DATASETS);
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    let dataset = &listed[0];
    assert_eq!((&dataset["name"], &dataset["description"]), (&json!("api"), &json!("")));
    assert!(dataset["last_written_at"].as_str().unwrap().ends_with('Z'), "{dataset}");
    assert!(dataset["regular_columns_count"].as_u64().unwrap() > 5, "{dataset}");
    let body = json!({"name": "API", "description": "taken"});
    assert_eq!(post(&server, DATASETS, &body, 200), *dataset);
    let made = post(&server, DATASETS, &json!({"name": "later"}), 201);
    assert_eq!(made["last_written_at"], Value::Null);
    spans::send(&server, "LATER", 1);
    let dataset = get(&server, "/1/datasets/later");
    assert_eq!(dataset["name"], "later");
    assert!(dataset["last_written_at"].is_string(), "{dataset}");
    assert_eq!(get(&server, DATASETS).as_array().map(Vec::len), Some(2));
}

/// Guarantees: an update without a member sets its default, but protection stays as it is.
#[test]
fn updated() {
    let world = World::new();
    let server = world.start();
    post(&server, DATASETS, &json!({"name": "shop", "expand_json_depth": 2}), 201);
    let path = "/1/datasets/shop";
    let open = json!({"description": "d", "settings": {"delete_protected": false}});
    let updated = put(&server, path, &open, 200);
    assert_eq!((&updated["description"], &updated["expand_json_depth"]), (&json!("d"), &json!(0)));
    let updated = put(&server, path, &json!({"expand_json_depth": 10}), 200);
    assert_eq!((&updated["description"], &updated["expand_json_depth"]), (&json!(""), &json!(10)));
    assert_eq!(updated["settings"], json!({"delete_protected": false}));
    // What a client was given it may send back.
    assert_eq!(put(&server, path, &updated, 200), updated);
    server.kill();
    assert_eq!(get(&world.start(), path), updated);
}

/// Guarantees: a protected dataset is not deleted; another is gone at once with its settings, and
/// its name is free.
#[test]
fn deleted() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 2);
    let refused = call(&server, Method::DELETE, "/1/datasets/api", None);
    let problem = read(&refused, 409);
    assert_eq!(problem["type"], format!("{}/problems/conflict", server.url));
    assert!(problem["error"].as_str().unwrap().contains("delete_protected = false"), "{problem}");
    let open = json!({"expand_json_depth": 4, "settings": {"delete_protected": false}});
    put(&server, "/1/datasets/api", &open, 200);
    assert_eq!(delete(&server, "api"), 202);
    assert_eq!(delete(&server, "api"), 404);
    assert_eq!(get(&server, DATASETS), json!([]));
    let made = post(&server, DATASETS, &json!({"name": "api"}), 201);
    assert_eq!(made["expand_json_depth"], 0);
    assert_eq!(made["settings"], json!({"delete_protected": true}));
}

/// Guarantees: the settings of a dataset that our own interface deletes go with it.
#[test]
fn deleted_elsewhere() {
    let world = World::new();
    let server = world.start();
    post(&server, DATASETS, &json!({"name": "shop", "expand_json_depth": 2}), 201);
    put(&server, "/1/datasets/shop", &json!({"settings": {"delete_protected": false}}), 200);
    assert_eq!(server.ask(Method::DELETE, "/api/v1/datasets/shop", &[], None).0, 200);
    let made = post(&server, DATASETS, &json!({"name": "shop"}), 201);
    assert_eq!(made["expand_json_depth"], 0);
}

/// Guarantees: wrong members are named with the code that says how they are wrong.
#[test]
fn wrong_members() {
    let world = World::new();
    let server = world.start();
    let cases = [
        (json!({}), "name", "missing"),
        (json!({"name": "  "}), "name", "missing"),
        (json!({"name": null}), "name", "missing"),
        (json!({"name": 7}), "name", "incorrect_type"),
        (json!({"name": "x".repeat(256)}), "name", "invalid"),
        (json!({"name": "a", "description": "x".repeat(1_025)}), "description", "invalid"),
        (json!({"name": "a", "expand_json_depth": 11}), "expand_json_depth", "invalid"),
        (json!({"name": "a", "expand_json_depth": "1"}), "expand_json_depth", "incorrect_type"),
    ];
    for (body, field, code) in cases {
        let problem = post(&server, DATASETS, &body, 422);
        let detail = &problem["type_detail"][0];
        assert_eq!((&detail["field"], &detail["code"]), (&json!(field), &json!(code)), "{body}");
    }
    let blank = post(&server, DATASETS, &json!({}), 422);
    assert_eq!(blank["type_detail"][0]["description"], "cannot be blank");
    assert_eq!(blank["title"], "The provided input is invalid.");
    assert_eq!(blank["error"], "The provided input is invalid.");
    let wrong = json!({"settings": {"delete_protected": "no"}});
    post(&server, DATASETS, &json!({"name": "a"}), 201);
    put(&server, "/1/datasets/a", &wrong, 422);
    put(&server, "/1/datasets/none", &json!({}), 404);
}
