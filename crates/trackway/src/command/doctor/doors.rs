//! What each door heard from whom, and what was refused.

use serde_json::Value;

use super::finding::Finding;
use crate::output::{painted_table, printable, short_time};
use crate::quantity::about_size;
use crate::terminal::{Paint, Style};

/// Refusals that are shown; the server tells a hundred.
const REFUSALS_SHOWN: usize = 10;

/// What is to be said of what was heard.
pub(super) fn examine(heard: &Value) -> Vec<Finding> {
    let since = text(heard.get("since"));
    let doors = list(heard, "doors");
    let total: u64 = doors.iter().map(|door| number(door, "/accepted/events")).sum();
    let mut findings = Vec::new();
    if total == 0 {
        let what = format!("nothing has come in since {since}");
        let remedy = "point a sender here: export OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:4318 \
                      OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, and start it in that shell";
        findings.push(Finding::warning("doors", what, remedy.to_owned()));
    } else {
        let last = doors.iter().filter_map(|door| door.get("last_event")?.as_str()).max();
        let last = last.map_or_else(|| "-".to_owned(), short_time);
        let since = short_time(&since);
        let what = format!("{total} events have come in since {since}, the last at {last}");
        findings.push(Finding::good("doors", what));
    }
    let refusals = list(heard, "refusals");
    // The newest refusal of each sender at each door: older ones are in the table.
    let mut told: Vec<(&Value, &Value)> = Vec::new();
    for refusal in refusals {
        let who = (&refusal["door"], &refusal["key"]);
        if told.contains(&who) {
            continue;
        }
        told.push(who);
        findings.push(of_refusal(refusal, &doors));
    }
    findings
}

/// A refusal is wrong as long as nothing has come in from the same sender after it.
fn of_refusal(refusal: &Value, doors: &[&Value]) -> Finding {
    let same = |door: &&&Value| door["door"] == refusal["door"] && door["key"] == refusal["key"];
    let last = doors.iter().find(same).and_then(|door| door.get("last_event")?.as_str());
    let time = refusal.get("time").and_then(Value::as_str).unwrap_or_default();
    let what = format!(
        "{} from {} was refused at {}: {}",
        text(refusal.get("door")),
        key(refusal),
        short_time(time),
        text(refusal.get("text"))
    );
    let remedy = text(refusal.get("remedy"));
    match last.is_some_and(|last| moment(last) > moment(time)) {
        true => Finding::warning("refused", format!("{what}; later events came in"), remedy),
        false => Finding::wrong("refused", what, remedy),
    }
}

/// What each door heard, and the newest refusals.
pub(super) fn table(heard: &Value, paint: Paint) -> String {
    let mut shown = String::new();
    let doors = list(heard, "doors");
    if !doors.is_empty() {
        let headings =
            ["DOOR", "KEY", "ENVIRONMENT", "REQUESTS", "EVENTS", "BYTES", "REFUSED", "LAST EVENT"];
        let rows: Vec<Vec<String>> = doors.into_iter().map(row).collect();
        shown.push('\n');
        shown.push_str(&painted_table(&headings, &rows, paint));
    }
    let refusals = list(heard, "refusals");
    if refusals.is_empty() {
        return shown;
    }
    shown.push_str(&format!("\n{}\n", paint.of(Style::Bold, "REFUSED, the newest first")));
    for refusal in refusals.iter().take(REFUSALS_SHOWN) {
        let count = number(refusal, "/count");
        let times = if count == 1 { String::new() } else { format!(", {count} times") };
        shown.push_str(&format!(
            "{}  {} from {}{times}: {}\n  {}\n  -> {}\n",
            short_time(&text(refusal.get("time"))),
            text(refusal.get("door")),
            key(refusal),
            text(refusal.get("reason")),
            text(refusal.get("text")),
            text(refusal.get("remedy")),
        ));
    }
    if refusals.len() > REFUSALS_SHOWN {
        let more = refusals.len() - REFUSALS_SHOWN;
        shown.push_str(&format!("… {more} more: --json has them\n"));
    }
    shown
}

fn row(door: &Value) -> Vec<String> {
    let refused = number(door, "/refused/requests");
    let within = number(door, "/refused/events");
    let refused = match within {
        0 => refused.to_string(),
        _ => format!("{refused} and {within} events"),
    };
    vec![
        text(door.get("door")),
        key(door),
        text(door.get("environment")),
        number(door, "/accepted/requests").to_string(),
        number(door, "/accepted/events").to_string(),
        about_size(number(door, "/accepted/bytes")),
        refused,
        short_time(&text(door.get("last_event"))),
    ]
}

fn key(of: &Value) -> String {
    match of.get("key").and_then(Value::as_str) {
        Some(key) => format!("key {}", printable(key)),
        None => "no key".to_owned(),
    }
}

fn text(value: Option<&Value>) -> String {
    printable(value.and_then(Value::as_str).unwrap_or("-"))
}

fn number(of: &Value, pointer: &str) -> u64 {
    of.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

fn list<'a>(of: &'a Value, name: &str) -> Vec<&'a Value> {
    of.get(name).and_then(Value::as_array).into_iter().flatten().collect()
}

/// A time to compare: as text those with fewer decimals would come last.
fn moment(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::finding::State;
    use super::*;

    fn heard(last_event: &str) -> Value {
        json!({
            "since": "2026-01-01T00:00:00Z",
            "doors": [
                {"door": "otlp/http traces", "key": null, "environment": "default",
                 "accepted": {"requests": 2, "events": 7, "bytes": 2_048},
                 "refused": {"requests": 1, "events": 3}, "last_event": last_event},
            ],
            "refusals": [
                {"time": "2026-01-01T10:00:00.5Z", "door": "otlp/http traces", "key": null,
                 "reason": "malformed", "text": "line 1", "remedy": "correct it", "count": 3},
                {"time": "2026-01-01T09:00:00Z", "door": "otlp/http traces", "key": null,
                 "reason": "key", "text": "older", "remedy": "-", "count": 1},
                {"time": "2026-01-01T08:00:00Z", "door": "batch", "key": "abc…",
                 "reason": "key", "text": "not known", "remedy": "make one", "count": 1},
            ],
        })
    }

    /// Guarantees: a refusal is wrong until the same sender is heard again, each sender's newest
    /// counts, and its remedy is passed on.
    #[test]
    fn refusals_are_judged() {
        let states = |last: &str| -> Vec<State> {
            examine(&heard(last)).iter().map(|finding| finding.state).collect()
        };
        assert_eq!(states("2026-01-01T10:00:00Z"), [State::Good, State::Wrong, State::Wrong]);
        assert_eq!(states("2026-01-01T10:00:01Z"), [State::Good, State::Warning, State::Wrong]);
        let findings = examine(&heard("2026-01-01T10:00:00Z"));
        assert_eq!(findings[1].remedy.as_deref(), Some("correct it"));
        assert!(findings[2].text.contains("batch from key abc… was refused"), "{findings:?}");
    }

    /// Guarantees: a server that has heard nothing is told how a sender finds it.
    #[test]
    fn silence_is_noticed() {
        let findings = examine(&json!({"since": "T", "doors": [], "refusals": []}));
        assert_eq!(findings[0].state, State::Warning);
        assert!(findings[0].remedy.as_deref().unwrap().contains("OTEL_EXPORTER_OTLP_ENDPOINT"));
        assert_eq!(table(&json!({}), Paint::OFF), "");
    }

    /// Guarantees: each door is a line with its amounts, and refusals say how often and what to do.
    #[test]
    fn doors_are_listed() {
        let text = table(&heard("2026-01-01T10:00:00Z"), Paint::OFF);
        let row = "otlp/http traces  no key  default      2         7       2.0 KiB  \
                   1 and 3 events  2026-01-01T10:00:00Z";
        assert_eq!(text.lines().nth(2), Some(row), "{text}");
        assert!(text.contains("traces from no key, 3 times: malformed\n  line 1\n  -> correct it"));
    }
}
