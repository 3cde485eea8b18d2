//! Cold start: from the start of the process until it is ready, with 100 GB of segments.
//!
//! The folder of the queries is made to look that large, see `bench/grow_folder.py`, and nothing of
//! it is left in the page cache. The server must then still have every row of the real hour, and
//! know as many segments as it was given.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::asking::Asking;
use super::figure::Figure;
use super::hour::Hour;
use super::load::{SPANS, Truth};
use super::options::Options;
use super::report::Report;
use super::spread::milliseconds;
use super::subject::Subject;
use super::usage;
use crate::build;
use crate::stopwatch::Stopwatch;

/// The settings of the store: no segment is small enough to be merged on, because as many small
/// ones as are made here would keep the compactor busy for an hour.
const STORE: &str = "small_segment_bytes=1";
/// An id that was never sent: every trace index has to be asked.
const MISSING_TRACE: &str = "00000000000000000000000000c01d57";

/// Starts a server on the folder `data`, which no server uses, after it has been grown.
pub(super) fn run(
    options: &Options,
    data: &Path,
    hour: &Hour,
    truth: &Truth,
    report: &mut Report,
) -> Result<(), String> {
    let grown = grow(data, options.cold_bytes)?;
    let watch = Stopwatch::start();
    let subject = Subject::start_as(&options.binary("trackway"), data, STORE)?;
    let ready = milliseconds(watch.elapsed());
    let mut asking = Asking::open(&subject)?;
    let query = json!({"calculations": [{"op": "COUNT"}], "breakdowns": ["service.name"]});
    let (_, answer) = asking.query(&query, hour.whole())?;
    let answered = milliseconds(watch.elapsed());
    let first_missing = milliseconds(asking.missing_trace(MISSING_TRACE)?);
    let next_missing = milliseconds(asking.missing_trace(MISSING_TRACE)?);

    let results = answer["data"]["results"].as_array().into_iter().flatten();
    let rows: u64 = results.filter_map(|group| group["data"]["COUNT"].as_u64()).sum();
    let all = truth.rows(SPANS);
    if rows != all {
        report.wrong(format!("after a cold start {rows} of {all} rows are there"));
    }
    let segments = subject.gauges()?.get("segments")?;
    if grown["segments"].as_f64() != Some(segments) {
        report.wrong(format!("after a cold start there are {segments} segments: {grown}"));
    }
    let memory = usage::peak_memory(subject.id())?;
    subject.stop()?;
    report.add(Figure::new("cold start until ready", ready, "ms").at_most(1_000.0, Some(200.0)));
    report.add(Figure::new("cold start until the first answer", answered, "ms"));
    let details = json!({
        "segments": segments,
        "bytes": grown["bytes"],
        "ready_ms": ready,
        "first_answer_ms": answered,
        "missing_trace_ms": { "first": first_missing, "next": next_missing },
        "peak_memory_bytes": memory,
    });
    report.detail("cold_start", details);
    report.note(format!(
        "cold start: {segments} segments; a trace that does not exist took {first_missing:.1} ms, \
         again {next_missing:.1} ms; peak memory {:.0} MB",
        memory as f64 / 1e6
    ));
    Ok(())
}

fn grow(data: &Path, bytes: u64) -> Result<Value, String> {
    let script = build::root().join("bench").join("grow_folder.py");
    let mut python = Command::new("python3");
    python.arg(&script).arg(data).args(["--bytes", &bytes.to_string()]);
    let grown = python.stderr(Stdio::inherit()).output();
    let grown = grown.map_err(|error| format!("starting python3: {error}"))?;
    let told = serde_json::from_slice(&grown.stdout);
    match (grown.status.success(), told) {
        (true, Ok(told)) => Ok(told),
        _ => Err(format!("growing {} failed: {}", data.display(), grown.status)),
    }
}
