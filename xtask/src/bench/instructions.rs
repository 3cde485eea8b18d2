//! Instructions of an ingest, counted by callgrind: the figure that a busy machine leaves alone.
//!
//! The server runs fifty times slower in there, so the run is small and its times mean nothing.
//! The functions that took most stand in the report: ours with all that they call, and any by
//! itself.

use std::cmp::Reverse;
use std::collections::BTreeMap;
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
/// Functions that are told, with their callees and by themselves.
const FUNCTIONS: usize = 40;
/// What stands in the names of our own functions. Plumbing between them calls itself, and what
/// callgrind counts for functions that do is more than there is.
const CRATES: [&str; 6] = ["body::", "honeycomb::", "model::", "otlp::", "store::", "trackway::"];
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
    let with_callees = annotate(&counts, true)?;
    let total = total(&with_callees).ok_or("callgrind_annotate told no total")?;
    let inclusive = functions(&with_callees, total, true, &CRATES);
    let own = functions(&annotate(&counts, false)?, total, false, &[]);
    let each = total as f64 / SPANS as f64;
    report.add(Figure::new("ingest: instructions a span", each, ""));
    let list = |lines: &[String]| lines.join("\n");
    report.note(format!("instructions of ours with what they call:\n{}", list(&inclusive)));
    report.note(format!("instructions of any function by itself:\n{}", list(&own)));
    let details = json!({ "total": total, "with_callees": inclusive, "by_itself": own });
    report.detail("instructions", details);
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

/// The instructions of functions, with those of their callees or without.
fn annotate(counts: &Path, with_callees: bool) -> Result<String, String> {
    let mut annotate = Command::new("callgrind_annotate");
    let inclusive = if with_callees { "yes" } else { "no" };
    annotate.arg(format!("--inclusive={inclusive}")).args(["--threshold=100", "--auto=no"]);
    let annotated = annotate.arg(counts).output();
    let annotated = annotated.map_err(|error| format!("starting callgrind_annotate: {error}"))?;
    Ok(String::from_utf8_lossy(&annotated.stdout).into_owned())
}

/// The instructions of the whole run.
fn total(annotated: &str) -> Option<u64> {
    number(annotated.lines().find(|line| line.ends_with("PROGRAM TOTALS"))?)
}

/// A line for each of the functions that took most, as far as they are of `crates`; of any if
/// there is none. A function has a count for each file that code of it was inlined from: they add
/// up where callees are left out, and the largest is the one that has them where they are not.
fn functions(annotated: &str, total: u64, with_callees: bool, crates: &[&str]) -> Vec<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for line in annotated.lines() {
        let Some((count, name)) = function(line) else { continue };
        if crates.is_empty() || crates.iter().any(|krate| name.contains(krate)) {
            let known = counts.entry(name).or_default();
            *known = if with_callees { count.max(*known) } else { count + *known };
        }
    }
    let mut largest: Vec<(&str, u64)> = counts.into_iter().collect();
    largest.sort_by_key(|(_, count)| Reverse(*count));
    let share = |count| count as f64 * 100.0 / total as f64;
    let lines = largest.iter().map(|(name, count)| format!("{:6.2} % {name}", share(*count)));
    lines.take(FUNCTIONS).collect()
}

/// Count and name of a line that is a function's: `COUNT (SHARE)  FILE:NAME [OBJECT]`.
fn function(line: &str) -> Option<(u64, &str)> {
    let (_, place) = line.split_once(')')?;
    let (_, name) = place.split_once(':')?;
    let name = name.split(" [").next().unwrap_or(name).trim();
    Some((number(line)?, name))
}

/// The number at the beginning of a line, with commas between its thousands.
fn number(line: &str) -> Option<u64> {
    let digits: String = line.trim_start().chars().take_while(|c| !c.is_whitespace()).collect();
    digits.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{functions, total};

    /// Guarantees: totals and functions are read as callgrind_annotate writes them.
    #[test]
    fn annotated() {
        let text = "Profile data file\n\n2,000,000 (100.0%)  PROGRAM TOTALS\n\n\
                    1,500,000 (75.00%)  src/store.rs:store::flush [/bin/trackway]\n\
                    900,000 (45.00%)  src/other.rs:store::flush [/bin/trackway]\n\
                    500,000 (25.00%)  ???:memcpy [/lib/libc.so.6]\n";
        let total = total(text).unwrap();
        assert_eq!(total, 2_000_000);
        let every = functions(text, total, true, &[]);
        assert_eq!(every, [" 75.00 % store::flush", " 25.00 % memcpy"]);
        assert_eq!(functions(text, total, true, &["store::"]), every[..1]);
        assert_eq!(functions(text, total, false, &["store::"]), ["120.00 % store::flush"]);
    }
}
