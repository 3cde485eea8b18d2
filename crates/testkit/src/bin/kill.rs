//! `trackway-kill`: kills a server again and again and sees that nothing acknowledged is lost.
//!
//! Exit status 0 if nothing was found, 1 if something was, 2 if it could not be looked for: a test
//! that expects a planted bug to be found must not take a missing program for it.

#![expect(clippy::print_stdout, reason = "the result of a command goes to standard output")]
#![expect(clippy::print_stderr, reason = "and its errors to standard error")]

use std::path::PathBuf;
use std::process::ExitCode;

use model::{Random as _, SystemClock, SystemRandom};
use testkit::kill::{
    Campaign, STRACE_REMEDY, SyncCheck, Syncs, Way, check_syncs, has_strace, plan, run,
};

const USAGE: &str = "\
usage: trackway-kill --server PROGRAM [options]

  --server PROGRAM  the trackway binary to kill
  --count N         how many kills (20)
  --seed N          the same seed makes the same kills; a new one each time if it is not given
  --only KIND,...   only kills of these kinds: append, flush, commit, recycle, compact, remove,
                    moment, start, catalog, file
  --planted BUG     a bug that the server is told to have: skip_sync, which --check-sync finds, or
                    early_mark or split_swap, for which kills are of the kind catalog
  --check-sync      instead of kills: N requests to a traced server, each of which must be synced
                    before it is acknowledged
  --quiet           do not say each kill
";

/// Nothing could be said about the server.
const CANNOT_RUN: u8 = 2;
/// Kills or requests, if nobody says how many.
const COUNT: u32 = 20;
/// Lines of a trace that are shown. When one acknowledgement was too early, most were.
const LINES_SHOWN: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let done = Command::parse(arguments).and_then(|command| command.run());
    done.unwrap_or_else(|error| {
        eprintln!("trackway-kill: {error}");
        ExitCode::from(CANNOT_RUN)
    })
}

/// The command line.
struct Command {
    server: PathBuf,
    count: u32,
    seed: u64,
    only: Vec<String>,
    planted: Option<String>,
    checks_syncs: bool,
    is_quiet: bool,
}

impl Command {
    fn parse(arguments: Vec<String>) -> Result<Self, String> {
        let mut command = Self {
            server: PathBuf::new(),
            count: COUNT,
            seed: SystemRandom.next() >> 32,
            only: Vec::new(),
            planted: None,
            checks_syncs: false,
            is_quiet: false,
        };
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--check-sync" => command.checks_syncs = true,
                "--quiet" => command.is_quiet = true,
                _ => {
                    let value = arguments.next().ok_or(format!("{name} takes a value"))?;
                    command.set(&name, value)?;
                }
            }
        }
        if command.server.as_os_str().is_empty() {
            return Err("--server is missing; see --help".to_owned());
        }
        Ok(command)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        let wrong = |_| format!("{name} takes a number, not {value:?}");
        match name {
            "--server" => self.server = PathBuf::from(value),
            "--count" => self.count = value.parse().map_err(wrong)?,
            "--seed" => self.seed = value.parse().map_err(wrong)?,
            "--only" => self.only = value.split(',').map(str::to_owned).collect(),
            "--planted" => self.planted = Some(value),
            _ => return Err(format!("no option {name}; see --help")),
        }
        Ok(())
    }

    fn run(self) -> Result<ExitCode, String> {
        let clock = SystemClock::new();
        let planted = self.planted.as_deref().unwrap_or("no bug");
        println!("seed {}, planted: {planted}", self.seed);
        if self.checks_syncs {
            return self.check_syncs(&clock);
        }
        let mut ways = plan(self.seed, self.count, &self.only())?;
        if ways.iter().any(|way| way.is_traced()) && !has_strace() {
            println!("without kills in the middle of writes: {STRACE_REMEDY}");
            ways.retain(|way| !way.is_traced());
        }
        if ways.is_empty() {
            return Err("there is no kill to make".to_owned());
        }
        let campaign =
            Campaign { server: self.server, seed: self.seed, ways, planted: self.planted };
        let is_quiet = self.is_quiet;
        let (tally, result) = run(&campaign, &clock, &mut |line| {
            if !is_quiet {
                println!("{line}");
            }
        });
        println!("{tally}");
        let Err(failure) = result else { return Ok(ExitCode::SUCCESS) };
        println!("seed {}, {failure}", self.seed);
        if failure.findings.is_empty() {
            return Err("the campaign could not go on".to_owned());
        }
        Ok(ExitCode::FAILURE)
    }

    /// The kinds of kills. The bugs that are planted in commits do their harm between two
    /// transactions, where no stage lies.
    fn only(&self) -> Vec<String> {
        let is_in_commits = matches!(self.planted.as_deref(), Some("early_mark" | "split_swap"));
        if self.only.is_empty() && is_in_commits {
            return vec![Way::Catalog(1).name().to_owned()];
        }
        self.only.clone()
    }

    fn check_syncs(&self, clock: &SystemClock) -> Result<ExitCode, String> {
        let check = SyncCheck {
            server: &self.server,
            seed: self.seed,
            requests: self.count.into(),
            planted: self.planted.as_deref(),
        };
        let Syncs { acknowledged, unsynced, kept } = check_syncs(&check, clock)?;
        if unsynced.is_empty() {
            println!("{acknowledged} acknowledgements, each after a sync of its request");
            return Ok(ExitCode::SUCCESS);
        }
        println!("{} of {acknowledged} acknowledgements before a sync:", unsynced.len());
        for line in unsynced.iter().take(LINES_SHOWN) {
            println!("{line}");
        }
        println!("kept: {}", kept.unwrap_or_default().display());
        Ok(ExitCode::FAILURE)
    }
}
