//! What libFuzzer says at the end of a run, in a line.

use std::fmt;

/// Lines of a complaint that are shown; the rest is in the log.
const COMPLAINTS_MAX: usize = 6;

/// The end of a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// Whether nothing was found.
    pub(super) is_clean: bool,
    /// Inputs tried.
    executed: u64,
    per_second: u64,
    /// Places reached by the corpus, and in the end.
    coverage: (u64, u64),
    /// Peak memory.
    peak_mib: u64,
    /// What it complained of.
    pub(super) complaints: Vec<String>,
    /// The file with the input that was complained of.
    pub(super) input: Option<String>,
}

impl Report {
    /// Reads what a run said.
    pub(super) fn of(is_clean: bool, said: &str) -> Self {
        let mut report = Self { is_clean, ..Self::default() };
        let mut panics = false;
        for line in said.lines() {
            let stat = |name| line.strip_prefix(name)?.trim().parse().ok();
            if let Some(count) = stat("stat::number_of_executed_units:") {
                report.executed = count;
            } else if let Some(count) = stat("stat::average_exec_per_sec:") {
                report.per_second = count;
            } else if let Some(mib) = stat("stat::peak_rss_mb:") {
                report.peak_mib = mib;
            }
            if let Some(places) = places(line) {
                let from = if line.contains("INITED") { places } else { report.coverage.0 };
                report.coverage = (from, places);
            }
            if let Some((_, input)) = line.split_once("Test unit written to ") {
                report.input = Some(input.trim().to_owned());
            }
            // The words of a panic are on the line behind its place.
            let is_complaint = panics || line.contains("panicked at") || line.contains("ERROR: ");
            panics = line.contains("panicked at");
            if is_complaint && report.complaints.len() < COMPLAINTS_MAX {
                report.complaints.push(line.trim().to_owned());
            }
        }
        report
    }
}

/// The places reached, on a line that says so: `#1 INITED cov: 12 ft: 13 …`.
fn places(line: &str) -> Option<u64> {
    if !line.starts_with('#') {
        return None;
    }
    let (_, rest) = line.split_once("cov: ")?;
    rest.split_whitespace().next()?.parse().ok()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { executed, per_second, coverage: (from, to), peak_mib, .. } = self;
        write!(
            f,
            "{executed} inputs, {per_second} a second, {from} to {to} places reached, at most \
             {peak_mib} MiB: {}",
            if self.is_clean { "nothing found" } else { "found something" }
        )
    }
}

#[cfg(test)]
mod tests;
