//! `--where`: a condition as people write it.
//!
//! ```text
//! condition = FIELD OP VALUE | FIELD "exists" | FIELD "does-not-exist"
//! FIELD     = a name without blanks and = ! < >, or any name "in quotes"
//! OP        = = != < <= > >= in not-in contains starts-with ends-with
//!             does-not-contain does-not-start-with does-not-end-with
//! VALUE     = a number, true or false, "text in quotes", or any other text up to the end
//!             after in and not-in: several of these, with commas between them
//! ```

use serde_json::{Value, json};

/// Operators that are signs, the longer ones first.
const SIGNS: [&str; 6] = ["<=", ">=", "!=", "=", "<", ">"];
/// Operators that are words.
const WORDS: [&str; 6] = [
    "contains",
    "does-not-contain",
    "starts-with",
    "does-not-start-with",
    "ends-with",
    "does-not-end-with",
];
/// Operators that take several values.
const LISTS: [&str; 2] = ["in", "not-in"];
/// Operators that take none.
const ALONE: [&str; 2] = ["exists", "does-not-exist"];

/// A condition as a filter of a query specification, or what is wrong with it.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let (field, rest) = read_field(text.trim_start())?;
    let rest = rest.trim_start();
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        let value = rest.strip_prefix(sign).unwrap_or_default();
        if value.starts_with('=') {
            return Err(format!("{sign}= is no operator: equal is ="));
        }
        let value = one_value(value)?;
        return Ok(json!({"column": field, "op": sign, "value": value}));
    }
    let (word, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let op = word.to_lowercase();
    let filter = if WORDS.contains(&&*op) {
        json!({"column": field, "op": op, "value": one_value(value)?})
    } else if LISTS.contains(&&*op) {
        json!({"column": field, "op": op, "value": several_values(value)?})
    } else if ALONE.contains(&&*op) {
        if !value.trim().is_empty() {
            return Err(format!("{op} takes no value, and there is {:?}", value.trim()));
        }
        json!({"column": field, "op": op})
    } else {
        let known = [&SIGNS[..], &LISTS, &WORDS, &ALONE].concat().join(" ");
        return Err(match word {
            "" => format!("an operator is missing: one of {known}"),
            _ => format!("{word:?} is no operator; these are: {known}"),
        });
    };
    Ok(filter)
}

/// The field, and what follows it.
fn read_field(text: &str) -> Result<(String, &str), String> {
    if text.starts_with('"') {
        return read_quoted(text);
    }
    let is_end = |c: char| c.is_whitespace() || "=!<>".contains(c);
    let end = text.find(is_end).unwrap_or(text.len());
    let (field, rest) = text.split_at(end);
    match field {
        "" => Err("it begins with no field: FIELD OP VALUE is expected".to_owned()),
        _ => Ok((field.to_owned(), rest)),
    }
}

/// A text in quotes, with the escapes of JSON, and what follows it.
fn read_quoted(text: &str) -> Result<(String, &str), String> {
    let mut texts = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let quoted = texts.next().and_then(Result::ok);
    let quoted = quoted.ok_or_else(|| format!("the quotes in {text} do not end"))?;
    let rest = text.get(texts.byte_offset()..).unwrap_or_default();
    Ok((quoted, rest))
}

fn one_value(text: &str) -> Result<Value, String> {
    let text = text.trim();
    if !text.starts_with('"') {
        return plain(text);
    }
    let (quoted, rest) = read_quoted(text)?;
    match rest {
        "" => Ok(quoted.into()),
        _ => Err(format!("there is {rest:?} behind the quotes")),
    }
}

fn several_values(text: &str) -> Result<Value, String> {
    let mut rest = text.trim();
    let mut values: Vec<Value> = Vec::new();
    loop {
        let after = if rest.starts_with('"') {
            let (quoted, after) = read_quoted(rest)?;
            values.push(quoted.into());
            after.trim_start()
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let (value, after) = rest.split_at(end);
            values.push(plain(value.trim())?);
            after
        };
        rest = match (after.strip_prefix(','), after) {
            (Some(more), _) => more.trim_start(),
            (None, "") => return Ok(values.into()),
            (None, _) => return Err(format!("a comma is expected before {after:?}")),
        };
    }
}

/// A number or a truth where it looks like one, else the text itself.
fn plain(text: &str) -> Result<Value, String> {
    match text {
        "" => Err("a value is missing; \"\" is the empty text".to_owned()),
        "null" => Err("null is no value: use exists or does-not-exist".to_owned()),
        _ => Ok(match serde_json::from_str(text) {
            Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
            _ => text.into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: every operator is read, with and without blanks around signs, and values are
    /// numbers, truths or texts as they look.
    #[test]
    fn conditions_are_read() {
        let cases = [
            ("duration_ms > 100", json!({"column": "duration_ms", "op": ">", "value": 100})),
            ("duration_ms>=1.5", json!({"column": "duration_ms", "op": ">=", "value": 1.5})),
            ("a!=b c", json!({"column": "a", "op": "!=", "value": "b c"})),
            ("error = true", json!({"column": "error", "op": "=", "value": true})),
            ("id = \"100\"", json!({"column": "id", "op": "=", "value": "100"})),
            ("note = \"a \\\"b\\\"\"", json!({"column": "note", "op": "=", "value": "a \"b\""})),
            ("\"a = b\" < -3e2", json!({"column": "a = b", "op": "<", "value": -300.0})),
            ("name contains GET /", json!({"column": "name", "op": "contains", "value": "GET /"})),
            (
                "name Does-Not-Start-With 5",
                json!({"column": "name", "op": "does-not-start-with", "value": 5}),
            ),
            (
                "s in 1, two,\"a, b\" , true",
                json!({"column": "s", "op": "in", "value": [1, "two", "a, b", true]}),
            ),
            ("s not-in x", json!({"column": "s", "op": "not-in", "value": ["x"]})),
            ("user.id exists", json!({"column": "user.id", "op": "exists"})),
            (" x   does-not-exist ", json!({"column": "x", "op": "does-not-exist"})),
            ("op = =", json!({"column": "op", "op": "=", "value": "="})),
            ("name = Ünïcode", json!({"column": "name", "op": "=", "value": "Ünïcode"})),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    /// Guarantees: what is no condition is refused with what is wrong with it.
    #[test]
    fn slips_are_named() {
        let cases = [
            ("", "no field"),
            ("= 3", "no field"),
            ("duration_ms", "operator is missing"),
            ("a == 3", "equal is ="),
            ("a like b", "\"like\" is no operator"),
            ("a =", "value is missing"),
            ("a = null", "does-not-exist"),
            ("a exists 3", "takes no value"),
            ("a in", "value is missing"),
            ("a in 1,,2", "value is missing"),
            ("a in \"x\" y", "a comma is expected"),
            ("a = \"x\" y", "behind the quotes"),
            ("a = \"x", "do not end"),
            ("\"a = 3", "do not end"),
        ];
        for (text, expected) in cases {
            let said = read(text).unwrap_err();
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}
