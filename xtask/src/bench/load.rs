//! Runs the load generator and reads what it found.
//!
//! It is a process of its own, so that the server's CPU time is the server's alone and the sender's
//! can be told apart.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::options::Options;

/// The requests that are prepared before the measured time, when they are compressed or have
/// another shape than the generator's: all of them, because making them costs the sender more than
/// reading them costs the server.
const ALL_IN_MEMORY: &str = "1000000000";

/// The shape that the generator makes: spans of OpenTelemetry over HTTP.
pub(super) const SPANS: &str = "otlp-http";
/// The same over gRPC.
pub(super) const CALLS: &str = "otlp-grpc";
/// The shape whose rows are log lines.
const LOGS: &str = "logs";

/// How the load is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sending {
    /// What spans are sent as.
    pub(super) shape: &'static str,
    pub(super) encoding: &'static str,
    pub(super) connections: u32,
    /// Connections beside these that do next to nothing.
    pub(super) crowd: u32,
    /// Spans a second; as fast as it goes if none.
    pub(super) rate: Option<u64>,
}

/// What the sender found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// Spans acknowledged.
    pub(super) spans: u64,
    pub(super) seconds: f64,
    pub(super) spans_per_second: f64,
    /// Bytes of the requests' bodies as sent.
    pub(super) bytes: u64,
    pub(super) ack_p50_ms: f64,
    pub(super) ack_p99_ms: f64,
    pub(super) ack_max_ms: f64,
    /// Requests sent again because the server asked for it.
    pub(super) retries: u64,
    /// CPU time of the sender.
    pub(super) cpu_seconds: f64,
    /// How often the server closed a connection of the crowd.
    pub(super) crowd_closed: Option<u64>,
}

/// Sends all spans of `options`, which lie in the hour from `start` (RFC 3339), to `url`, and
/// writes what a server must answer into the file `truth`.
pub(super) fn send(
    options: &Options,
    sending: Sending,
    url: &str,
    start: &str,
    truth: &Path,
) -> Result<Sent, String> {
    let mut load = Command::new(options.binary("trackway-load"));
    load.args(["--url", url, "--start", start, "--encoding", sending.encoding]);
    load.args(["--shape", sending.shape]);
    load.args(["--spans", &options.spans.to_string(), "--seed", &options.seed.to_string()]);
    load.args(["--connections", &sending.connections.to_string(), "--truth"]).arg(truth);
    if let Some(rate) = sending.rate {
        load.args(["--rate", &rate.to_string()]);
    }
    if sending.crowd > 0 {
        load.args(["--crowd", &sending.crowd.to_string()]);
    }
    if sending.encoding != "identity" || sending.shape != SPANS {
        load.args(["--in-memory", ALL_IN_MEMORY]);
    }
    load.stderr(Stdio::inherit());
    let ran = load.output().map_err(|error| format!("starting trackway-load: {error}"))?;
    if !ran.status.success() {
        return Err(format!("trackway-load failed: {}", ran.status));
    }
    let text = String::from_utf8_lossy(&ran.stdout);
    let sent = sent(&text).ok_or_else(|| format!("trackway-load said {:?}", text.trim()))?;
    if sent.spans != options.spans {
        return Err(format!("{} of {} spans were acknowledged", sent.spans, options.spans));
    }
    Ok(sent)
}

fn sent(text: &str) -> Option<Sent> {
    let told: Value = serde_json::from_str(text).ok()?;
    let (whole, number) = (|name: &str| told[name].as_u64(), |name: &str| told[name].as_f64());
    let ack = |name: &str| told["ack_ms"][name].as_f64();
    Some(Sent {
        spans: whole("spans")?,
        seconds: number("seconds")?,
        spans_per_second: number("spans_per_second")?,
        bytes: whole("bytes_sent")?,
        ack_p50_ms: ack("p50")?,
        ack_p99_ms: ack("p99")?,
        ack_max_ms: ack("max")?,
        retries: whole("retries")?,
        cpu_seconds: number("cpu_seconds")?,
        crowd_closed: told["crowd"]["closed"].as_u64(),
    })
}

/// What the sent spans hold, as far as it is asked for here.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    pub(super) spans: u64,
    /// Span events; each is a row of its own.
    pub(super) exceptions: u64,
    /// (name, spans, spans with a status of 500 or more) of each service.
    pub(super) services: Vec<(String, u64, u64)>,
    /// (id, spans) of some traces.
    pub(super) traces: Vec<(String, u64)>,
}

impl Truth {
    /// Reads what [`send`] wrote.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| format!("reading {}: {error}", path.display()))?;
        let told: Value = serde_json::from_str(&text)
            .map_err(|error| format!("reading {}: {error}", path.display()))?;
        Self::of(&told).ok_or_else(|| format!("{} is not as expected", path.display()))
    }

    fn of(told: &Value) -> Option<Self> {
        let services = told["services"].as_object()?.iter().map(|(name, service)| {
            let failed = service["status_500_or_more"].as_u64()?;
            Some((name.clone(), service["spans"].as_u64()?, failed))
        });
        let traces = told["sample_traces"]
            .as_array()?
            .iter()
            .map(|trace| Some((trace["trace_id"].as_str()?.to_owned(), trace["spans"].as_u64()?)));
        Some(Self {
            spans: told["spans"].as_u64()?,
            exceptions: told["exceptions"].as_u64()?,
            services: services.collect::<Option<_>>()?,
            traces: traces.collect::<Option<_>>()?,
        })
    }

    /// Rows that a server must have: every span and, where it is sent as one, every span event.
    pub(super) fn rows(&self, shape: &str) -> u64 {
        if [SPANS, CALLS].contains(&shape) { self.spans + self.exceptions } else { self.spans }
    }

    /// Rows that must have the id of a span: a log line only belongs to one.
    pub(super) fn rows_with_span_ids(&self, shape: &str) -> u64 {
        if shape == LOGS { 0 } else { self.spans }
    }
}
