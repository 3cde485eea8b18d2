//! One event as its client sent it, taken apart and not yet a row.
//!
//! A batch uses one of these for all its events, so that its lists are allocated once.

use std::borrow::Cow;

use super::json::{Json, Reader};
use super::outcome::Outcome;
use super::time::Said;

/// Most fields of an event.
pub(super) const FIELDS_MAX: usize = 2_000;
/// Longest text of a field, in bytes: the rest is cut off.
pub(super) const TEXT_BYTES_MAX: usize = 65_535;
/// Longest name that the parts of an object are given: each of them repeats it.
const EXPANDED_NAME_BYTES_MAX: usize = 255;

/// A value as columns have them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldValue<'a> {
    Text(Cow<'a, str>),
    Int(i64),
    Float(f64),
    Bool(bool),
}

/// An event's parts.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) time: Said<'a>,
    pub(super) sample_rate: u32,
    /// Its fields in the order in which they were sent; of two with one name the later counts.
    pub(super) fields: Vec<(Cow<'a, str>, FieldValue<'a>)>,
    /// Whether there was any field, also one without a value.
    pub(super) has_data: bool,
    /// What is wrong with it.
    pub(super) fault: Option<Outcome>,
    /// How many levels of objects become fields of their own.
    depth: u8,
}

impl<'a> Event<'a> {
    pub(super) fn new(depth: u8) -> Self {
        let time = Said::Nothing;
        Self { time, sample_rate: 1, fields: Vec::new(), has_data: false, fault: None, depth }
    }

    /// Makes it empty for the next event.
    pub(super) fn clear(&mut self) {
        self.time = Said::Nothing;
        self.sample_rate = 1;
        self.clear_data();
        self.fault = None;
    }

    /// Forgets its fields: its data came twice, and the later counts.
    pub(super) fn clear_data(&mut self) {
        self.fields.clear();
        self.has_data = false;
    }

    /// Notes what is wrong with it; the first fault counts.
    pub(super) fn fail(&mut self, fault: Outcome) {
        self.fault.get_or_insert(fault);
    }

    /// Adds a field of a value that is not nested.
    pub(super) fn put(&mut self, name: Cow<'a, str>, value: FieldValue<'a>) {
        if name.is_empty() {
            return;
        }
        if self.fields.len() == FIELDS_MAX {
            self.fail(Outcome::TooManyColumns);
            return;
        }
        let value = match value {
            FieldValue::Text(text) => FieldValue::Text(cut(text)),
            other => other,
        };
        self.fields.push((name, value));
    }

    /// Adds a field.
    pub(super) fn put_json(&mut self, name: Cow<'a, str>, value: Json<'a>) {
        let expands = self.depth > 0;
        match value {
            Json::Null => {}
            Json::Bool(bool) => self.put(name, FieldValue::Bool(bool)),
            Json::Number(number) => self.put(name, number_value(number)),
            Json::Object(text) if expands => self.expand(&mut name.into_owned(), &text, 1),
            Json::Text(text) if expands && looks_like_object(&text) => {
                self.expand(&mut name.into_owned(), &text, 1);
            }
            Json::Text(text) | Json::Object(text) | Json::List(text) => {
                self.put(name, FieldValue::Text(text));
            }
        }
    }

    /// Adds the members of an object as fields with names of their own, or the object as text if it
    /// is none after all.
    fn expand(&mut self, name: &mut String, object: &str, level: u8) {
        let length = name.len();
        if level > self.depth || length > EXPANDED_NAME_BYTES_MAX || !is_object(object) {
            self.put(name.clone().into(), FieldValue::Text(object.to_owned().into()));
            return;
        }
        let mut reader = Reader::new(object.as_bytes());
        reader.take(b'{');
        let mut is_first = true;
        // It has been read once, so nothing in it is wrong.
        while let Ok(Some(member)) = reader.next_name(&mut is_first) {
            let Ok(value) = reader.value() else { return };
            if self.fault.is_some() {
                return;
            }
            if member.is_empty() {
                continue;
            }
            name.push('.');
            name.push_str(&member);
            match value {
                Json::Null => {}
                Json::Object(text) => self.expand(name, &text, level + 1),
                Json::Text(text) if looks_like_object(&text) => self.expand(name, &text, level + 1),
                Json::Text(text) | Json::List(text) => {
                    self.put(name.clone().into(), FieldValue::Text(text.into_owned().into()));
                }
                Json::Bool(bool) => self.put(name.clone().into(), FieldValue::Bool(bool)),
                Json::Number(number) => {
                    let value = match number_value(number) {
                        FieldValue::Text(text) => FieldValue::Text(text.into_owned().into()),
                        FieldValue::Int(int) => FieldValue::Int(int),
                        FieldValue::Float(float) => FieldValue::Float(float),
                        FieldValue::Bool(bool) => FieldValue::Bool(bool),
                    };
                    self.put(name.clone().into(), value);
                }
            }
            name.truncate(length);
        }
    }
}

/// Whole numbers of 64 bits stay whole; others, and larger ones, become floats; what no float holds
/// stays as it is spelled.
pub(super) fn number_value(number: &str) -> FieldValue<'_> {
    if !number.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
        && let Ok(int) = number.parse()
    {
        return FieldValue::Int(int);
    }
    match number.parse::<f64>() {
        Ok(float) if float.is_finite() => FieldValue::Float(float),
        _ => FieldValue::Text(number.into()),
    }
}

pub(super) fn looks_like_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn is_object(text: &str) -> bool {
    let mut reader = Reader::new(text.as_bytes());
    reader.peek() == Some(b'{') && reader.skip().and_then(|()| reader.end()).is_ok()
}

/// Cuts a text where a field ends, between characters.
pub(super) fn cut(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= TEXT_BYTES_MAX {
        return text;
    }
    let end = text.floor_char_boundary(TEXT_BYTES_MAX);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(depth: u8, json: &str) -> Vec<(String, FieldValue<'static>)> {
        let mut event = Event::new(depth);
        let mut reader = Reader::new(json.as_bytes());
        event.put_json("f".into(), reader.value().unwrap());
        let owned = |value: &FieldValue<'_>| match value {
            FieldValue::Text(text) => FieldValue::Text(text.clone().into_owned().into()),
            FieldValue::Int(int) => FieldValue::Int(*int),
            FieldValue::Float(float) => FieldValue::Float(*float),
            FieldValue::Bool(bool) => FieldValue::Bool(*bool),
        };
        event.fields.iter().map(|(name, value)| (name.to_string(), owned(value))).collect()
    }

    fn text(text: &str) -> FieldValue<'static> {
        FieldValue::Text(text.to_owned().into())
    }

    /// Guarantees: values keep their type; whole numbers beyond 64 bits become floats, and numbers
    /// that no float holds stay as they are spelled.
    #[test]
    fn values_keep_their_types() {
        for (json, value) in [
            ("1", FieldValue::Int(1)),
            ("-9223372036854775808", FieldValue::Int(i64::MIN)),
            ("9223372036854775808", FieldValue::Float(9_223_372_036_854_775_808.0)),
            ("1.0", FieldValue::Float(1.0)),
            ("1e3", FieldValue::Float(1000.0)),
            ("1e400", text("1e400")),
            ("false", FieldValue::Bool(false)),
            ("\"\"", text("")),
            ("[1, {\"a\": \"b\"}]", text("[1,{\"a\":\"b\"}]")),
            ("{\"a\": null}", text("{\"a\":null}")),
        ] {
            assert_eq!(fields(0, json), [("f".to_owned(), value)], "{json}");
        }
        assert_eq!(fields(0, "null"), []);
    }

    /// Guarantees: objects, and texts that are objects, become fields down to the set depth; lists
    /// and what lies deeper stay text.
    #[test]
    fn objects_become_fields() {
        let json = r#"{"a": {"b": {"c": 1}, "l": [1, {"x": 2}], "n": null}, "": 5,
                       "t": "{\"u\": true, \"v\": \"{no\"}", "big": 1e400}"#;
        let found = |depth| {
            let fields = fields(depth, json);
            fields.into_iter().map(|(name, value)| format!("{name} {value:?}")).collect::<Vec<_>>()
        };
        assert_eq!(found(0).len(), 1);
        assert_eq!(
            found(1),
            [
                r#"f.a Text("{\"b\":{\"c\":1},\"l\":[1,{\"x\":2}],\"n\":null}")"#,
                r#"f.t Text("{\"u\": true, \"v\": \"{no\"}")"#,
                r#"f.big Text("1e400")"#,
            ]
        );
        assert_eq!(
            found(2),
            [
                r#"f.a.b Text("{\"c\":1}")"#,
                r#"f.a.l Text("[1,{\"x\":2}]")"#,
                "f.t.u Bool(true)",
                r#"f.t.v Text("{no")"#,
                r#"f.big Text("1e400")"#,
            ]
        );
        assert_eq!(found(3)[0], "f.a.b.c Int(1)");
        assert_eq!(fields(1, r#""{\"a\": 1}""#), [("f.a".to_owned(), FieldValue::Int(1))]);
        assert_eq!(fields(1, r#""{\"a\": 1""#), [("f".to_owned(), text("{\"a\": 1"))]);
    }

    /// Guarantees: names that many members would repeat are bounded.
    #[test]
    fn long_names_are_not_expanded() {
        let json = format!(r#"{{"{}": {{"a": 1}}, "b": {{"c": 2}}}}"#, "n".repeat(300));
        let found = fields(10, &json);
        assert_eq!(found[0], (format!("f.{}", "n".repeat(300)), text("{\"a\":1}")));
        assert_eq!(found[1], ("f.b.c".to_owned(), FieldValue::Int(2)));
    }

    /// Guarantees: long texts are cut between characters, and fields beyond the bound are a fault.
    #[test]
    fn events_are_bounded() {
        let found = fields(0, &format!("\"{}\"", "ü".repeat(40_000)));
        assert_eq!(found[0].1, text(&"ü".repeat(32_767)));
        let mut event = Event::new(0);
        for at in 0..FIELDS_MAX {
            event.put(at.to_string().into(), FieldValue::Int(1));
            assert_eq!(event.fault, None);
        }
        event.put("".into(), FieldValue::Int(1));
        event.put_json("null".into(), Json::Null);
        assert_eq!(event.fault, None);
        event.put("one more".into(), FieldValue::Int(1));
        assert_eq!(event.fault, Some(Outcome::TooManyColumns));
    }
}
