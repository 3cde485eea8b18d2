//! What a run of the sender measured, as one JSON document.

use std::time::Duration;

use model::Clock;
use serde::{Deserialize, Serialize};

use super::crowd::CrowdSummary;
use super::truth::nearest_rank;

/// Figures of a run. Only acknowledged requests count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Spans acknowledged.
    pub spans: u64,
    /// Requests acknowledged.
    pub requests: u64,
    /// Bytes of their bodies as sent.
    pub bytes_sent: u64,
    /// Bytes of their bodies before compression.
    pub bytes_uncompressed: u64,
    /// From the first request to the last acknowledgement, s.
    pub seconds: f64,
    /// Spans acknowledged a second.
    pub spans_per_second: f64,
    /// How long acknowledgements took; none where nothing was sent.
    pub ack_ms: Option<Latencies>,
    /// Requests sent again after a 429 or 503.
    pub retries: u64,
    /// CPU time of this process in the same time, user and system, s; none where the system does
    /// not tell. Without `in_memory` it contains generating and compressing.
    pub cpu_seconds: Option<f64>,
    /// The connections that were open beside it; none if none were asked for.
    pub crowd: Option<CrowdSummary>,
}

/// Nearest-rank percentiles of latencies, ms. A latency runs from when a request was to be sent
/// (its scheduled time where there is a rate, however late it then was) to its acknowledgement,
/// repetitions included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Longest.
    pub max: f64,
}

/// The clocks when a run began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beginning {
    /// On the clock of elapsed time.
    pub(super) elapsed: Duration,
    cpu: Option<Duration>,
}

impl Beginning {
    /// Now.
    pub(super) fn now(clock: &dyn Clock) -> Self {
        Self { elapsed: clock.elapsed(), cpu: cpu_time() }
    }
}

impl Latencies {
    /// The percentiles of latencies in ns; none if there are none.
    pub(super) fn of(mut nanos: Vec<u64>) -> Option<Self> {
        if nanos.is_empty() {
            return None;
        }
        nanos.sort_unstable();
        let rank = |share| nearest_rank(&nanos, share) as f64 / 1e6;
        Some(Self { p50: rank(0.5), p90: rank(0.9), p99: rank(0.99), max: rank(1.0) })
    }
}

impl Summary {
    /// Sets the times of a run that ends now.
    pub(super) fn finish(&mut self, began: Beginning, clock: &dyn Clock) {
        self.seconds = clock.elapsed().saturating_sub(began.elapsed).as_secs_f64();
        self.spans_per_second = self.spans as f64 / self.seconds.max(1e-9);
        let cpu = cpu_time().zip(began.cpu).map(|(now, then)| now.saturating_sub(then));
        self.cpu_seconds = cpu.map(|cpu| cpu.as_secs_f64());
    }
}

/// CPU time that this process has used so far, user and system. Read from Linux' `/proc`, which
/// counts in hundredths of a second; none elsewhere.
fn cpu_time() -> Option<Duration> {
    /// Length of a tick, the same on every Linux that this runs on.
    const TICK_MS: u64 = 10;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th after.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * TICK_MS))
}
