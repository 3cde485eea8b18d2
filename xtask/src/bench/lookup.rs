//! Whole traces by their ids, and searches for whole spans: the questions behind a click.
//!
//! Every answer is counted: a trace has the spans that were sent, a search those that a count of
//! the same question gives.

use serde_json::{Value, json};

use super::asking::Asking;
use super::figure::Figure;
use super::hour::Hour;
use super::load::Truth;
use super::report::Report;
use super::spread::{milliseconds, percentile};
use super::subject::Subject;

/// Traces that are looked up before it counts.
const WARM_LOOKUPS: usize = 50;
/// Traces that are looked up.
const LOOKUPS: usize = 500;
/// Ids that were never sent.
const MISSING_LOOKUPS: usize = 100;
/// Rows that a search asks for.
const SEARCH_ROWS: u64 = 500;
/// Searches in each service.
const SEARCHES_PER_SERVICE: usize = 5;

/// Looks traces up.
pub(super) fn traces(subject: &Subject, truth: &Truth, report: &mut Report) -> Result<(), String> {
    let mut asking = Asking::open(subject)?;
    for (id, _) in truth.traces.iter().take(WARM_LOOKUPS) {
        asking.trace(id)?;
    }
    let (mut times, mut spans_read) = (Vec::new(), 0);
    let before = subject.cpu()?;
    for (id, spans) in truth.traces.iter().cycle().skip(WARM_LOOKUPS).take(LOOKUPS) {
        let (took, answer) = asking.trace(id)?;
        times.push(milliseconds(took));
        let found = spans_of(&answer).unwrap_or_default();
        spans_read += found;
        if found != *spans {
            report.wrong(format!("trace {id} was answered with {found} of {spans} spans"));
        }
    }
    let cpu = milliseconds(subject.cpu()?.since(before).total()) / times.len() as f64;
    let mut missing = Vec::new();
    for (id, _) in truth.traces.iter().take(MISSING_LOOKUPS) {
        // No drawn id is another's mirror image.
        let never_sent: String = id.chars().rev().collect();
        missing.push(milliseconds(asking.missing_trace(&never_sent)?));
    }
    let (p50, p99) = (percentile(&times, 0.5), percentile(&times, 0.99));
    report.add(Figure::new("trace by id p50", p50, "ms").at_most(3.0, Some(1.5)));
    report.add(Figure::new("trace by id p99", p99, "ms").at_most(8.0, None));
    report.add(Figure::new("trace by id: CPU", cpu, "ms"));
    let missing_p50 = percentile(&missing, 0.5);
    report.add(Figure::new("trace by an unknown id p50", missing_p50, "ms"));
    let details = json!({
        "lookups": times.len(),
        "spans": spans_read,
        "ms": { "p50": p50, "p90": percentile(&times, 0.9), "p99": p99 },
        "cpu_ms": cpu,
        "missing_ms": { "p50": missing_p50, "p99": percentile(&missing, 0.99) },
    });
    report.detail("lookup", details);
    Ok(())
}

/// How many spans a trace is answered with: their ids stand in one text, 16 digits each.
fn spans_of(answer: &Value) -> Option<u64> {
    Some(answer["spans"]["id"].as_str()?.len() as u64 / 16)
}

/// Searches failed requests of every service.
pub(super) fn searches(
    subject: &Subject,
    truth: &Truth,
    hour: &Hour,
    report: &mut Report,
) -> Result<(), String> {
    let mut asking = Asking::open(subject)?;
    for (name, _, failed) in &truth.services {
        // Also warms what the timed searches read.
        let (_, answer) = asking.rows(&search(name), hour.whole())?;
        let found = rows_of(&answer);
        if found != (*failed).min(SEARCH_ROWS) {
            report.wrong(format!("a search in {name} found {found} rows of {failed}"));
        }
    }
    let (mut times, mut rows, mut cpu) = (Vec::new(), Vec::new(), 0.0);
    for call in 0..SEARCHES_PER_SERVICE {
        for (at, (name, _, _)) in truth.services.iter().enumerate() {
            let range = hour.nearly(call * truth.services.len() + at);
            let before = subject.cpu()?;
            let (took, answer) = asking.rows(&search(name), range)?;
            cpu += milliseconds(subject.cpu()?.since(before).total());
            let mut count = search(name);
            count["calculations"] = json!([{"op": "COUNT"}]);
            let (_, counted) = asking.query(&count, range)?;
            let counted = counted["data"]["results"][0]["data"]["COUNT"].as_u64();
            let (found, expected) = (rows_of(&answer), counted.map(|rows| rows.min(SEARCH_ROWS)));
            if Some(found) != expected {
                report.wrong(format!(
                    "a search in {name} from {} to {} found {found} rows, and {expected:?} were \
                     counted",
                    range.from, range.to
                ));
            }
            times.push(milliseconds(took));
            rows.push(found as f64);
        }
    }
    let (p50, p99) = (percentile(&times, 0.5), percentile(&times, 0.99));
    let name = |what: &str| format!("search for up to {SEARCH_ROWS} whole spans {what}");
    report.add(Figure::new(name("p50"), p50, "ms").at_most(12.0, Some(6.0)));
    report.add(Figure::new(name("p99"), p99, "ms"));
    let details = json!({
        "searches": times.len(),
        "rows": { "p50": percentile(&rows, 0.5), "max": percentile(&rows, 1.0) },
        "ms": { "p50": p50, "p90": percentile(&times, 0.9), "p99": p99 },
        "cpu_ms": cpu / times.len() as f64,
    });
    report.detail("search", details);
    Ok(())
}

fn search(service: &str) -> Value {
    json!({
        "filters": [
            {"column": "service.name", "op": "=", "value": service},
            {"column": "http.response.status_code", "op": ">=", "value": 500},
        ],
        "limit": SEARCH_ROWS,
    })
}

fn rows_of(answer: &Value) -> u64 {
    answer["rows"].as_array().map_or(0, |rows| rows.len() as u64)
}
