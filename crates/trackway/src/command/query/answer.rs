//! An answer as lines under headings: groups, steps of a series, or events.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Fields of an event that come first, in this order, where any event has them.
const FIRST: [&str; 4] = ["name", "duration_ms", "trace.trace_id", "error"];

/// Lines of values; what is missing is null.
#[derive(Debug, PartialEq)]
pub(super) struct Lines {
    pub(super) headings: Vec<String>,
    pub(super) lines: Vec<Vec<Value>>,
}

/// Groups, a line each: what they are grouped by first, in the order of the question.
pub(super) fn groups(answer: &Value, specification: &Value) -> Lines {
    lines_of(&list(answer, "/data/results"), specification, &[])
}

/// A series, a line for each step of each group.
pub(super) fn series(answer: &Value, specification: &Value) -> Lines {
    lines_of(&list(answer, "/data/series"), specification, &["time"])
}

/// Events, a line each, with a column for every field that any of them has.
pub(super) fn events(answer: &Value) -> Lines {
    let rows = list(answer, "/rows");
    let data = |row: &Value| row.get("data").and_then(Value::as_object).cloned();
    let fields: Vec<Map<String, Value>> =
        rows.iter().map(|row| data(row).unwrap_or_default()).collect();
    let all: BTreeSet<&str> = fields.iter().flat_map(Map::keys).map(String::as_str).collect();
    let first = FIRST.into_iter().filter(|name| all.contains(name));
    let others = all.iter().copied().filter(|name| !FIRST.contains(name));
    let columns: Vec<&str> = first.chain(others).collect();
    let own = ["time", "dataset", "samplerate"];
    let line = |(row, fields): (&&Value, &Map<String, Value>)| {
        let of_row = own.iter().map(|name| row.get(*name).cloned().unwrap_or(Value::Null));
        let of_data = columns.iter().map(|name| fields.get(*name).cloned().unwrap_or(Value::Null));
        of_row.chain(of_data).collect()
    };
    let lines = rows.iter().zip(&fields).map(line).collect();
    let headings = own.iter().chain(&columns).map(|&name| name.to_owned()).collect();
    Lines { headings, lines }
}

fn list<'a>(answer: &'a Value, pointer: &str) -> Vec<&'a Value> {
    answer.pointer(pointer).and_then(Value::as_array).into_iter().flatten().collect()
}

fn lines_of(entries: &[&Value], specification: &Value, own: &[&str]) -> Lines {
    let nothing = Map::new();
    let data: Vec<&Map<String, Value>> = entries
        .iter()
        .map(|entry| entry.get("data").and_then(Value::as_object).unwrap_or(&nothing))
        .collect();
    let asked = specification.get("breakdowns").and_then(Value::as_array);
    let breakdowns = asked.into_iter().flatten().filter_map(Value::as_str);
    let others = data.iter().flat_map(|data| data.keys()).map(String::as_str);
    let mut columns: Vec<&str> = Vec::new();
    for column in breakdowns.chain(others) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let line = |(entry, data): (&&Value, &&Map<String, Value>)| {
        let of_entry = own.iter().map(|name| entry.get(*name).cloned().unwrap_or(Value::Null));
        let of_data = columns.iter().map(|name| data.get(*name).cloned().unwrap_or(Value::Null));
        of_entry.chain(of_data).collect()
    };
    Lines {
        headings: own.iter().chain(&columns).map(|&name| name.to_owned()).collect(),
        lines: entries.iter().zip(&data).map(line).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Guarantees: groups have a line each, with the fields of the question first and in its order.
    #[test]
    fn groups_are_lines() {
        let answer = json!({"data": {"results": [
            {"data": {"COUNT": 3, "a": "x", "b": null}},
            {"data": {"COUNT": 12, "a": "longer", "b": 1.5}},
        ], "series": []}});
        let lines = groups(&answer, &json!({"breakdowns": ["b", "a"]}));
        assert_eq!(lines.headings, ["b", "a", "COUNT"]);
        assert_eq!(
            lines.lines,
            [[Value::Null, json!("x"), json!(3)], [json!(1.5), json!("longer"), json!(12)],]
        );
        assert_eq!(groups(&json!({}), &json!({})), Lines { headings: vec![], lines: vec![] });
    }

    /// Guarantees: a series has a line for each step of each group, with its time first.
    #[test]
    fn series_are_lines() {
        let answer = json!({"data": {"series": [
            {"time": "T1", "data": {"COUNT": 3, "a": "x"}},
            {"time": "T2", "data": {"COUNT": 1, "a": "x"}},
        ]}});
        let lines = series(&answer, &json!({"breakdowns": ["a"]}));
        assert_eq!(lines.headings, ["time", "a", "COUNT"]);
        assert_eq!(lines.lines[1], [json!("T2"), json!("x"), json!(1)]);
    }

    /// Guarantees: events have a column for every field that any of them has, the best known
    /// first.
    #[test]
    fn events_are_lines() {
        let answer = json!({"rows": [
            {"time": "T", "samplerate": 1, "dataset": "d", "data": {"z": true, "name": "GET /"}},
            {"time": "U", "samplerate": 2, "dataset": "d", "data": {"a": 1}},
        ]});
        let lines = events(&answer);
        assert_eq!(lines.headings, ["time", "dataset", "samplerate", "name", "a", "z"]);
        let null = Value::Null;
        let second = [json!("U"), json!("d"), json!(2), null.clone(), json!(1), null];
        assert_eq!(lines.lines[1], second);
    }
}
