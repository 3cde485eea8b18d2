//! `trackway query`: asks a server, in flags or JSON, and shows the answer as a table, CSV or JSON.

mod answer;
mod condition;
mod csv;
mod period;
mod question;

use std::io::{self, Read as _};

use clap::{Args, ValueEnum};
use model::{Clock as _, SystemClock};
use serde_json::{Value, json};
use ureq::http::Method;

pub(super) use self::question::{ConditionFlags, ScopeFlags};

use self::answer::Lines;
use self::question::QuestionFlags;
use crate::client::{Client, ServerFlags, parse};
use crate::output;
use crate::stop::Stop;
use crate::terminal::Paint;

const PATH: &str = "/api/v1/query";
/// Longest cell of a table, in columns; the whole is in the other formats.
const CELL_COLUMNS_MAX: usize = 60;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Query in JSON in place of flags, or - for standard input
    #[arg(value_name = "SPEC-JSON")]
    specification: Option<String>,
    /// Dataset to ask about
    #[arg(long, value_name = "D", default_value = "__all__")]
    dataset: String,
    #[command(flatten)]
    question: QuestionFlags,
    /// List the events themselves, the newest first
    #[arg(long)]
    rows: bool,
    /// Go on behind the page whose end said this
    #[arg(long, value_name = "TOKEN", requires = "rows")]
    next: Option<String>,
    /// How to show the answer
    #[arg(long, value_name = "FORMAT", default_value = "table", conflicts_with = "json")]
    format: Format,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people; long values are cut
    Table,
    /// As the server said it
    Json,
    /// For spreadsheets and scripts
    Csv,
}

pub(super) fn run(arguments: Arguments, paint: Paint) -> Result<(), Stop> {
    let specification = read_question(arguments.specification, &arguments.question)?;
    let is_json = arguments.server.json || arguments.format == Format::Json;
    let is_series = specification.get("granularity").is_some_and(|step| !step.is_null());
    let mut body = json!({
        "dataset": arguments.dataset,
        "query": specification,
        "rows": arguments.rows,
    });
    if !arguments.rows && !is_json && !is_series {
        body["disable_series"] = true.into();
    }
    if let Some(next) = arguments.next {
        body["next"] = next.into();
    }
    let text = Client::new(&arguments.server)?.ask(Method::POST, PATH, Some(&body))?;
    if is_json {
        return output::say(&text);
    }
    let answer = parse(&text)?;
    let lines = match (arguments.rows, is_series) {
        (true, _) => answer::events(&answer),
        (false, true) => answer::series(&answer, &body["query"]),
        (false, false) => answer::groups(&answer, &body["query"]),
    };
    let shown = match (arguments.format, arguments.rows) {
        (Format::Csv, _) => csv::write(&lines),
        (_, true) => table(&without_empty(lines), paint),
        (_, false) => table(&lines, paint),
    };
    output::say(&shown)?;
    remark_on(&answer);
    Ok(())
}

/// The question, in JSON or in flags.
fn read_question(argument: Option<String>, flags: &QuestionFlags) -> Result<Value, Stop> {
    let Some(mut text) = argument else {
        return flags.specification(SystemClock::new().now());
    };
    if !flags.is_empty() {
        return Err(Stop::cannot(
            "the query is given in JSON and in flags: say all of it in one of them",
        ));
    }
    if text == "-" {
        text.clear();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| Stop::cannot(format!("reading standard input: {error}")))?;
    }
    serde_json::from_str(&text)
        .map_err(|error| Stop::cannot(format!("the query is not JSON: {error}")))
}

/// Events in few columns: the fields that have none of their own stand together at the end.
fn without_empty(lines: Lines) -> Lines {
    const COLUMNS: [&str; 6] =
        ["time", "dataset", "name", "duration_ms", "trace.trace_id", "error"];
    let place = |column: &str| lines.headings.iter().position(|heading| heading == column);
    let kept: Vec<(&str, usize)> =
        COLUMNS.into_iter().filter_map(|column| Some((column, place(column)?))).collect();
    let line = |values: &Vec<Value>| {
        let own = kept.iter().map(|(_, place)| values[*place].clone());
        let rest = lines.headings.iter().zip(values).filter(|(heading, value)| {
            !value.is_null() && *heading != "samplerate" && !COLUMNS.contains(&heading.as_str())
        });
        let rest = rest.map(|(name, value)| format!("{}={}", output::printable(name), cell(value)));
        own.chain([rest.collect::<Vec<_>>().join(" ").into()]).collect()
    };
    let headings = kept.iter().map(|(column, _)| *column).chain(["others"]);
    Lines {
        headings: headings.map(str::to_owned).collect(),
        lines: lines.lines.iter().map(line).collect(),
    }
}

fn table(lines: &Lines, paint: Paint) -> String {
    let is_last_whole = lines.headings.last().is_some_and(|heading| heading == "others");
    let whole = if is_last_whole { lines.headings.len() - 1 } else { usize::MAX };
    let row = |values: &Vec<Value>| {
        let cells = values.iter().enumerate();
        let show = |(place, value): (usize, &Value)| match value {
            // Put together of cells already.
            Value::String(text) if place == whole => text.clone(),
            value => cell(value),
        };
        cells.map(show).collect()
    };
    let rows: Vec<Vec<String>> = lines.lines.iter().map(row).collect();
    let headings: Vec<String> =
        lines.headings.iter().map(|heading| output::printable(heading)).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    output::painted_table(&headings, &rows, paint)
}

/// A value as people read it; what is missing is empty.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => output::printable(text),
        other => output::printable(&other.to_string()),
    };
    output::cut(&text, CELL_COLUMNS_MAX)
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
        output::remark(&format!("without what cannot be read: {}", cell(file)));
    }
    if let Some(next) = answer.get("next").and_then(Value::as_str) {
        output::remark(&format!("there are more: --next {}", output::printable(next)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: an event is a line, with fields that have no column behind those that have, and
    /// nothing in it that a terminal obeys.
    #[test]
    fn events_are_lines() {
        let answer = json!({"rows": [{"time": "T", "samplerate": 1, "dataset": "d",
            "data": {"name": "GET /", "duration_ms": 1.5, "user": "u\u{1b}[1m", "z": true}}]});
        let table = table(&without_empty(answer::events(&answer)), Paint::OFF);
        let expected = "time  dataset  name   duration_ms  others\n\
            T     d        GET /  1.5          user=u\\u{1b}[1m z=true\n";
        assert_eq!(table, expected);
    }

    /// Guarantees: a long value is cut where it says so.
    #[test]
    fn long_values_are_cut() {
        let cut = cell(&Value::String("x".repeat(100)));
        assert_eq!(cut.chars().count(), CELL_COLUMNS_MAX);
        assert!(cut.ends_with('…'));
    }
}
