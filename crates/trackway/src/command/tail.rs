//! `trackway tail`: events as they come, a line each.
//!
//! A connection that ends is taken up again behind the last event that was shown; what the server
//! left out meanwhile is said on standard error.

mod stream;

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value};

use self::stream::{Event, Events};
use super::query::ConditionFlags;
use crate::client::{Client, ServerFlags, with_parameters};
use crate::output;
use crate::quantity::micros_text;
use crate::stop::Stop;
use crate::terminal::{Paint, Style};

const PATH: &str = "/api/v1/tail";
/// Where a reader says how far it has read.
const LAST_EVENT_ID: &str = "last-event-id";
/// How long the first attempt to come back waits, and the last ones.
const WAIT_FIRST: Duration = Duration::from_millis(250);
const WAIT_LONGEST: Duration = Duration::from_secs(5);
/// Attempts to come back: some minutes, which is longer than a server takes to start.
const ATTEMPTS_MAX: u32 = 60;
/// Longest value of a field in a line, in columns; the whole is in `--json`.
const VALUE_COLUMNS_MAX: usize = 80;
/// What a line begins with: these are not said again behind it.
const SHOWN_FIRST: [&str; 3] = ["name", "body", "duration_ms"];

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Dataset to follow
    #[arg(long, value_name = "D", default_value = "__all__")]
    dataset: String,
    #[command(flatten)]
    conditions: ConditionFlags,
    /// End after so many events
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    #[command(flatten)]
    server: ServerFlags,
}

/// How a stream of events ended.
enum Ended {
    /// All that was wanted was shown, or nobody reads any more.
    Done,
    /// The connection did.
    Broken(String),
}

/// What is shown, and how far it has come.
struct Reader {
    paint: Paint,
    is_json: bool,
    place: Option<String>,
    left: u64,
}

pub(super) fn run(arguments: &Arguments, paint: Paint) -> Result<(), Stop> {
    let mut parameters = Map::new();
    parameters.insert("dataset".to_owned(), arguments.dataset.as_str().into());
    arguments.conditions.write(&mut parameters)?;
    let path = with_parameters(PATH, &parameters);
    let client = Client::new(&arguments.server)?;
    let left = arguments.limit.unwrap_or(u64::MAX);
    let mut reader = Reader { paint, is_json: arguments.server.json, place: None, left };
    let (mut attempts, mut is_first) = (0, true);
    while reader.left > 0 {
        let place = reader.place.clone();
        let headers: Vec<(&str, &str)> =
            place.iter().map(|place| (LAST_EVENT_ID, place.as_str())).collect();
        match client.stream(&path, &headers) {
            Ok(stream) => {
                (attempts, is_first) = (0, false);
                match reader.follow(Events::new(stream))? {
                    Ended::Done => return Ok(()),
                    Ended::Broken(why) => output::remark(&format!("{why}; coming back")),
                }
            }
            Err(failure) if is_first || !failure.may_pass || attempts == ATTEMPTS_MAX => {
                return Err(failure.stop);
            }
            Err(_) => {}
        }
        wait(attempts);
        attempts += 1;
    }
    Ok(())
}

/// Gives a server that is starting time to do so.
fn wait(attempts: u32) {
    let time = WAIT_FIRST.saturating_mul(1 << attempts.min(10)).min(WAIT_LONGEST);
    let (nobody, never) = sync_channel::<()>(0);
    // Nobody says anything: the time passes.
    never.recv_timeout(time).unwrap_or_default();
    drop(nobody);
}

impl Reader {
    fn follow<R: std::io::Read>(&mut self, mut events: Events<R>) -> Result<Ended, Stop> {
        loop {
            let event = match events.next_event() {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(Ended::Broken("the server ended the stream".to_owned())),
                Err(error) => return Ok(Ended::Broken(format!("the connection broke: {error}"))),
            };
            let is_read = self.take(&event)?;
            if event.id.is_some() {
                self.place = event.id;
            }
            if !is_read || self.left == 0 {
                return Ok(Ended::Done);
            }
        }
    }

    /// Shows an event; tells whether anybody reads.
    fn take(&mut self, event: &Event) -> Result<bool, Stop> {
        match event.name.as_str() {
            "row" => {}
            "skipped" => {
                output::remark(&skipped(&event.data));
                return Ok(true);
            }
            "error" => return Err(Stop::wrong(ended(&event.data))),
            // What a later server may say beside these.
            _ => return Ok(true),
        }
        self.left -= 1;
        if self.is_json {
            return output::say_on(&format!("{}\n", event.data));
        }
        let row = serde_json::from_str(&event.data)
            .map_err(|error| Stop::cannot(format!("an event of the server is no JSON: {error}")))?;
        output::say_on(&format!("{}\n", line(&row, self.paint)))
    }
}

fn skipped(data: &str) -> String {
    let said: Value = serde_json::from_str(data).unwrap_or_default();
    let rows = match said.get("rows").and_then(Value::as_u64) {
        Some(1) => "1 event was".to_owned(),
        Some(rows) => format!("{rows} events were"),
        None => "some events were".to_owned(),
    };
    let why = said.get("why").and_then(Value::as_str).unwrap_or_default();
    format!("{rows} skipped: {}", output::printable(why))
}

/// Why the server let nobody read on.
fn ended(data: &str) -> String {
    let said: Value = serde_json::from_str(data).unwrap_or_default();
    let why = said.get("error").and_then(Value::as_str).unwrap_or_default();
    format!("the server ended the stream: {}", output::printable(why))
}

/// An event as people read it: when, where, what, how long, and then its other fields.
fn line(row: &Value, paint: Paint) -> String {
    let nothing = Map::new();
    let data = row.get("data").and_then(Value::as_object).unwrap_or(&nothing);
    let text = |value: Option<&Value>| value.map(shown).unwrap_or_default();
    let mut parts = vec![
        paint.show(Style::Dim, &output::short_time(&text(row.get("time")))),
        paint.show(Style::Hue(0), &text(row.get("dataset"))),
    ];
    let is_error = data.get("error").and_then(Value::as_bool) == Some(true);
    let style = if is_error { Style::Bad } else { Style::Bold };
    for name in ["name", "body"] {
        if let Some(value) = data.get(name) {
            parts.push(paint.show(style, &shown(value)));
        }
    }
    if let Some(millis) = data.get("duration_ms").and_then(Value::as_f64) {
        parts.push(micros_text(millis * 1e3));
    }
    let others = data.iter().filter(|(name, _)| !SHOWN_FIRST.contains(&name.as_str()));
    parts.extend(others.map(|(name, value)| {
        let name = format!("{}=", output::printable(name));
        format!("{}{}", paint.of(Style::Dim, &name), shown(value))
    }));
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => output::printable(text),
        other => output::printable(&other.to_string()),
    };
    output::cut(&text, VALUE_COLUMNS_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Guarantees: an event is a line that begins with what most of them have, without anything
    /// that a terminal obeys.
    #[test]
    fn events_are_lines() {
        let row = json!({"time": "T", "dataset": "api", "samplerate": 1, "data": {
            "name": "GET /", "duration_ms": 1.5, "error": true, "user": "u\u{1b}[1m",
        }});
        assert_eq!(line(&row, Paint::OFF), "T api GET / 1.5 ms error=true user=u\\u{1b}[1m");
        assert!(line(&row, Paint::ON).contains("\u{1b}[31mGET /\u{1b}[0m"));
        let log = json!({"time": "T", "dataset": "api", "data": {"body": "hello"}});
        assert_eq!(line(&log, Paint::OFF), "T api hello");
    }

    /// Guarantees: what was left out is said with its number, where it is known, and the reason.
    #[test]
    fn skipped_events_are_said() {
        assert_eq!(skipped(r#"{"rows":1,"why":"x"}"#), "1 event was skipped: x");
        assert_eq!(skipped(r#"{"rows":20,"why":"x"}"#), "20 events were skipped: x");
        assert_eq!(skipped(r#"{"rows":null,"why":"x"}"#), "some events were skipped: x");
    }
}
