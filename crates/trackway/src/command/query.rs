//! `trackway query`: asks a server, and shows the answer as a table.

use std::io::{self, Read as _};

use clap::Args;
use serde_json::{Map, Value, json};
use ureq::http::Method;

use crate::client::{Client, ServerFlags, parse};
use crate::output;
use crate::stop::Stop;

const PATH: &str = "/api/v1/query";
/// Longest cell of a table, in characters; the whole is in `--json`.
const CELL_CHARS_MAX: usize = 60;
/// Fields of an event that have columns of their own, in their order; the others follow as text.
const EVENT_COLUMNS: [&str; 4] = ["name", "duration_ms", "trace.trace_id", "error"];

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Query in JSON, or - for standard input; `{}` counts the events of two hours
    #[arg(value_name = "SPEC-JSON", default_value = "{}")]
    specification: String,
    /// Dataset to ask about
    #[arg(long, value_name = "D", default_value = "__all__")]
    dataset: String,
    /// List the events themselves, the newest first
    #[arg(long)]
    rows: bool,
    /// Go on behind the page whose end said this
    #[arg(long, value_name = "TOKEN", requires = "rows")]
    next: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
}

pub(super) fn run(arguments: Arguments) -> Result<(), Stop> {
    let specification = read_specification(arguments.specification)?;
    let mut body = json!({
        "dataset": arguments.dataset,
        "query": specification,
        "rows": arguments.rows,
    });
    if !arguments.rows && !arguments.server.json {
        // A table has no place for series.
        body["disable_series"] = true.into();
    }
    if let Some(next) = arguments.next {
        body["next"] = next.into();
    }
    let text = Client::new(&arguments.server)?.ask(Method::POST, PATH, Some(&body))?;
    if arguments.server.json {
        return output::say(&text);
    }
    let answer = parse(&text)?;
    output::say(&if arguments.rows {
        events_table(&answer)
    } else {
        groups_table(&answer, &body["query"])
    })?;
    remark_on(&answer);
    Ok(())
}

fn read_specification(argument: String) -> Result<Value, Stop> {
    let mut text = argument;
    if text == "-" {
        text.clear();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| Stop::cannot(format!("reading standard input: {error}")))?;
    }
    serde_json::from_str(&text)
        .map_err(|error| Stop::cannot(format!("the query is not JSON: {error}")))
}

/// Groups, a line each: what they are grouped by first, in the order of the question.
fn groups_table(answer: &Value, specification: &Value) -> String {
    let results = answer.pointer("/data/results").and_then(Value::as_array);
    let groups: Vec<&Map<String, Value>> =
        results.into_iter().flatten().filter_map(|group| group.get("data")?.as_object()).collect();
    let mut columns: Vec<&str> = Vec::new();
    let asked = specification.get("breakdowns").and_then(Value::as_array);
    let breakdowns = asked.into_iter().flatten().filter_map(Value::as_str);
    let others = groups.iter().flat_map(|group| group.keys()).map(String::as_str);
    for column in breakdowns.chain(others) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|group| columns.iter().map(|column| cell(group.get(*column))).collect())
        .collect();
    let headings: Vec<String> = columns.into_iter().map(output::printable).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    output::table(&headings, &rows)
}

/// Events, a line each: when and where, some fields that most have, and then the others.
fn events_table(answer: &Value) -> String {
    let events = answer.get("rows").and_then(Value::as_array);
    let rows: Vec<Vec<String>> = events.into_iter().flatten().map(event_row).collect();
    let mut headings = vec!["time", "dataset"];
    headings.extend(EVENT_COLUMNS);
    headings.push("others");
    output::table(&headings, &rows)
}

fn event_row(event: &Value) -> Vec<String> {
    let mut row = vec![cell(event.get("time")), cell(event.get("dataset"))];
    let data = event.get("data").and_then(Value::as_object);
    row.extend(EVENT_COLUMNS.iter().map(|column| cell(data.and_then(|data| data.get(*column)))));
    let others = data.into_iter().flatten();
    let others = others.filter(|(name, _)| !EVENT_COLUMNS.contains(&name.as_str()));
    let pairs =
        others.map(|(name, value)| format!("{}={}", output::printable(name), cell(Some(value))));
    row.push(pairs.collect::<Vec<_>>().join(" "));
    row
}

/// A value as people read it; what is missing is empty.
fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return String::new(),
        Some(Value::String(text)) => output::printable(text),
        Some(other) => output::printable(&other.to_string()),
    };
    if text.chars().count() <= CELL_CHARS_MAX {
        return text;
    }
    text.chars().take(CELL_CHARS_MAX - 1).chain(['…']).collect()
}

/// What else is worth knowing goes to standard error: the table may be on its way into a program.
fn remark_on(answer: &Value) {
    let number = |name: &str| answer.pointer(&format!("/statistics/{name}"));
    if let (Some(matched), Some(examined), Some(elapsed)) = (
        number("rows_matched"),
        number("rows_examined"),
        number("elapsed_ms").and_then(Value::as_f64),
    ) {
        output::remark(&format!("{matched} of {examined} events in {elapsed:.1} ms"));
    }
    for file in number("unreadable").and_then(Value::as_array).into_iter().flatten() {
        output::remark(&format!("without what cannot be read: {}", cell(Some(file))));
    }
    if let Some(next) = answer.get("next").and_then(Value::as_str) {
        output::remark(&format!("there are more: --next {}", output::printable(next)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: groups have a line each, with the fields of the question first and in its order.
    #[test]
    fn groups_are_lines() {
        let answer = json!({"data": {"results": [
            {"data": {"COUNT": 3, "a": "x", "b": null}},
            {"data": {"COUNT": 12, "a": "longer", "b": 1.5}},
        ], "series": []}});
        let table = groups_table(&answer, &json!({"breakdowns": ["b", "a"]}));
        assert_eq!(table, "b    a       COUNT\n     x       3\n1.5  longer  12\n");
    }

    /// Guarantees: an event is a line, with fields that have no column behind those that have.
    #[test]
    fn events_are_lines() {
        let answer = json!({"rows": [{"time": "T", "samplerate": 1, "dataset": "d",
            "data": {"name": "GET /", "duration_ms": 1.5, "user": "u\u{1b}[1m", "z": true}}]});
        let table = events_table(&answer);
        let line = table.lines().nth(1).unwrap();
        assert_eq!(
            line,
            "T     d        GET /  1.5                                 user=u\\u{1b}[1m z=true"
        );
    }

    /// Guarantees: a long value is cut where it says so.
    #[test]
    fn long_values_are_cut() {
        let cut = cell(Some(&Value::String("x".repeat(100))));
        assert_eq!(cut.chars().count(), CELL_CHARS_MAX);
        assert!(cut.ends_with('…'));
    }
}
