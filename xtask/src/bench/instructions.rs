//! Instructions of an ingest, counted by callgrind: the figure that a busy machine leaves alone.
//!
//! The server runs fifty times slower in there, so the run is small and its times mean nothing.
//! The functions that took most stand in the report, each with all that it called.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::disk;
use super::figure::Figure;
use super::hour::Hour;
use super::ingest::FLAT_OUT;
use super::load;
use super::options::Options;
use super::report::Report;
use super::subject::Subject;

/// Spans of the run, less than a row group: one flush.
const SPANS: u64 = 100_000;
/// Functions that are told.
const FUNCTIONS: usize = 40;
/// Old enough that nothing is flushed before all has been sent, however slowly.
const STORE: &str = "flush_after_ms=60000,compact_after_ms=3000";
/// How long the server may take to stop in there, its counts written.
const STOP_TIME_MAX: Duration = Duration::from_secs(300);

/// Counts the instructions of an ingest.
pub(super) fn run(options: &Options, hour: &Hour, report: &mut Report) -> Result<(), String> {
    let data = options.folder.join("instructions");
    disk::remove(&data)?;
    let counts = data.with_extension("callgrind");
    let wrapper = wrapper(&options.binary("trackway"), &data, &counts)?;
    let mut subject = Subject::start_as(&wrapper, &data, STORE)?;
    let options = Options { spans: SPANS, ..options.clone() };
    let truth = data.with_extension("truth.json");
    load::send(&options, FLAT_OUT, &subject.server.otlp_url, &hour.start_text, &truth)?;
    subject.settle()?;
    subject.server.process.terminate(STOP_TIME_MAX)?;
    let (total, functions) = annotate(&counts)?;
    let each = total as f64 / SPANS as f64;
    report.add(Figure::new("ingest: instructions a span", each, ""));
    report.note(format!("instructions of an ingest, most first, callees included:\n{functions}"));
    let functions: Vec<&str> = functions.lines().map(str::trim).collect();
    report.detail("instructions", json!({ "total": total, "functions": functions }));
    disk::remove(&data)
}

/// A program that runs the server under callgrind, with the arguments that it is given.
fn wrapper(server: &Path, data: &Path, counts: &Path) -> Result<PathBuf, String> {
    let path = data.with_extension("sh");
    let failed = |error| format!("writing {}: {error}", path.display());
    let script = format!(
        "#!/bin/sh\nexec valgrind --quiet --tool=callgrind --callgrind-out-file='{}' '{}' \"$@\"\n",
        counts.display(),
        server.display()
    );
    std::fs::write(&path, script).map_err(failed)?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o755)).map_err(failed)?;
    Ok(path)
}

/// The total, and a line for each of the functions that took most.
fn annotate(counts: &Path) -> Result<(u64, String), String> {
    let mut annotate = Command::new("callgrind_annotate");
    let annotated = annotate.arg("--inclusive=yes").arg("--threshold=100").arg(counts).output();
    let annotated = annotated.map_err(|error| format!("starting callgrind_annotate: {error}"))?;
    let text = String::from_utf8_lossy(&annotated.stdout);
    read(&text).ok_or_else(|| format!("callgrind_annotate said {:?}", text.lines().next()))
}

fn read(text: &str) -> Option<(u64, String)> {
    let total = text.lines().find(|line| line.ends_with("PROGRAM TOTALS"))?;
    let total = number(total)?;
    let mut functions = String::new();
    let named = text.lines().filter(|line| line.contains(".rs:") || line.contains("???:"));
    for line in named.take(FUNCTIONS) {
        let (count, name) = (number(line)?, line.split_once(':')?.1);
        let name = name.split(" [").next().unwrap_or(name);
        functions.push_str(&format!("{:6.2} % {name}\n", count as f64 * 100.0 / total as f64));
    }
    Some((total, functions))
}

/// The number at the beginning of a line, with commas between its thousands.
fn number(line: &str) -> Option<u64> {
    let digits: String = line.trim_start().chars().take_while(|c| !c.is_whitespace()).collect();
    digits.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::read;

    /// Guarantees: totals and functions are read as callgrind_annotate writes them.
    #[test]
    fn annotated() {
        let text = "Profile data file\n\n2,000,000 (100.0%)  PROGRAM TOTALS\n\n\
                    1,500,000 (75.00%)  src/store.rs:store::flush [/bin/trackway]\n\
                    500,000 (25.00%)  ???:memcpy [/lib/libc.so.6]\n";
        let (total, functions) = read(text).unwrap();
        assert_eq!(total, 2_000_000);
        assert_eq!(functions, " 75.00 % store::flush\n 25.00 % memcpy\n");
    }
}
