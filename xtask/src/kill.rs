//! `cargo xtask kill`: kills the server again and again and sees that it loses nothing.
//!
//! The work is done by `trackway-kill` of `testkit`; here it is built with the server, in the
//! profile of development, and run. [`check`] is the short form for `cargo xtask test`: besides
//! kills of the server as it is, it has servers with a planted bug, which must be found, because a
//! campaign that finds nothing proves nothing unless it could.

use std::process::{Command, ExitCode, ExitStatus};

use crate::build::{self, Profile};
use crate::folder::TemporaryFolder;

const USAGE: &str = "\
usage: cargo xtask kill [--count N] [--seed S] [--planted BUG] [--only KIND,...] [--strace]

  --count N      how many kills, or with --strace how many requests (20)
  --seed S       the same seed makes the same kills; a new one each time if it is not given
  --planted BUG  a bug that the server is told to have: early_mark, split_swap, or with --strace
                 skip_sync. The command must then fail
  --only KIND    only kills of these kinds: append, flush, commit, recycle, compact, remove,
                 moment, start, catalog, file
  --strace       no kills: sees in the server's system calls that whatever it acknowledges has been
                 synced
";

/// How `trackway-kill` ends when it has found something, apart from not having been able to look.
const FOUND: i32 = 1;
/// Kills that a planted bug must be found in.
const KILLS: &str = "20";
/// Requests of the short look at system calls.
const REQUESTS: &str = "200";

/// Builds what is needed and runs one campaign with these arguments.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<ExitCode, String> {
    let mut passed_on = Vec::new();
    for argument in arguments {
        match argument.as_str() {
            "--help" | "-h" => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            "--strace" => passed_on.push("--check-sync".to_owned()),
            _ => passed_on.push(argument),
        }
    }
    build()?;
    let status = status(campaign().args(passed_on))?;
    match status.code() {
        Some(0) => Ok(ExitCode::SUCCESS),
        Some(FOUND) => Ok(ExitCode::FAILURE),
        _ => Err(format!("trackway-kill could not tell: {status}\n{USAGE}")),
    }
}

/// Some kills and requests of the server as it is, which must find nothing, and of servers with
/// planted bugs, which must find those.
pub(crate) fn check(seed: u64) -> Result<(), String> {
    build()?;
    let seed = seed.to_string();
    let kills = ["--quiet", "--count", KILLS, "--seed", &seed];
    let syncs = ["--check-sync", "--count", REQUESTS, "--seed", &seed];
    ends(campaign().args(kills), 0)?;
    ends(campaign().args(syncs), 0)?;
    // What is kept of a bug that was found as it should be is of no use to anybody.
    let kept = TemporaryFolder::make()?;
    let planted = || {
        let mut campaign = campaign();
        campaign.env("TMPDIR", kept.path());
        campaign
    };
    for bug in ["early_mark", "split_swap"] {
        ends(planted().args(kills).args(["--planted", bug]), FOUND)?;
    }
    ends(planted().args(syncs).args(["--planted", "skip_sync"]), FOUND)
}

fn build() -> Result<(), String> {
    build::build(&["trackway", "trackway-kill"], Profile::Dev)
}

fn campaign() -> Command {
    let mut command = Command::new(build::binary("trackway-kill", Profile::Dev));
    command.arg("--server").arg(build::binary("trackway", Profile::Dev));
    command
}

fn status(command: &mut Command) -> Result<ExitStatus, String> {
    command.status().map_err(|error| format!("starting {command:?}: {error}"))
}

/// Runs a campaign that must end so.
fn ends(command: &mut Command, code: i32) -> Result<(), String> {
    let status = status(command)?;
    if status.code() == Some(code) {
        return Ok(());
    }
    let words = match code {
        FOUND => "should have found the planted bug",
        _ => "should have found nothing",
    };
    let arguments: Vec<_> = command.get_args().map(|part| part.to_string_lossy()).collect();
    Err(format!("trackway-kill {} {words}: {status}", arguments.join(" ")))
}
