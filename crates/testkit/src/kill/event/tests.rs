use serde_json::json;

use super::*;

fn sent() -> Event {
    let fields = json!({"kill.id": 7, "name": "GET", "kill.float": 0.1, "kill.large": i64::MIN});
    let fields = serde_json::from_value(fields).unwrap();
    Event { id: 7, dataset: "cart".to_owned(), time: 1_700_000_000_000_000_001, fields }
}

fn row() -> Row {
    let mut data = sent().fields;
    data.insert("span.kind".to_owned(), json!("server"));
    let time = "2023-11-14T22:13:20.000000001Z".to_owned();
    Row { time, samplerate: 1, dataset: "cart".to_owned(), data }
}

/// Guarantees: what the server adds under its own names is no difference.
#[test]
fn the_same() {
    assert_eq!(sent().difference(&row()), None);
    assert_eq!(row().id(), Some(7));
}

/// Guarantees: every part of a row is compared, to the nanosecond and the last bit.
#[test]
fn every_difference() {
    type Change = fn(&mut Row);
    let changes: [(Change, &str); 8] = [
        (|row| row.time = "2023-11-14T22:13:20.000000002Z".to_owned(), "time"),
        (|row| row.time = "yesterday".to_owned(), "time"),
        (|row| row.dataset = "Cart".to_owned(), "dataset"),
        (|row| row.samplerate = 2, "samplerate"),
        (|row| drop(row.data.remove("name")), "name missing"),
        (|row| drop(row.data.insert("kill.float".to_owned(), json!(0.100_000_000_1))), "float"),
        (|row| drop(row.data.insert("kill.large".to_owned(), json!(i64::MIN + 1))), "large"),
        (|row| drop(row.data.insert("kill.new".to_owned(), json!(1))), "kill.new 1 was missing"),
    ];
    for (change, what) in changes {
        let mut row = row();
        change(&mut row);
        let difference = sent().difference(&row).unwrap_or_default();
        assert!(difference.contains(what), "{what}: {difference:?}");
    }
}

/// Guarantees: a number is its value, however it is written; a text is not a number.
#[test]
fn numbers() {
    assert!(is_same(&json!(5), &json!(5.0)));
    assert!(is_same(&json!(0.25), &json!(0.25)));
    assert!(!is_same(&json!(5), &json!("5")));
    assert!(!is_same(&json!(true), &json!(1)));
    assert!(!is_same(&json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992_i64)));
}
