//! A server on a folder of its own, for one check.
//!
//! Its thresholds are lowered so that what a check sends, a few megabytes, is flushed and compacted
//! while it asks.

use std::fs;
use std::path::PathBuf;

use crate::build::{self, Profile};
use crate::folder::TemporaryFolder;
use crate::http;
use crate::server::{Launch, Server};

/// As many of the log's last lines are shown when a check fails.
const LOG_LINES_SHOWN: usize = 40;
/// Thresholds under which a flush, a compaction and a full file of the log come within seconds.
const SMALL_STORE: &str = "group_rows=2048,flush_bytes=1000000,flush_after_ms=500,\
                           log_file_bytes=1048576,compact_segments=3,compact_after_ms=500";
/// The same, and what is deleted leaves the files as soon as it can.
pub(super) const QUICK_STORE: &str = "group_rows=2048,flush_bytes=1000000,flush_after_ms=500,\
                                      log_file_bytes=1048576,compact_segments=3,\
                                      compact_after_ms=500,rewrite_after_ms=1000";

/// A server on a folder of its own.
pub(super) struct World {
    /// Holds the data and whatever the check keeps.
    pub(super) folder: TemporaryFolder,
    launch: Launch,
    /// The server as it runs now.
    pub(super) server: Server,
}

impl World {
    /// Kills the server and starts it again on the same folder, on other ports.
    pub(super) fn kill_and_restart(&mut self) -> Result<(), String> {
        self.server.process.kill()?;
        self.server = Server::start(&self.launch)?;
        Ok(())
    }

    /// An error unless the server's own figure `name` is above zero.
    pub(super) fn has_counted(&self, name: &str) -> Result<(), String> {
        let page = http::get(&format!("{}/metrics", self.server.main_url))?.ok()?;
        let mut values = page.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        match values.next() {
            None | Some("0") => Err(format!("the server does not count any {name}")),
            Some(_) => Ok(()),
        }
    }
}

/// Runs `check` with a server. If it fails, the end of the server's log is shown and the folder
/// stays.
pub(super) fn with_server(
    check: impl FnOnce(&mut World) -> Result<(), String>,
) -> Result<(), String> {
    with_store(SMALL_STORE, check)
}

/// The same with other thresholds.
pub(super) fn with_store(
    store: &str,
    check: impl FnOnce(&mut World) -> Result<(), String>,
) -> Result<(), String> {
    build::build(&["trackway"], Profile::Dev)?;
    let folder = TemporaryFolder::make()?;
    let log = folder.path().join("server.log");
    let binary = build::binary("trackway", Profile::Dev);
    let launch = Launch::new(binary, &folder.path().join("data"))
        .environment("TRACKWAY_TEST_STORE", store)
        .log_to(&log);
    let server = Server::start(&launch).map_err(|error| format!("{error}\n{}", tail(&log)))?;
    let mut world = World { folder, launch, server };
    let checked = check(&mut world);
    let World { folder, server, .. } = world;
    // It is asked to stop in good order, which is part of what is tested.
    let stopped = server.stop();
    checked.and(stopped).map_err(|error| {
        let log = tail(&log);
        format!("{error}\nthe folder is kept: {}\n{log}", folder.keep().display())
    })
}

/// The last lines of the server's log.
fn tail(log: &PathBuf) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(LOG_LINES_SHOWN);
    let shown: Vec<String> = lines.iter().skip(first).map(|line| format!("  {line}\n")).collect();
    format!("the last lines of its log:\n{}", shown.concat())
}
