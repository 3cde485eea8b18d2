//! Real clients against a real server: what they sent is asked for in every way, also after the
//! server was killed.
//!
//! The scripts are in `tests/clients`. The server's thresholds are lowered so that what they send,
//! a few megabytes, is flushed and compacted while they ask.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Run, succeed};
use crate::build::{self, Profile};
use crate::folder::TemporaryFolder;
use crate::http;
use crate::python;
use crate::server::{Launch, Server};

const SCRIPTS: &str = "tests/clients";
/// The packages of the Flask example; the scripts themselves need none.
const REQUIREMENTS: [&str; 1] = ["examples/flask/requirements.txt"];
/// As many of the log's last lines are shown when a check fails.
const LOG_LINES_SHOWN: usize = 40;
/// As many random questions are asked.
const QUERIES: &str = "1000";
/// As often an example is started, used and stopped.
const ROUNDS: &str = "3";
/// Thresholds under which a flush, a compaction and a full file of the log come within seconds.
const SMALL_STORE: &str = "group_rows=2048,flush_bytes=1000000,flush_after_ms=500,\
                           log_file_bytes=1048576,compact_segments=3,compact_after_ms=500";

pub(super) fn unit(_run: &Run) -> Result<(), String> {
    let discover = ["-m", "unittest", "discover", "-s", SCRIPTS, "-p", "test_*.py"];
    succeed(python::python(&REQUIREMENTS)?.args(discover))?;
    succeed(script("differential.py")?.arg("--self-test"))
}

pub(super) fn differential(run: &Run) -> Result<(), String> {
    with_server(|world| {
        // Half of a round's questions are asked of memory, half once all of it is in segments.
        let url = &world.server.main_url;
        let settle = build::root().join(SCRIPTS).join("settle.py");
        let settle = format!("python3 '{}' --server {url}", settle.display());
        succeed(
            script("differential.py")?
                .args(["--server", url, "--queries", QUERIES, "--between-rounds", &settle])
                .args(["--seed", &run.seed.to_string()]),
        )?;
        // Else only memory was asked, and the thresholds are no longer what they are meant to be.
        world.has_counted("trackway_flushes_total")?;
        world.has_counted("trackway_compactions_total")
    })
}

pub(super) fn flask(run: &Run) -> Result<(), String> {
    with_server(|world| end_to_end(world, "flask_e2e.py", &[], run.seed))
}

pub(super) fn cruddur(run: &Run) -> Result<(), String> {
    build::build(&["cruddur"], Profile::Dev)?;
    let binary = build::binary("cruddur", Profile::Dev).to_string_lossy().into_owned();
    with_server(|world| end_to_end(world, "cruddur_e2e.py", &["--binary", &binary], run.seed))
}

/// Sends and checks round by round, then kills the server and checks all of it once more.
fn end_to_end(world: &mut World, name: &str, arguments: &[&str], seed: u64) -> Result<(), String> {
    let state = world.folder.path().join("state.json");
    let both = |world: &World| -> Result<Command, String> {
        let mut script = script(name)?;
        script.args(arguments).args(["--server", &world.server.main_url]);
        script.args(["--otlp", &world.server.otlp_url]).arg("--state").arg(&state);
        Ok(script)
    };
    succeed(both(world)?.args(["--rounds", ROUNDS, "--seed", &seed.to_string()]))?;
    world.kill_and_restart()?;
    succeed(both(world)?.args(["--phase", "check"]))
}

fn script(name: &str) -> Result<Command, String> {
    let mut python = python::python(&REQUIREMENTS)?;
    python.arg(build::root().join(SCRIPTS).join(name));
    Ok(python)
}

/// A server on a folder of its own.
struct World {
    folder: TemporaryFolder,
    launch: Launch,
    server: Server,
}

impl World {
    fn kill_and_restart(&mut self) -> Result<(), String> {
        self.server.process.kill()?;
        self.server = Server::start(&self.launch)?;
        Ok(())
    }

    /// An error unless the server's own figure `name` is above zero.
    fn has_counted(&self, name: &str) -> Result<(), String> {
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
fn with_server(check: impl FnOnce(&mut World) -> Result<(), String>) -> Result<(), String> {
    build::build(&["trackway"], Profile::Dev)?;
    let folder = TemporaryFolder::make()?;
    let log = folder.path().join("server.log");
    let binary = build::binary("trackway", Profile::Dev);
    let launch = Launch::new(binary, &folder.path().join("data"))
        .environment("TRACKWAY_TEST_STORE", SMALL_STORE)
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
