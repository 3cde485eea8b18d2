//! Aggregates over HTTP, and beside DuckDB on the same files, in turn.
//!
//! In turn, because a shared machine is never the same for two minutes: the ratio of two calls that
//! follow each other says more than the ratio of two medians. Every pair of answers is compared
//! before its times count, and every call asks for another range, so that no answer can be an old
//! one. A question whose answer is wrong gets no figure.

use serde_json::{Value, json};

use super::agreement::{PERCENTILE_ERROR_MAX, compare, fullest_minute};
use super::asking::Asking;
use super::duckdb::DuckDb;
use super::figure::Figure;
use super::hour::{Hour, Range};
use super::question::{QUESTIONS, Question, Shape, labels, sql_of_buckets};
use super::report::Report;
use super::spread::{median, milliseconds, percentile};
use super::subject::Subject;

/// Calls of each before it counts.
const WARM_CALLS: usize = 2;
/// How much faster than DuckDB the questions with targets have to be: must and stretch.
const FASTER: (f64, f64) = (2.0, 5.0);
/// The others may take at most 1.2 times as long as DuckDB.
const SLOWER: f64 = 1.0 / 1.2;

/// What one question took, call by call.
#[derive(Debug, Default)]
struct Calls {
    ours_ms: Vec<f64>,
    theirs_ms: Vec<f64>,
    theirs_cpu_ms: Vec<f64>,
    /// How many times as long as ours theirs took.
    ratios: Vec<f64>,
    percentile_error: f64,
    statistics: Value,
}

/// Asks every question.
pub(super) fn run(
    subject: &Subject,
    hour: &Hour,
    rounds: usize,
    report: &mut Report,
) -> Result<(), String> {
    let mut duckdb = DuckDb::start(&subject.data)?;
    let mut asking = Asking::open(subject)?;
    let (mut call, mut worst_error, mut details) = (0, 0.0_f64, Vec::new());
    for question in &QUESTIONS {
        let before = subject.cpu()?;
        let mut calls = Calls::default();
        let mut round = |calls: &mut Calls, call: usize| {
            let range = hour.nearly(call);
            ask_both(&mut asking, &mut duckdb, question, range, call, calls)
        };
        let done = (0..WARM_CALLS + rounds).try_for_each(|at| {
            call += 1;
            let mut unmeasured = Calls::default();
            round(if at < WARM_CALLS { &mut unmeasured } else { &mut calls }, call)
        });
        if let Err(error) = done {
            report.wrong(format!("{}: {error}", question.name));
            continue;
        }
        let cpu = milliseconds(subject.cpu()?.since(before).total());
        worst_error = worst_error.max(calls.percentile_error);
        tell(question, &calls, report);
        details.push(calls.json(question, cpu / (WARM_CALLS + rounds) as f64));
    }
    let error = Figure::new("error of percentiles", worst_error * 100.0, "%");
    report.add(error.at_most(PERCENTILE_ERROR_MAX * 100.0, None));
    report.detail("aggregates", Value::Array(details));
    Ok(())
}

/// One call of each, whose order changes from call to call.
fn ask_both(
    asking: &mut Asking,
    duckdb: &mut DuckDb,
    question: &Question,
    range: Range,
    call: usize,
    calls: &mut Calls,
) -> Result<(), String> {
    let (spec, sql) = (question.spec(), question.sql(range));
    let (ours, theirs) = if call.is_multiple_of(2) {
        let ours = asking.query(&spec, range)?;
        (ours, duckdb.ask(&sql)?)
    } else {
        let theirs = duckdb.ask(&sql)?;
        (asking.query(&spec, range)?, theirs)
    };
    let (took, answer) = ours;
    let error = compare(question.shape, &spec, &answer, &theirs.rows)?;
    if question.shape == Shape::Heatmap && calls.ours_ms.is_empty() {
        compare_buckets(duckdb, &spec, range, &answer)?;
    }
    let took = milliseconds(took);
    calls.ours_ms.push(took);
    calls.theirs_ms.push(theirs.ms);
    calls.theirs_cpu_ms.push(theirs.cpu_ms);
    calls.ratios.push(theirs.ms / took);
    calls.percentile_error = calls.percentile_error.max(error);
    calls.statistics = answer["statistics"].clone();
    Ok(())
}

/// Counts the durations of one minute in the buckets that our heatmap has there.
fn compare_buckets(
    duckdb: &mut DuckDb,
    spec: &Value,
    range: Range,
    answer: &Value,
) -> Result<(), String> {
    let label = labels(spec).into_iter().next().unwrap_or_default();
    let (minute, buckets) = fullest_minute(answer, &label).ok_or("the heatmap has no buckets")?;
    let bounds: Vec<(f64, f64)> = buckets.iter().map(|(from, to, _)| (*from, *to)).collect();
    let theirs = duckdb.ask(&sql_of_buckets(minute, range, &bounds))?;
    let theirs = theirs.rows.first().cloned().unwrap_or_default();
    for ((from, to, ours), theirs) in buckets.iter().zip(&theirs) {
        if theirs.as_f64() != Some(*ours) {
            return Err(format!(
                "in minute {minute} we count {ours} durations from {from} to {to} ms, DuckDB \
                 {theirs}"
            ));
        }
    }
    Ok(())
}

fn tell(question: &Question, calls: &Calls, report: &mut Report) {
    let ours = Figure::new(question.name, median(&calls.ours_ms), "ms");
    let faster = format!("{}: DuckDB takes", question.name);
    let faster = Figure::new(faster, median(&calls.ratios), "x");
    match question.target {
        Some((must, stretch)) => {
            report.add(ours.at_most(must, Some(stretch)));
            report.add(faster.at_least(FASTER.0, Some(FASTER.1)));
        }
        None => {
            report.add(ours);
            report.add(faster.at_least(SLOWER, None));
        }
    }
}

impl Calls {
    fn json(&self, question: &Question, cpu_ms: f64) -> Value {
        let spread = |values: &[f64]| {
            json!({
                "min": percentile(values, 0.0),
                "p50": median(values),
                "max": percentile(values, 1.0),
            })
        };
        json!({
            "name": question.name,
            "calls": self.ours_ms.len(),
            "ours_ms": spread(&self.ours_ms),
            "ours_cpu_ms": cpu_ms,
            "duckdb_ms": spread(&self.theirs_ms),
            "duckdb_cpu_ms": median(&self.theirs_cpu_ms),
            "duckdb_by_ours": spread(&self.ratios),
            "percentile_error": self.percentile_error,
            "statistics": self.statistics,
        })
    }
}
