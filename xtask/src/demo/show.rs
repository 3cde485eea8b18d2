//! What the traffic left in the server, asked for with the commands that a user has.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::SERVICE_NAME;
use super::traffic::{FAILING, Traffic};
use crate::build::{self, Profile};
use crate::http;
use crate::server::Server;

/// How long the spans may take to be there: the service sends twice a second.
const ARRIVAL_TIME_MAX: Duration = Duration::from_secs(60);
/// The server that the commands ask unless they are told another.
const SERVER_DEFAULT: &str = "http://127.0.0.1:4400";
/// How far back the questions look, in seconds.
const PAST_S: u32 = 3_600;

/// Waits until the server shows the span of each request that was made.
pub(super) fn wait_for(server: &mut Server, traffic: &Traffic) -> Result<(), String> {
    let url = server.main_url.clone();
    let question = json!({
        "time_range": PAST_S,
        "filters": [
            { "column": "user_agent.original", "op": "=", "value": traffic.user_agent },
            { "column": "span.kind", "op": "=", "value": "server" },
        ],
    });
    let mut last = String::new();
    let what = format!("{} requests can be asked for", traffic.made);
    let found = server.process.poll(&what, ARRIVAL_TIME_MAX, || {
        let answer = ask(&url, &question, false).unwrap_or_else(Value::from);
        last = answer.to_string();
        let count = answer.pointer("/data/results/0/data/COUNT").and_then(Value::as_u64);
        (count == Some(traffic.made as u64)).then_some(())
    });
    found.map_err(|error| format!("{error}; the last answer was: {last}"))
}

/// The answer of the server at `url` to a question.
fn ask(url: &str, question: &Value, rows: bool) -> Result<Value, String> {
    let body = json!({ "dataset": SERVICE_NAME, "query": question, "rows": rows });
    let text = http::post(&format!("{url}/api/v1/query"), &body.to_string())?.ok()?;
    serde_json::from_str(&text).map_err(|error| format!("an answer is not JSON: {error}"))
}

/// The newest trace of the route that fails.
fn failed_trace(server: &Server) -> Result<String, String> {
    let filter = json!({ "column": "http.route", "op": "=", "value": FAILING });
    let question = json!({ "time_range": PAST_S, "limit": 1, "filters": [filter] });
    let answer = ask(&server.main_url, &question, true)?;
    let trace_id = answer.pointer("/rows/0/data/trace.trace_id").and_then(Value::as_str);
    trace_id.map(str::to_owned).ok_or_else(|| format!("no request has failed: {answer}"))
}

/// Shows a request that failed as a trace, and how long requests take.
pub(super) fn answers(server: &Server) -> Result<(), String> {
    let by_route = json!({
        "calculations": [{ "op": "COUNT" }, { "op": "P99", "column": "duration_ms" }],
        "breakdowns": ["http.route"],
        "filters": [{ "column": "span.kind", "op": "=", "value": "server" }],
        "orders": [{ "op": "P99", "column": "duration_ms", "order": "descending" }],
        "time_range": PAST_S,
    });
    let errors = json!({
        "breakdowns": ["name", "exception.message"],
        "filters": [{ "column": "error", "op": "=", "value": true }],
        "time_range": PAST_S,
    });
    let newest = json!({ "time_range": PAST_S, "limit": 5 });

    println!("\nA request that failed:");
    shown(server, &["trace", &failed_trace(server)?])?;
    println!("\nThe slowest routes:");
    shown(server, &["query", "--dataset", SERVICE_NAME, &by_route.to_string()])?;
    println!("\nMore to ask, in another terminal:");
    for arguments in [
        vec!["query", "--dataset", SERVICE_NAME, &errors.to_string()],
        vec!["query", "--rows", &newest.to_string()],
        vec!["dataset", "list"],
    ] {
        println!("  {}", line(server, &arguments));
    }
    let question = json!({ "dataset": SERVICE_NAME, "query": errors });
    println!("  curl -s {}/api/v1/query --json '{question}'", server.main_url);
    Ok(())
}

/// Shows a command and what it prints.
fn shown(server: &Server, arguments: &[&str]) -> Result<(), String> {
    println!("$ {}", line(server, arguments));
    let mut command = Command::new(build::binary("trackway", Profile::Dev));
    command.args(arguments).env("TRACKWAY_SERVER", &server.main_url).env_remove("TRACKWAY_KEY");
    let status = command.status().map_err(|error| format!("starting trackway: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("trackway {}: {status}", arguments[0])) }
}

/// A command as it can be pasted into a shell.
fn line(server: &Server, arguments: &[&str]) -> String {
    let mut line = build::binary("trackway", Profile::Dev).display().to_string();
    for argument in arguments {
        line.push(' ');
        line.push_str(&quoted(argument));
    }
    if server.main_url != SERVER_DEFAULT {
        line.push_str(&format!(" --server {}", server.main_url));
    }
    line
}

/// In single quotes if a shell would see more than a word. What is shown here has no such quotes
/// itself.
fn quoted(argument: &str) -> String {
    let is_plain = argument.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/".contains(&b));
    if is_plain { argument.to_owned() } else { format!("'{argument}'") }
}
