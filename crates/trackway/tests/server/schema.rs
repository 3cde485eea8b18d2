//! Holds answers against the description of the API: whatever a test asks is checked on the way.
//!
//! JSON Schema as far as the description uses it. A keyword that is not known here is a failure, so
//! that nothing in the description is passed over.

use std::sync::LazyLock;

use serde_json::{Map, Value};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../src/api/openapi.json")).expect("it is JSON")
});

/// Fails if an answer is not what the description says of its operation. Paths that are not in it
/// are not of this API.
pub(crate) fn check_answer(method: &str, path: &str, status: u16, body: &str) {
    let Some(operation) = operation(method, path) else { return };
    let response = response(operation, status);
    let schema = &response["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{method} {path} answers {status}, which is not described: {body}");
    let value: Value = serde_json::from_str(body)
        .unwrap_or_else(|error| panic!("{method} {path} answers no JSON: {error}: {body}"));
    let wrong = check(schema, &value, "answer");
    assert!(wrong.is_empty(), "{method} {path} {status} is not as described: {wrong:?}: {body}");
    if status == 200 {
        check_parameters(operation, path);
    }
}

/// Fails if an event is not what the description says of its operation.
pub(crate) fn check_event(method: &str, path: &str, name: &str, data: &Value) {
    let operation = operation(method, path).expect("events come from operations");
    let events = &response(operation, 200)["content"]["text/event-stream"]["x-events"];
    let schema = events.get(name).unwrap_or_else(|| panic!("{path}: no event {name} is described"));
    let wrong = check(schema, data, "data");
    assert!(wrong.is_empty(), "the event {name} is not as described: {wrong:?}: {data}");
}

/// What is accepted is described.
fn check_parameters(operation: &Value, path: &str) {
    let Some((_, query)) = path.split_once('?') else { return };
    let described = operation["parameters"].as_array().cloned().unwrap_or_default();
    for parameter in query.split('&') {
        let name = parameter.split('=').next().unwrap_or_default();
        let is_known =
            described.iter().any(|known| known["in"] == "query" && known["name"] == name);
        assert!(is_known, "{path}: the parameter {name} is accepted and not described");
    }
}

/// The operation of a path; a path without parameters wins over one with.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next()?;
    let fits = |template: &str| {
        let parts = || template.split('/').zip(path.split('/'));
        let same = |(known, part): (&str, &str)| known.starts_with('{') || known == part;
        template.split('/').count() == path.split('/').count() && parts().all(same)
    };
    let paths = DOCUMENT["paths"].as_object()?;
    let (_, operations) = paths
        .iter()
        .filter(|(template, _)| fits(template))
        .min_by_key(|(template, _)| template.matches('{').count())?;
    operations.get(method.to_lowercase())
}

fn response(operation: &'static Value, status: u16) -> &'static Value {
    let responses = &operation["responses"];
    resolve(responses.get(status.to_string()).unwrap_or(&responses["default"]))
}

fn resolve(value: &'static Value) -> &'static Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(to) => {
            DOCUMENT.pointer(to.trim_start_matches('#')).expect("references lead somewhere")
        }
        None => value,
    }
}

/// What is wrong with a value.
fn check(schema: &'static Value, value: &Value, place: &str) -> Vec<String> {
    let schema = resolve(schema);
    let Value::Object(keywords) = schema else { panic!("{place}: {schema} is no schema") };
    let mut wrong = Vec::new();
    for (keyword, of) in keywords {
        match keyword.as_str() {
            "description" | "additionalProperties" => {}
            "type" => {
                if !has_type(of, value) {
                    wrong.push(format!("{place} is not of type {of}"));
                }
            }
            "enum" => {
                if !of.as_array().expect("a list").contains(value) {
                    wrong.push(format!("{place} is none of {of}"));
                }
            }
            "minimum" => {
                if value.as_f64().is_some_and(|number| number < of.as_f64().expect("a number")) {
                    wrong.push(format!("{place} is below {of}"));
                }
            }
            "format" => {
                assert_eq!(of, "date-time", "{place}: a format that is not known here");
                if value.as_str().is_some_and(|text| !is_moment(text)) {
                    wrong.push(format!("{place} is no moment"));
                }
            }
            "anyOf" => {
                let any = of.as_array().expect("a list");
                if !any.iter().any(|one| check(one, value, place).is_empty()) {
                    wrong.push(format!("{place} is as none of {} describe", any.len()));
                }
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    wrong.extend(check(of, item, &format!("{place}[{at}]")));
                }
            }
            "properties" | "required" => {
                let Value::Object(members) = value else { continue };
                wrong.extend(check_members(keywords, members, keyword, place));
            }
            other => panic!("{place}: the keyword {other} is not known here"),
        }
    }
    wrong
}

fn check_members(
    keywords: &'static Map<String, Value>,
    members: &Map<String, Value>,
    keyword: &str,
    place: &str,
) -> Vec<String> {
    let mut wrong = Vec::new();
    if keyword == "required" {
        for name in keywords["required"].as_array().expect("a list") {
            if !members.contains_key(name.as_str().expect("a name")) {
                wrong.push(format!("{place}.{name} is missing"));
            }
        }
        return wrong;
    }
    let known = keywords["properties"].as_object().expect("an object");
    for (name, value) in members {
        match known.get(name) {
            Some(schema) => wrong.extend(check(schema, value, &format!("{place}.{name}"))),
            None if keywords["additionalProperties"] == true => {}
            None => wrong.push(format!("{place}.{name} is not described")),
        }
    }
    wrong
}

fn has_type(types: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().expect("the name of a type") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("{other} is no type"),
    };
    types.as_array().map_or_else(|| is(types), |types| types.iter().any(is))
}

/// `2026-01-02T03:04:05Z`, with a fraction or without.
fn is_moment(text: &str) -> bool {
    let digits: String = text.chars().take(19).collect();
    let shape = digits.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter });
    shape.collect::<String>() == "0000-00-00T00:00:00" && text.ends_with('Z')
}

/// Guarantees: what is not as described is found, whatever is wrong with it.
#[test]
fn wrong_answers_are_found() {
    let dataset = |change: &dyn Fn(&mut Value)| {
        let mut dataset = serde_json::json!({
            "name": "a", "created": "2026-01-02T03:04:05Z", "retention_seconds": null,
            "delete_protected": true, "rows": 1, "bytes": 2, "oldest": null,
            "newest": "2026-01-02T03:04:05.5Z",
        });
        change(&mut dataset);
        check(&DOCUMENT["components"]["schemas"]["Dataset"], &dataset, "it")
    };
    assert_eq!(dataset(&|_| {}), Vec::<String>::new());
    assert_eq!(dataset(&|it| it["rows"] = "1".into()).len(), 1);
    assert_eq!(dataset(&|it| it["rows"] = (-1).into()).len(), 1);
    assert_eq!(dataset(&|it| it["extra"] = 1.into()).len(), 1);
    assert_eq!(dataset(&|it| it["created"] = "yesterday".into()).len(), 1);
    assert_eq!(dataset(&|it| drop(it.as_object_mut().unwrap().remove("name"))).len(), 1);
    assert!(std::panic::catch_unwind(|| check_answer("GET", "/api/v1/fields", 200, "{}")).is_err());
    assert!(
        std::panic::catch_unwind(|| {
            check_answer("GET", "/api/v1/datasets?x=1", 200, r#"{"datasets": []}"#);
        })
        .is_err()
    );
}
