//! The server that is measured: on a folder of its own, asked what it has left to do.
//!
//! Flushing and compaction belong to the cost of ingest, so an ingest is over when nothing waits
//! any more. With the settings of production the last rows would wait five minutes for their age;
//! here age counts in seconds, with all else as it is shipped. Ten seconds are longer than a
//! generation takes to fill at a tenth of the targeted speed, so no generation is cut short by it
//! but the last.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::usage::{self, Cpu};
use crate::http;
use crate::server::{Launch, Server};
use crate::stopwatch::Stopwatch;

/// When the last rows are flushed, for how long nothing may have come before the flushed segments
/// are merged, and how soon files that were replaced are removed: before the folder is weighed.
const STORE: &str = "flush_after_ms=10000,compact_after_ms=3000,remove_after_ms=1000";
/// How long nothing must wait until nothing will: longer than segments wait to be merged.
const QUIET: Duration = Duration::from_millis(4_500);
/// How long flushing and compaction may go on after the last span.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(900);
/// How often is looked. Each look costs the server a little, which counts as its own.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A running server and its folder.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) server: Server,
    pub(super) data: PathBuf,
}

impl Subject {
    /// Starts `binary` on `data`.
    pub(super) fn start(binary: &Path, data: &Path) -> Result<Self, String> {
        Self::start_as(binary, data, STORE)
    }

    /// The same with other settings of the store.
    pub(super) fn start_as(binary: &Path, data: &Path, store: &str) -> Result<Self, String> {
        let mut log = data.as_os_str().to_owned();
        log.push(".log");
        let launch = Launch::new(binary.to_path_buf(), data)
            .environment("TRACKWAY_TEST_STORE", store)
            .log_to(Path::new(&log));
        Ok(Self { server: Server::start(&launch)?, data: data.to_path_buf() })
    }

    /// The process id.
    pub(super) fn id(&self) -> u32 {
        self.server.process.id()
    }

    /// The CPU time it has used so far.
    pub(super) fn cpu(&self) -> Result<Cpu, String> {
        usage::cpu(self.id())
    }

    /// What it says of itself: every figure without labels.
    pub(super) fn gauges(&self) -> Result<Gauges, String> {
        let url = format!("{}/metrics", self.server.main_url);
        let text = http::get(&url)?.ok().map_err(|error| format!("GET {url}: {error}"))?;
        Ok(Gauges::read(&text))
    }

    /// Waits until everything is in segments and no segment waits to be merged.
    pub(super) fn settle(&mut self) -> Result<Gauges, String> {
        let watch = Stopwatch::start();
        let mut quiet: Option<Stopwatch> = None;
        while watch.left_of(SETTLE_TIME_MAX).is_some() {
            let gauges = self.gauges()?;
            if gauges.left_to_do()? > 0.0 {
                quiet = None;
            } else if quiet.get_or_insert_with(Stopwatch::start).left_of(QUIET).is_none() {
                return Ok(gauges);
            }
            // Its next line is not waited for: a server that ends is noticed at once.
            self.server.process.line(LOOK_EVERY)?;
        }
        let gauges = self.gauges()?;
        Err(format!("after {SETTLE_TIME_MAX:?} the server still has to flush or merge: {gauges:?}"))
    }

    /// Stops it in good order.
    pub(super) fn stop(self) -> Result<(), String> {
        self.server.stop()
    }
}

/// Figures of `/metrics` by name.
#[derive(Clone, Debug)]
pub(super) struct Gauges(BTreeMap<String, f64>);

impl Gauges {
    fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.filter_map(|line| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_owned(), value.trim().parse().ok()?))
        });
        Self(pairs.collect())
    }

    /// The figure `trackway_` + `name`.
    pub(super) fn get(&self, name: &str) -> Result<f64, String> {
        let name = format!("trackway_{name}");
        self.0.get(&name).copied().ok_or_else(|| format!("the server does not tell {name}"))
    }

    /// Rows and generations to flush, and segments to merge.
    fn left_to_do(&self) -> Result<f64, String> {
        let left = [
            self.get("flushes_pending")?,
            self.get("compactions_pending")?,
            self.get("memtable_rows")?,
        ];
        Ok(left.iter().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::Gauges;

    /// Guarantees: rows in memory, flushes and merges that wait each keep an ingest from being
    /// over, and a server that does not tell them is not taken for one that has nothing to do.
    #[test]
    fn what_is_left() {
        let of = |flushes, merges, rows| {
            let text = format!(
                "# HELP trackway_memtable_rows Rows.\ntrackway_flushes_pending {flushes}\n\
                 trackway_compactions_pending {merges}\ntrackway_memtable_rows {rows}\n"
            );
            Gauges::read(&text).left_to_do().unwrap()
        };
        assert_eq!(of(0, 0, 0), 0.0);
        assert!(of(1, 0, 0) > 0.0 && of(0, 1, 0) > 0.0 && of(0, 0, 1) > 0.0);
        assert!(Gauges::read("trackway_flushes_pending 0\n").left_to_do().is_err());
    }
}
