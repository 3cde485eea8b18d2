use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::*;

/// What axum calls the methods that paths have.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every path and method of the routes in the files of this API.
fn routed() -> BTreeSet<(String, String)> {
    // Cargo runs tests in the folder of their package, wherever the tree was when they were built.
    let folder = Path::new("src/api");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for route in text.split(".route(").skip(1) {
            let mut depth = 1;
            let end = route.find(|letter| {
                depth += match letter {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                depth == 0
            });
            let route = route.get(..end.unwrap()).unwrap();
            let (at, handlers) = route.split_once(',').unwrap();
            let handlers: String = handlers.split_whitespace().collect();
            let has = |method: &&str| {
                let is_call = |part: &str| part.ends_with(&format!(".{method}"));
                format!(".{handlers}").split('(').any(is_call)
            };
            for method in METHODS.iter().filter(|method| has(method)) {
                found.insert((at.trim().trim_matches('"').to_owned(), (*method).to_owned()));
            }
        }
    }
    found
}

/// Guarantees: the description has every path and method that there is, and no other.
#[test]
fn every_operation_is_described() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            described.insert((path.clone(), method.clone()));
        }
    }
    let routed = routed();
    assert!(routed.len() > 10, "{routed:?}");
    assert_eq!(described, routed);
}

/// Guarantees: what the description refers to is there, and every schema in it is used.
#[test]
fn references_lead_somewhere() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let mut used = BTreeSet::new();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(to)) = members.get("$ref") {
                    let pointer = to.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{to} leads nowhere");
                    used.insert(to.rsplit('/').next().unwrap().to_owned());
                }
                open.extend(members.values());
            }
            Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let unused: Vec<&String> = schemas.keys().filter(|name| !used.contains(*name)).collect();
    assert_eq!(unused, Vec::<&String>::new());
}
