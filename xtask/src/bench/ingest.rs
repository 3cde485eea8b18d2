//! Ingest: what a million spans cost until they lie merged on disk, and how soon each is
//! acknowledged.
//!
//! Three runs, each into a folder of its own: flat out without compression (its folder is the one
//! that is asked questions later), flat out with gzip, and at a fixed rate. An ingest counts from
//! the first request until nothing waits to be flushed or merged; before any of its figures is
//! told, the server must have every row once, by its own figures and by a question.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::asking::Asking;
use super::disk::{self, Sizes};
use super::figure::Figure;
use super::hour::Hour;
use super::load::{self, CALLS, SPANS, Sending, Sent, Truth};
use super::options::Options;
use super::report::Report;
use super::subject::Subject;
use super::usage::{self, Cpu};
use crate::stopwatch::Stopwatch;

/// Connections of a run that goes as fast as it can: one request in flight for each core that the
/// measured machine has.
const FLAT_OUT_CONNECTIONS: u32 = 2;
/// Connections at a fixed rate: exporters do not wait for each other.
const PACED_CONNECTIONS: u32 = 16;
/// How far the server's own figures of its folder may be from the files, as a share.
const SIZE_TOLERANCE: f64 = 0.01;

/// The flat-out run whose folder is kept.
pub(super) const FLAT_OUT: Sending = Sending {
    shape: SPANS,
    encoding: "identity",
    connections: FLAT_OUT_CONNECTIONS,
    crowd: 0,
    rate: None,
};
/// The same, compressed.
pub(super) const COMPRESSED: Sending = Sending { encoding: "gzip", ..FLAT_OUT };
/// The same in other shapes, as their clients send them.
pub(super) const SHAPES: [Sending; 6] = [
    Sending { shape: CALLS, ..FLAT_OUT },
    Sending { shape: CALLS, encoding: "gzip", ..FLAT_OUT },
    Sending { shape: "logs", ..FLAT_OUT },
    Sending { shape: "batch-json", ..FLAT_OUT },
    Sending { shape: "batch-json", encoding: "gzip", ..FLAT_OUT },
    Sending { shape: "batch-msgpack", encoding: "zstd", ..FLAT_OUT },
];

/// At a fixed rate, in spans a second.
pub(super) fn paced(rate: u64) -> Sending {
    Sending { connections: PACED_CONNECTIONS, rate: Some(rate), ..FLAT_OUT }
}

/// What an ingest took.
#[derive(Clone, Debug)]
pub(super) struct Ingest {
    pub(super) sent: Sent,
    /// CPU time of the server until everything was merged.
    pub(super) cpu: Cpu,
    /// CPU time of the server until the last acknowledgement.
    pub(super) cpu_sending: Cpu,
    /// CPU time by name of thread.
    pub(super) threads: BTreeMap<String, Cpu>,
    /// Seconds from the last acknowledgement until nothing was left to do.
    pub(super) settle_seconds: f64,
    pub(super) sizes: Sizes,
    pub(super) peak_memory: u64,
    /// Bytes written, log included.
    pub(super) written: u64,
    /// Bytes written to segments, by flushes and by merging them.
    pub(super) written_to_segments: f64,
    pub(super) segments: f64,
}

/// Sends everything to a server on the empty folder `data`; leaves it running.
pub(super) fn run(
    options: &Options,
    sending: Sending,
    data: &Path,
    hour: &Hour,
) -> Result<(Subject, Ingest, Truth), String> {
    disk::remove(data)?;
    let mut subject = Subject::start(&options.binary("trackway"), data)?;
    let truth_file = data.with_extension("truth.json");
    let (cpu, threads) = (subject.cpu()?, usage::cpu_by_thread(subject.id())?);
    let written = usage::written(subject.id())?;
    let sent =
        load::send(options, sending, &subject.server.otlp_url, &hour.start_text, &truth_file)?;
    let cpu_sending = subject.cpu()?.since(cpu);
    let watch = Stopwatch::start();
    let gauges = subject.settle()?;
    let settled = watch.elapsed();
    let threads_now = usage::cpu_by_thread(subject.id())?.into_iter().map(|(name, now)| {
        let before = threads.get(&name).copied().unwrap_or_default();
        (name, now.since(before))
    });
    let threads = threads_now.filter(|(_, cpu)| !cpu.total().is_zero()).collect();
    let ingest = Ingest {
        sent,
        cpu: subject.cpu()?.since(cpu),
        cpu_sending,
        threads,
        settle_seconds: settled.as_secs_f64(),
        sizes: Sizes::of(data)?,
        peak_memory: usage::peak_memory(subject.id())?,
        written: usage::written(subject.id())?.saturating_sub(written),
        written_to_segments: gauges.get("flushed_bytes_total")?
            + gauges.get("compacted_bytes_total")?,
        segments: gauges.get("segments")?,
    };
    let truth = Truth::read(&truth_file)?;
    let rows = truth.rows(sending.shape) as f64;
    expect("rows of segments", gauges.get("segment_rows")?, rows, 0.0)?;
    for (what, told, found) in [
        ("bytes of segments", gauges.get("segment_bytes")?, ingest.sizes.segments),
        ("bytes of trace indexes", gauges.get("index_bytes")?, ingest.sizes.indexes),
    ] {
        expect(what, told, found as f64, SIZE_TOLERANCE)?;
    }
    ask_for_all(&subject, sending.shape, &truth, hour)?;
    Ok((subject, ingest, truth))
}

/// Asks how many rows and how many spans there are: each exactly once.
fn ask_for_all(subject: &Subject, shape: &str, truth: &Truth, hour: &Hour) -> Result<(), String> {
    let has_span_id = json!([{"column": "trace.span_id", "op": "exists"}]);
    let mut asking = Asking::open(subject)?;
    for (what, filters, expected) in [
        ("rows", json!([]), truth.rows(shape)),
        ("spans", has_span_id, truth.rows_with_span_ids(shape)),
    ] {
        let query = json!({"calculations": [{"op": "COUNT"}], "filters": filters});
        let (_, answer) = asking.query(&query, hour.whole())?;
        let count = answer["data"]["results"][0]["data"]["COUNT"].as_f64();
        let count = count.ok_or_else(|| format!("a count of {what} was answered with {answer}"))?;
        expect(what, count, expected as f64, 0.0)?;
    }
    Ok(())
}

fn expect(what: &str, found: f64, expected: f64, tolerance: f64) -> Result<(), String> {
    if (found - expected).abs() <= expected * tolerance {
        return Ok(());
    }
    Err(format!("{what}: the server has {found}, and {expected} were expected"))
}

impl Ingest {
    fn millions(&self) -> f64 {
        self.sent.spans as f64 / 1e6
    }

    fn per_span(&self, bytes: u64) -> f64 {
        bytes as f64 / self.sent.spans as f64
    }

    /// Adds the figures that a run as fast as possible gives.
    pub(super) fn tell_flat_out(&self, encoding: &str, report: &mut Report) {
        let name = |what: &str| format!("ingest, {encoding}: {what}");
        let cpu = self.cpu.total().as_secs_f64() / self.millions();
        report.add(Figure::new(name("CPU of a million spans"), cpu, "s").at_most(6.0, Some(3.5)));
        let system = self.cpu.system.as_secs_f64() / self.millions();
        report.add(Figure::new(name("of it in the system"), system, "s"));
        let memory = self.peak_memory as f64 / 1e6;
        report.add(Figure::new(name("peak memory"), memory, "MB").at_most(400.0, Some(250.0)));
        if encoding == "identity" {
            let kept = self.per_span(self.sizes.kept());
            report.add(Figure::new("bytes a span, log apart", kept, "B").at_most(40.0, Some(33.0)));
            let (log, written) = (self.per_span(self.sizes.log), self.per_span(self.written));
            report.add(Figure::new("bytes a span of the log's files", log, "B"));
            report.add(Figure::new("bytes a span written, log included", written, "B"));
            let again = self.written_to_segments / self.sizes.segments as f64;
            let again = Figure::new("bytes written to segments for each byte kept", again, "x");
            report.add(again.at_most(2.0, None));
        }
        report.add(Figure::new(name("spans a second"), self.sent.spans_per_second, "/s"));
        report.add(Figure::new(name("acknowledgement p50"), self.sent.ack_p50_ms, "ms"));
        report.add(Figure::new(name("acknowledgement p99"), self.sent.ack_p99_ms, "ms"));
        report.detail(&format!("ingest_{encoding}"), self.json());
    }

    /// Adds the figures of a run in another shape, to be held against those of spans.
    pub(super) fn tell_shape(&self, sending: Sending, report: &mut Report) {
        let Sending { shape, encoding, .. } = sending;
        let name = |what: &str| format!("ingest, {shape}, {encoding}: {what}");
        let cpu = self.cpu.total().as_secs_f64() / self.millions();
        report.add(Figure::new(name("CPU of a million events"), cpu, "s"));
        let memory = self.peak_memory as f64 / 1e6;
        report.add(Figure::new(name("peak memory"), memory, "MB"));
        let (sent, kept) = (self.per_span(self.sent.bytes), self.per_span(self.sizes.kept()));
        report.add(Figure::new(name("bytes an event sent"), sent, "B"));
        report.add(Figure::new(name("bytes an event kept, log apart"), kept, "B"));
        report.add(Figure::new(name("events a second"), self.sent.spans_per_second, "/s"));
        report.add(Figure::new(name("acknowledgement p99"), self.sent.ack_p99_ms, "ms"));
        report.detail(&format!("ingest_{shape}_{encoding}"), self.json());
    }

    /// Adds the figures that a run at `rate` gives.
    pub(super) fn tell_paced(&self, rate: u64, report: &mut Report) {
        let name = |what: &str| format!("ingest at {rate} spans/s: {what}");
        report.add(Figure::new(name("acknowledgement p50"), self.sent.ack_p50_ms, "ms"));
        let p99 = Figure::new(name("acknowledgement p99"), self.sent.ack_p99_ms, "ms");
        report.add(p99.at_most(20.0, Some(8.0)));
        let memory = self.peak_memory as f64 / 1e6;
        report.add(Figure::new(name("peak memory"), memory, "MB").at_most(400.0, Some(250.0)));
        if self.sent.spans_per_second < rate as f64 * 0.95 {
            report.note(format!(
                "the paced ingest reached only {:.0} spans/s: its latencies contain the backlog",
                self.sent.spans_per_second
            ));
        }
        report.detail("ingest_paced", self.json());
    }

    pub(super) fn json(&self) -> Value {
        let Sent { ack_p50_ms, ack_p99_ms, ack_max_ms, .. } = self.sent;
        let Sizes { segments, indexes, catalog, log, other } = self.sizes;
        let threads = self.threads.iter().map(|(name, cpu)| (name.clone(), cpu_json(*cpu)));
        json!({
            "spans": self.sent.spans,
            "seconds": self.sent.seconds,
            "spans_per_second": self.sent.spans_per_second,
            "bytes_sent": self.sent.bytes,
            "ack_ms": { "p50": ack_p50_ms, "p99": ack_p99_ms, "max": ack_max_ms },
            "retries": self.sent.retries,
            "crowd_closed": self.sent.crowd_closed,
            "sender_cpu_seconds": self.sent.cpu_seconds,
            "cpu_seconds": cpu_json(self.cpu),
            "cpu_seconds_while_sending": cpu_json(self.cpu_sending),
            "cpu_seconds_by_thread": threads.collect::<Map<_, _>>(),
            "settle_seconds": self.settle_seconds,
            "segments": self.segments,
            "disk_bytes": {
                "segments": segments,
                "trace_indexes": indexes,
                "catalog": catalog,
                "log": log,
                "other": other,
            },
            "written_bytes": self.written,
            "written_to_segments_bytes": self.written_to_segments,
            "peak_memory_bytes": self.peak_memory,
        })
    }
}

fn cpu_json(cpu: Cpu) -> Value {
    json!({ "user": cpu.user.as_secs_f64(), "system": cpu.system.as_secs_f64() })
}
