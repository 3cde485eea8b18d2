//! `trackway traces`: which traces there are, the newest or the slowest first.

use clap::Args;
use model::{Clock as _, SystemClock};
use serde_json::{Map, Value};
use ureq::http::Method;

use super::query::ScopeFlags;
use crate::client::{Client, ServerFlags, parse, with_parameters};
use crate::output;
use crate::quantity::micros_text;
use crate::stop::Stop;
use crate::terminal::Paint;

const PATH: &str = "/api/v1/traces";
/// Longest name in a table, in columns.
const NAME_COLUMNS_MAX: usize = 40;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Those with the longest spans first, in place of the newest
    #[arg(long)]
    slowest: bool,
    /// Only those with a span that failed
    #[arg(long)]
    failing: bool,
    /// Dataset to look in
    #[arg(long, value_name = "D", default_value = "__all__")]
    dataset: String,
    #[command(flatten)]
    scope: ScopeFlags,
    /// Most traces on a page
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Go on behind the page whose end said this
    #[arg(long, value_name = "TOKEN")]
    next: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
}

pub(super) fn run(arguments: &Arguments, paint: Paint) -> Result<(), Stop> {
    let path = with_parameters(PATH, &parameters(arguments)?);
    let text = Client::new(&arguments.server)?.ask(Method::GET, &path, None)?;
    if arguments.server.json {
        return output::say(&text);
    }
    let answer = parse(&text)?;
    let traces = answer.get("traces").and_then(Value::as_array);
    let rows: Vec<Vec<String>> = traces.into_iter().flatten().map(row).collect();
    let headings = ["START", "DURATION", "SPANS", "ERRORS", "LOGS", "SERVICE", "ROOT", "TRACE"];
    output::say(&output::painted_table(&headings, &rows, paint))?;
    if let Some(next) = answer.get("next").and_then(Value::as_str) {
        output::remark(&format!("there are more: --next {}", output::printable(next)));
    }
    Ok(())
}

fn parameters(arguments: &Arguments) -> Result<Map<String, Value>, Stop> {
    let mut parameters = Map::new();
    let mut insert = |name: &str, value: Value| parameters.insert(name.to_owned(), value);
    insert("dataset", arguments.dataset.as_str().into());
    insert("sort", if arguments.slowest { "slowest" } else { "recent" }.into());
    if arguments.failing {
        insert("failing", true.into());
    }
    if let Some(limit) = arguments.limit {
        insert("limit", limit.into());
    }
    if let Some(next) = &arguments.next {
        insert("next", next.as_str().into());
    }
    arguments.scope.write(&mut parameters, SystemClock::new().now())?;
    Ok(parameters)
}

fn row(trace: &Value) -> Vec<String> {
    let number = |name: &str| trace.get(name).and_then(Value::as_u64).unwrap_or(0).to_string();
    let text = |value: Option<&Value>| {
        let text = value.and_then(Value::as_str).unwrap_or_default();
        output::cut(&output::printable(text), NAME_COLUMNS_MAX)
    };
    let root = trace.get("root").filter(|root| !root.is_null());
    let shown = root.or_else(|| trace.get("first"));
    let part = |name: &str| text(shown.and_then(|span| span.get(name)));
    let name = match root {
        Some(_) => part("name"),
        None => format!("(no root) {}", part("name")),
    };
    let millis = trace.get("duration_ms").and_then(Value::as_f64).unwrap_or(0.0);
    vec![
        output::short_time(&text(trace.get("start"))),
        micros_text(millis * 1e3),
        number("spans"),
        number("errors"),
        number("logs"),
        part("service"),
        name.trim_end().to_owned(),
        text(trace.get("trace_id")),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Guarantees: a trace is a line with its root, or with what began first where the root did
    /// not come.
    #[test]
    fn traces_are_lines() {
        let mut trace = json!({"trace_id": "ab", "root": {"name": "GET /", "service": "api"},
            "first": {"name": "inner", "service": "db"},
            "start": "T", "duration_ms": 1.5, "spans": 3, "errors": 1, "logs": 0});
        let expected = ["T", "1.5 ms", "3", "1", "0", "api", "GET /", "ab"];
        assert_eq!(row(&trace), expected);
        trace["root"] = Value::Null;
        assert_eq!(row(&trace)[5..7], ["db", "(no root) inner"]);
        trace["first"] = Value::Null;
        assert_eq!(row(&trace)[5..7], ["", "(no root)"]);
    }
}
