//! `cargo xtask test`: every check of the project, one after another, with a summary at the end.
//!
//! A check that fails does not keep the others from running: whoever waits for the whole list wants
//! to know all that is wrong. Names after the command run only those checks, so that one can be
//! repeated by itself.

mod clients;
mod openapi;
mod rust;
mod sdks;
mod senders;
mod smoke;
mod world;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::stopwatch::Stopwatch;
use crate::{build, kill};

const USAGE: &str = "\
usage: cargo xtask test [--list] [--seed N] [NAME...]

  --list    says which checks there are
  --seed N  what random checks begin with (1)
  NAME      runs this check alone, or these
";

/// What random checks begin with unless they are told otherwise: the same for everybody, so that a
/// check that fails fails again.
const SEED_DEFAULT: u64 = 1;

/// One check.
struct Step {
    name: &'static str,
    /// Says in a line what holds if it passes.
    promise: &'static str,
    check: fn(&Run) -> Result<(), String>,
}

/// All checks: the quick ones first, then those that everything after them builds upon.
const STEPS: [Step; 20] = [
    Step { name: "fmt", promise: "every Rust file is as rustfmt writes it", check: rust::fmt },
    Step { name: "tidy", promise: "the rules that are not lints are kept", check: rust::tidy },
    Step { name: "clippy", promise: "no lint has anything to say", check: rust::clippy },
    Step {
        name: "rust",
        promise: "the tests in Rust pass, 1,000 simulated power cuts among them",
        check: rust::tests,
    },
    Step {
        name: "openapi",
        promise: "answers are as the vendor's own description of its interface has them",
        check: openapi::openapi,
    },
    Step { name: "doc", promise: "the documentation has no dead link", check: rust::doc },
    Step {
        name: "kill",
        promise: "nothing acknowledged is lost by kill -9, and planted bugs are found",
        check: kill,
    },
    Step {
        name: "python",
        promise: "the Python that tests the server is right itself",
        check: clients::unit,
    },
    Step {
        name: "differential",
        promise: "random questions get the answers of a naive evaluator",
        check: clients::differential,
    },
    Step {
        name: "flask",
        promise: "all that the Python SDK sends is found, before and after kill -9",
        check: clients::flask,
    },
    Step {
        name: "cruddur",
        promise: "all that the Rust SDK sends is found, before and after kill -9",
        check: clients::cruddur,
    },
    Step {
        name: "otel-python",
        promise: "all that Python's SDK sends by each protocol is found field by field",
        check: sdks::python_sdk,
    },
    Step {
        name: "otel-javascript",
        promise: "all that JavaScript's SDK sends by each protocol is found field by field",
        check: sdks::javascript_sdk,
    },
    Step {
        name: "otel-go",
        promise: "all that Go's SDK sends by each protocol is found field by field",
        check: sdks::go_sdk,
    },
    Step {
        name: "collector",
        promise: "the OpenTelemetry Collector brings all spans through an outage of the server",
        check: senders::collector,
    },
    Step {
        name: "libhoney",
        promise: "libhoney for Python and JavaScript: a status for each event, and each row",
        check: senders::libhoney,
    },
    Step {
        name: "honeycomb-api",
        promise: "honeycomb-api: every operation that is built, its answers and its errors",
        check: senders::honeycomb_api,
    },
    Step {
        name: "docs",
        promise: "the examples of the documents run and print what is shown",
        check: smoke::docs,
    },
    Step {
        name: "lake",
        promise: "DuckDB finds in the files what the server answers, while it goes on",
        check: clients::lake,
    },
    Step { name: "demo", promise: "the demonstration shows what it promises", check: smoke::demo },
];

/// What a check may want to know.
pub(crate) struct Run {
    /// For everything that is random.
    seed: u64,
    /// This program. Asked for at the start: a check may build it anew in its place.
    program: PathBuf,
}

impl Run {
    /// Another command of this program.
    fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(build::root()).args(arguments);
        command
    }
}

fn kill(run: &Run) -> Result<(), String> {
    kill::check(run.seed)
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    names: Vec<String>,
    seed: u64,
    list: bool,
}

/// Runs the checks. Fails if one does; says why if it could not begin.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<ExitCode, String> {
    let arguments: Vec<String> = arguments.collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let options = options(arguments.into_iter())?;
    if options.list {
        for step in &STEPS {
            println!("{:17}{}", step.name, step.promise);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let program = std::env::current_exe().map_err(|error| format!("where am I? {error}"))?;
    let run = Run { seed: options.seed, program };
    let is_asked = |name| options.names.is_empty() || options.names.iter().any(|n| n == name);
    let watch = Stopwatch::start();
    let mut outcomes = Vec::new();
    for step in STEPS.iter().filter(|step| is_asked(step.name)) {
        println!("== {}: {}", step.name, step.promise);
        let watch = Stopwatch::start();
        let outcome = (step.check)(&run);
        let took = watch.elapsed();
        match &outcome {
            Ok(()) => println!("   {} passed in {}", step.name, seconds(took)),
            Err(error) => println!("   {} FAILED in {}: {error}", step.name, seconds(took)),
        }
        outcomes.push((step.name, outcome.is_ok(), took));
    }
    print!("\n{}", summary(&outcomes, watch.elapsed()));
    let is_good = outcomes.iter().all(|(_, passed, _)| *passed);
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { names: Vec::new(), seed: SEED_DEFAULT, list: false };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--list" => options.list = true,
            "--seed" => {
                let seed = arguments.next().ok_or(USAGE)?;
                options.seed =
                    seed.parse().map_err(|_| format!("--seed takes a number, not {seed}"))?;
            }
            name if STEPS.iter().any(|step| step.name == name) => options.names.push(argument),
            other if other.starts_with('-') => return Err(format!("unknown {other}\n{USAGE}")),
            other => return Err(format!("there is no check {other}: see --list\n{USAGE}")),
        }
    }
    Ok(options)
}

fn summary(outcomes: &[(&str, bool, Duration)], whole: Duration) -> String {
    let mut text = String::new();
    for (name, passed, took) in outcomes {
        let verdict = if *passed { "passed" } else { "FAILED" };
        // Writing to a string cannot fail.
        writeln!(text, "{name:17}{verdict}{:>10}", seconds(*took)).ok();
    }
    let failed = outcomes.iter().filter(|(_, passed, _)| !passed).count();
    let verdict = match failed {
        0 => format!("all {} passed", outcomes.len()),
        _ => format!("{failed} of {} failed", outcomes.len()),
    };
    writeln!(text, "{verdict} in {}", seconds(whole)).ok();
    text
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Runs `command` with its output where ours goes; anything but success is an error.
fn succeed(command: &mut Command) -> Result<(), String> {
    // Without its folder, which is long and seldom what went wrong.
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let program = program.to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("starting {program}: {error}"))?;
    if status.success() {
        return Ok(());
    }
    let arguments: Vec<_> = command.get_args().map(|part| part.to_string_lossy()).collect();
    Err(format!("{program} {}: {status}", arguments.join(" ")))
}

#[cfg(test)]
mod tests;
