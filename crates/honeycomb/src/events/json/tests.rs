use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn read(text: &str) -> Result<Json<'_>, String> {
    let mut reader = Reader::new(text.as_bytes());
    let value = reader.value().and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| error.in_body(text.as_bytes()).to_string())
}

/// Guarantees: each kind of value is read, text without a copy unless it has escapes.
#[test]
fn values_are_read() {
    let text = |text: &'static str| Json::Text(text.into());
    for (json, value) in [
        ("null", Json::Null),
        (" true ", Json::Bool(true)),
        ("-0.5e+3", Json::Number("-0.5e+3")),
        (r#""plain""#, text("plain")),
        (r#""\"\\\/\b\f\n\r\t\u00fc\ud83d\ude00""#, text("\"\\/\u{8}\u{c}\n\r\tü😀")),
        (r#""\ud83dx\ude00\ud83d\u0041""#, text("\u{fffd}x\u{fffd}\u{fffd}A")),
        ("[ 1, \" , \\\" \" ]", Json::List("[1,\" , \\\" \"]".into())),
        ("{\"a\": {\"b\\\\\" :[ ]}}", Json::Object("{\"a\":{\"b\\\\\":[]}}".into())),
    ] {
        assert_eq!(read(json), Ok(value), "{json}");
    }
    assert!(matches!(read("\"plain\""), Ok(Json::Text(Cow::Borrowed(_)))));
    assert!(matches!(read("[1,{}]"), Ok(Json::List(Cow::Borrowed(_)))));
}

/// Guarantees: what is not JSON is refused with its line and column.
#[test]
fn errors_have_a_place() {
    for (json, error) in [
        ("", "line 1, column 1: a value is missing"),
        ("[1,\n  2 3]", "line 2, column 5: a comma or ] is missing"),
        ("{\"a\" 1}", "line 1, column 6: a colon is missing"),
        ("{a:1}", "line 1, column 2: a name in quotes is missing"),
        ("nul", "line 1, column 1: no value begins like this"),
        ("01", "line 1, column 1: not a number"),
        ("1.", "line 1, column 3: not a number"),
        ("\"a\nb\"", "line 1, column 3: a control character in a text is not escaped"),
        ("\"\\x\"", "line 1, column 2: this escape does not exist"),
        ("\"\\u12\"", "line 1, column 2: four hexadecimal digits are missing"),
        ("\"a", "line 1, column 2: a text does not end"),
        ("1 2", "line 1, column 3: something follows the end of the value"),
    ] {
        assert_eq!(read(json).unwrap_err(), error, "{json}");
    }
}

/// Guarantees: nesting is bounded, so that no body exhausts the stack.
#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    assert!(read(&deep(100)).is_ok());
    assert!(read(&deep(102)).unwrap_err().contains("100 levels"));
    assert!(read(&"{\"a\":".repeat(1_000_000)).unwrap_err().contains("100 levels"));
}

/// Guarantees: text that is not UTF-8 is told of once, and reading goes on behind it.
#[test]
fn damaged_text_is_told() {
    let mut reader = Reader::new(b"[\"\xff\", {\"a\\n\xff\": 1}, \"\xc3\xbc\"]");
    assert!(reader.take(b'['));
    let mut is_first = true;
    for is_damaged in [true, true, false] {
        assert!(reader.next_item(&mut is_first).unwrap());
        reader.value().unwrap();
        assert_eq!(reader.take_damage(), is_damaged);
    }
    assert!(!reader.next_item(&mut is_first).unwrap());
}

/// What is read, as serde_json has it.
fn as_value(json: &Json<'_>) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Text(text) => Value::String(text.clone().into_owned()),
        Json::Number(text)
        | Json::List(Cow::Borrowed(text))
        | Json::Object(Cow::Borrowed(text)) => serde_json::from_str(text).unwrap(),
        Json::List(text) | Json::Object(text) => serde_json::from_str(text).unwrap(),
    }
}

/// Pieces of JSON in any order.
const LIKE_JSON: &str =
    r#"([\[\]{},:"]|"[a-z\\]{0,3}"|\\u0041|-?[0-9]{1,3}|[.eE+ \n]|true|null){0,12}"#;

proptest! {
    /// Guarantees: of texts that look like JSON this accepts what serde_json accepts, and reads the
    /// same; but for halves of surrogate pairs, which clients send and serde_json refuses.
    #[test]
    fn agrees_with_serde_json(text in LIKE_JSON) {
        let theirs = serde_json::from_str::<Value>(&text);
        match (read(&text), theirs) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(as_value(&ours), theirs),
            (Err(_), Err(_)) => {}
            // Numbers that no float holds.
            (Ok(Json::Number(_)), Err(error)) if error.to_string().contains("out of range") => {}
            (ours, theirs) => prop_assert!(false, "{text:?}: {ours:?}, {theirs:?}"),
        }
    }

    /// Guarantees: every value that serde_json writes, compact or pretty, is read as it was.
    #[test]
    fn reads_what_serde_json_writes(
        keys in prop::collection::vec(".{0,6}", 0..5),
        number: f64,
        int: i64,
    ) {
        let mut map = serde_json::Map::new();
        for (at, key) in keys.iter().enumerate() {
            let value = match at % 3 {
                0 => Value::from(key.repeat(2)),
                1 => Value::from(number),
                _ => serde_json::json!([int, {key: null}]),
            };
            map.insert(key.clone(), value);
        }
        let value = Value::Object(map);
        let compact = value.to_string();
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(read(&compact), Ok(Json::Object(compact.as_str().into())));
        prop_assert_eq!(read(&pretty), Ok(Json::Object(compact.as_str().into())));
    }
}
