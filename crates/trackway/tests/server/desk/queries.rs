//! `/1/queries`.

use serde_json::{Value, json};
use ureq::http::Method;

use super::{call, get, post, read};
use crate::world::{World, ask};

/// A query with every part that is built.
fn every_part() -> Value {
    json!({
        "calculations": [{"op": "COUNT"}, {"op": "HEATMAP", "column": "duration_ms"}],
        "filters": [
            {"column": "column_1", "op": "exists"},
            {"column": "duration_ms", "op": "<", "value": 10000.5}
        ],
        "filter_combination": "OR",
        "breakdowns": ["column_1", "column_2"],
        "orders": [{"column": "column_1"}, {"op": "COUNT", "order": "descending"}],
        "havings": [{"calculate_op": "COUNT", "op": ">", "value": 10}],
        "limit": 100, "time_range": 3600, "granularity": 60
    })
}

/// Guarantees: a query comes back as it was sent and with an id, nothing filled in, also after the
/// server was killed; and the same query has the same id.
#[test]
fn kept_as_sent() {
    let world = World::new();
    let server = world.start();
    post(&server, "/1/datasets", &json!({"name": "shop"}), 201);
    for (path, sent) in [
        ("/1/queries/shop", every_part()),
        ("/1/queries/shop", json!({})),
        ("/1/queries/__all__", every_part()),
    ] {
        let put_down = post(&server, path, &sent, 200);
        let id = put_down["id"].as_str().unwrap().to_owned();
        let mut expected = sent.clone();
        expected["id"] = json!(id);
        assert_eq!(put_down, expected);
        assert_eq!(get(&server, &format!("{path}/{id}")), expected);
        // What was read back may be sent again.
        assert_eq!(post(&server, path, &expected, 200), expected);
    }
    let and = json!({"filter_combination": "AND", "limit": null, "time_range": 60});
    let put_down = post(&server, "/1/queries/shop", &and, 200);
    let id = &put_down["id"];
    assert_eq!(put_down, json!({"id": id, "time_range": 60}));
    let path = format!("/1/queries/shop/{}", id.as_str().unwrap());
    server.kill();
    assert_eq!(get(&world.start(), &path), put_down);
}

/// Guarantees: a query belongs to its dataset, and what is not there is not found.
#[test]
fn of_one_dataset() {
    let world = World::new();
    let server = world.start();
    post(&server, "/1/datasets", &json!({"name": "shop"}), 201);
    post(&server, "/1/datasets", &json!({"name": "other"}), 201);
    let here = post(&server, "/1/queries/shop", &json!({"limit": 3}), 200);
    let there = post(&server, "/1/queries/other", &json!({"limit": 3}), 200);
    let everywhere = post(&server, "/1/queries/__all__", &json!({"limit": 3}), 200);
    let ids = [&here["id"], &there["id"], &everywhere["id"]];
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
    let id = here["id"].as_str().unwrap();
    for path in [format!("other/{id}"), format!("__all__/{id}"), "shop/nonesuch".to_owned()] {
        let answer = call(&server, Method::GET, &format!("/1/queries/{path}"), None);
        assert_eq!(read(&answer, 404)["error"], "Query not found");
    }
    assert_eq!(post(&server, "/1/queries/none", &json!({}), 404)["error"], "Dataset not found");
}

/// Guarantees: what cannot be asked is refused with the member that is wrong, be it wrong or not
/// built.
#[test]
fn refused_before_it_is_kept() {
    let world = World::new();
    let server = world.start();
    post(&server, "/1/datasets", &json!({"name": "shop"}), 201);
    let calculation = |calculation: Value| json!({"calculations": [calculation]});
    let cases = [
        (json!({"limit": 1001}), "limit", "invalid", "from 1 to 1000"),
        (json!({"filters": [{"op": "exists"}]}), "filters[0].column", "missing", "is missing"),
        (json!({"filters": [{"column": "a", "op": "~"}]}), "filters[0].op", "invalid", "one of ="),
        (json!({"pancakes": 1}), "pancakes", "invalid", "is not a member"),
        (json!({"breakdowns": ["root.a"]}), "breakdowns[0]", "invalid", "not supported yet"),
        (
            calculation(json!({"op": "RATE_SUM", "column": "a"})),
            "calculations[0].op",
            "invalid",
            "RATE_SUM is not supported yet",
        ),
        (
            calculation(json!({"op": "COUNT", "name": "n"})),
            "calculations[0].name",
            "invalid",
            "not supported yet",
        ),
        (
            json!({"calculated_fields": [{"name": "a", "expression": "1"}]}),
            "calculated_fields",
            "invalid",
            "not supported yet",
        ),
        (
            json!({"compare_time_offset_seconds": 1800}),
            "compare_time_offset_seconds",
            "invalid",
            "not supported yet",
        ),
    ];
    for (sent, field, code, words) in cases {
        let problem = post(&server, "/1/queries/shop", &sent, 422);
        let detail = &problem["type_detail"][0];
        assert_eq!((&detail["field"], &detail["code"]), (&json!(field), &json!(code)), "{problem}");
        assert!(detail["description"].as_str().unwrap().contains(words), "{problem}");
        assert_eq!(problem["type"], format!("{}/problems/validation-failed", server.url));
    }
    let answer = ask(Method::POST, &format!("{}/1/queries/shop", server.url), &[], Some("[]"));
    assert_eq!(read(&answer.unwrap(), 400)["error"], "could not parse request body");
}
