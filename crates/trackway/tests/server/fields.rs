//! `GET /api/v1/fields` and `/api/v1/fields/{name}/values`.

use serde_json::{Value, json};

use super::spans;
use super::world::{Server, World};

fn get(server: &Server, path: &str) -> Value {
    let (status, body) = server.get(path);
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn field(server: &Server, parameters: &str, name: &str) -> Option<Value> {
    let answer = get(server, &format!("/api/v1/fields{parameters}"));
    let fields = answer["fields"].as_array().unwrap();
    fields.iter().find(|field| field["name"] == name).cloned()
}

fn log(server: &Server, attributes: &Value) {
    let name = json!({"key": "service.name", "value": {"stringValue": "shop"}});
    let body = json!({"resourceLogs": [{
        "resource": {"attributes": [name]},
        "scopeLogs": [{"logRecords": [
            {"body": {"stringValue": "hello"}, "attributes": attributes},
        ]}],
    }]});
    let (status, answer) = server.post("/v1/logs", &body);
    assert_eq!(status, 200, "{answer}");
}

/// Guarantees: fields are known with their types and signals from the moment they come, attributes
/// and the dialect's own alike, in memory and in segments.
#[test]
fn fields_are_known() {
    let mut world = World::new();
    world.set_variable("TRACKWAY_TEST_STORE", "group_rows=8");
    let server = world.start();
    assert_eq!(get(&server, "/api/v1/fields"), json!({"fields": [], "more": 0}));
    spans::send(&server, "api", 5);
    log(&server, &json!([{"key": "Retries", "value": {"intValue": "3"}}]));
    log(&server, &json!([{"key": "Retries", "value": {"stringValue": "many"}}]));
    for flushed in [false, true] {
        if flushed {
            spans::send(&server, "api", 5);
            server.wait_until_flushed();
        }
        let retries = json!({"name": "Retries", "types": ["text", "int"], "signals": ["logs"]});
        assert_eq!(field(&server, "", "Retries"), Some(retries.clone()), "flushed: {flushed}");
        assert_eq!(field(&server, "?contains=retr", "Retries"), Some(retries));
        assert_eq!(field(&server, "?contains=xyz", "Retries"), None);
        let duration = json!({"name": "duration_ms", "types": ["float"], "signals": ["spans"]});
        assert_eq!(field(&server, "?dataset=api", "duration_ms"), Some(duration));
        let service = field(&server, "", "service.name").unwrap();
        assert_eq!(service["signals"], json!(["spans", "logs"]));
    }
}

/// Guarantees: a dataset's fields are its own, also where its events share segments with those of
/// another, which the catalog still knows after a restart; all datasets have them together.
#[test]
fn datasets_have_fields_of_their_own() {
    let mut world = World::new();
    world.set_variable("TRACKWAY_TEST_STORE", "group_rows=8");
    let server = world.start();
    let of = |service: &str, records: Value| {
        let name = json!({"key": "service.name", "value": {"stringValue": service}});
        json!({"resource": {"attributes": [name]}, "scopeLogs": [{"logRecords": records}]})
    };
    let text = |key: &str| json!([{"key": key, "value": {"stringValue": "x"}}]);
    let traced = json!({"attributes": text("color"), "traceId": spans::TRACE});
    let both = json!({"resourceLogs": [
        of("shop", json!([traced])),
        of("cart", json!([{"attributes": text("size"), "body": {"stringValue": "b"}}])),
    ]});
    let plain = json!({"resourceLogs": [of("shop", json!([{}])), of("cart", json!([{}]))]});
    // Those with fields come first, so that they are in segments and the others in memory.
    for request in std::iter::repeat_n(&both, 8).chain(std::iter::repeat_n(&plain, 16)) {
        assert_eq!(server.post("/v1/logs", request).0, 200);
    }
    server.wait_until_flushed();
    let check = |server: &Server| {
        for (dataset, own, others) in [
            ("shop", ["color", "trace.trace_id"], ["size", "body"]),
            ("cart", ["size", "body"], ["color", "trace.trace_id"]),
        ] {
            let parameters = format!("?dataset={dataset}");
            let columns = get(server, &format!("/1/columns/{dataset}"));
            let columns: Vec<&Value> =
                columns.as_array().unwrap().iter().map(|column| &column["key_name"]).collect();
            for name in own {
                assert!(field(server, &parameters, name).is_some(), "{dataset} {name}");
                assert!(field(server, "", name).is_some(), "{name}");
                assert!(columns.contains(&&json!(name)), "{dataset} {name}: {columns:?}");
            }
            for name in others {
                assert_eq!(field(server, &parameters, name), None, "{dataset} {name}");
                assert!(!columns.contains(&&json!(name)), "{dataset} {name}: {columns:?}");
            }
        }
    };
    check(&server);
    server.kill();
    check(&world.start());
}

/// Guarantees: the values of a field are counted, the most common first, those of the dataset that
/// begin as asked.
#[test]
fn values_are_counted() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 2);
    spans::send(&server, "shop", 5);
    let answer = get(&server, "/api/v1/fields/service.name/values");
    let both = json!([{"value": "shop", "count": 5}, {"value": "api", "count": 2}]);
    assert_eq!((&answer["values"], &answer["sampled"]), (&both, &json!(7)));
    let some = get(&server, "/api/v1/fields/service.name/values?starts_with=a");
    assert_eq!(some["values"], json!([{"value": "api", "count": 2}]));
    let one = get(&server, "/api/v1/fields/name/values?dataset=shop&limit=1");
    assert_eq!(one["values"], json!([{"value": "step 0", "count": 1}]));
    let durations = get(&server, "/api/v1/fields/duration_ms/values");
    assert_eq!(durations["values"], json!([{"value": 1.5, "count": 7}]));
    assert_eq!(get(&server, "/api/v1/fields/a%2Fb/values")["values"], json!([]));
}
