//! A crowd beside the load: a thousand connections, of which nine hundred are idle, slow or do not
//! read, and what they do to the acknowledgements of the others.
//!
//! Each run is an ingest of its own into an empty folder, alone and beside the crowd in turn. The
//! medians are compared: the slowest hundredth of a few seconds is a noisy figure by itself.

use serde_json::json;

use super::disk;
use super::figure::Figure;
use super::hour::Hour;
use super::ingest::{self, Ingest};
use super::load::Sending;
use super::options::Options;
use super::report::Report;
use super::spread;

/// Connections that send spans, at a fixed rate over all.
const BUSY_CONNECTIONS: u32 = 100;
/// Connections that are open beside them.
const CROWD: u32 = 900;
/// Runs of either kind. Odd, for the sake of the median.
const ROUNDS: usize = 3;

/// Measures acknowledgements with and without a crowd.
pub(super) fn run(options: &Options, hour: &Hour, report: &mut Report) -> Result<(), String> {
    let data = options.folder.join("crowd");
    let alone = Sending { connections: BUSY_CONNECTIONS, ..ingest::paced(options.rate) };
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (sending, found) in
            [(alone, &mut without), (Sending { crowd: CROWD, ..alone }, &mut with)]
        {
            let (subject, ingest, _) = ingest::run(options, sending, &data, hour)?;
            subject.stop()?;
            found.push(ingest);
        }
    }
    tell(options.rate, &without, &with, report);
    disk::remove(&data)
}

fn tell(rate: u64, without: &[Ingest], with: &[Ingest], report: &mut Report) {
    let connections = BUSY_CONNECTIONS + CROWD;
    let name = |what: &str| format!("{connections} connections at {rate} spans/s: {what}");
    let (before, after) = (median(without, p99), median(with, p99));
    report.add(Figure::new(name("acknowledgement p99, crowd apart"), before, "ms"));
    report.add(Figure::new(name("acknowledgement p99, beside the crowd"), after, "ms"));
    report.add(Figure::new(name("the one by the other"), after / before, "x").at_most(2.0, None));
    let memory = |ingest: &Ingest| ingest.peak_memory as f64 / 1e6;
    let grown = median(with, memory) - median(without, memory);
    report.add(Figure::new(name("more memory at the peak"), grown, "MB"));
    let details = |runs: &[Ingest]| runs.iter().map(Ingest::json).collect::<Vec<_>>();
    report.detail("crowd", json!({ "without": details(without), "with": details(with) }));
}

fn p99(ingest: &Ingest) -> f64 {
    ingest.sent.ack_p99_ms
}

fn median(runs: &[Ingest], figure: impl Fn(&Ingest) -> f64) -> f64 {
    spread::median(&runs.iter().map(figure).collect::<Vec<_>>())
}
