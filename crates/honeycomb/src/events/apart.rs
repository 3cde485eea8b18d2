//! Texts of OpenTelemetry's attributes taken apart, by the very rules for fields of plain events.

use model::Value;

use super::event::{Event, FieldValue, looks_like_object};
use super::json::Json;

/// Hands out the members of a text that is a JSON object, to a depth, under names that begin with
/// `name`; says how many there are. None if it is no object, is empty or has more than `most`: then
/// the text stays.
pub(crate) fn take_apart(
    depth: u8,
    most: usize,
    name: &str,
    text: &str,
    take: &mut dyn FnMut(&str, Value<'_>),
) -> usize {
    if !looks_like_object(text) {
        return 0;
    }
    let mut event = Event::new(depth);
    event.put_json(name.into(), Json::Text(text.into()));
    let is_whole = matches!(&event.fields[..], [(only, _)] if only == name);
    if is_whole || event.fault.is_some() || event.fields.len() > most {
        return 0;
    }
    for (name, value) in &event.fields {
        let value = match value {
            FieldValue::Text(text) => Value::Text(text),
            FieldValue::Int(int) => Value::Int(*int),
            FieldValue::Float(float) => Value::Float(*float),
            FieldValue::Bool(bool) => Value::Bool(*bool),
        };
        take(name, value);
    }
    event.fields.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(depth: u8, most: usize, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let count = take_apart(depth, most, "f", text, &mut |name, value| {
            found.push(format!("{name} {value:?}"));
        });
        assert_eq!(count, found.len(), "{text}");
        found
    }

    /// Guarantees: a text that is an object is handed out member by member, to its depth; one that
    /// is none, is empty or has too many members is not.
    #[test]
    fn objects_are_taken_apart() {
        let json = r#" {"a": 1, "b": {"c": "x"}, "d": [true]} "#;
        let shallow = [r#"f.a Int(1)"#, r#"f.b Text("{\"c\":\"x\"}")"#, r#"f.d Text("[true]")"#];
        assert_eq!(parts(1, 3, json), shallow);
        assert_eq!(parts(2, 3, json)[1], r#"f.b.c Text("x")"#);
        for text in ["", "x", "{", "{}", r#"{"a": null}"#, "[1]", r#"{"a": 1} x"#, "{not json}"] {
            assert_eq!(parts(5, 9, text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(parts(1, 2, json), Vec::<String>::new());
        let many: Vec<String> = (0..3_000).map(|at| format!("\"m{at}\":1")).collect();
        assert_eq!(parts(1, 9_999, &format!("{{{}}}", many.join(","))), Vec::<String>::new());
    }
}
