//! `cargo xtask fuzz`: arbitrary bytes into everything that reads what others wrote.
//!
//! libFuzzer changes inputs and keeps those that reach something new, beginning with the small ones
//! of `fuzz/corpus`. It needs the compiler's own instrumentation and no sanitizer, since there is
//! no unsafe code of ours to sanitize, and so it builds with the stable compiler: with flags that
//! just our crates get (`fuzz/instrument.sh`), in a folder of its own beside what is shipped.
//!
//! What it has learnt is kept there and used again by the next run. A run that finds something
//! fails, and says with which command it happens again. That it can find something is shown by
//! `--plant`, with a bug behind everything that a metric must have to be decoded.

mod report;
mod target;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::build;
use crate::folder::TemporaryFolder;
use report::Report;
use target::{PLANTED_IN, TARGETS, Target};

const USAGE: &str = "\
usage: cargo xtask fuzz [--seconds N] [--only TARGET,...] [--plant]

  --seconds N    for how long, all targets together (600)
  --only TARGET  only these: protobuf, json, events, question, log
  --plant        no search for bugs: sees that a planted one is found
";

const SECONDS: u64 = 600;
/// Most memory of a run, MiB. No input is larger than a few pages, and nothing may take a thousand
/// times more than its input.
const MEMORY_MIB_MAX: u64 = 1_024;
/// How long one input may take: none takes a millisecond, even where many share two processors.
const INPUT_SECONDS_MAX: u64 = 10;
/// What is said when the planted bug is met.
const PLANTED: &str = "the planted bug";

struct Options {
    seconds: u64,
    targets: Vec<Target>,
    plant: bool,
}

pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<ExitCode, String> {
    let Some(options) = read(arguments)? else {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    build()?;
    if options.plant {
        return plant(options.seconds);
    }
    let seconds = (options.seconds / options.targets.len() as u64).max(1);
    let mut found = 0;
    for target in options.targets {
        let folder = folder().join("corpus").join(target.name);
        let report = search(target, seconds, &folder, false)?;
        println!("{}: {report}", target.name);
        if !report.is_clean {
            found += 1;
            reproduce(target, &report);
        }
    }
    Ok(if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options { seconds: SECONDS, targets: TARGETS.to_vec(), plant: false };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--plant" => options.plant = true,
            "--seconds" => {
                let text = value()?;
                let number = text.parse().ok().filter(|seconds| *seconds > 0);
                options.seconds =
                    number.ok_or(format!("--seconds {text}: a whole number from 1"))?;
            }
            "--only" => {
                let names = value()?;
                options.targets = names.split(',').map(target::named).collect::<Result<_, _>>()?;
            }
            _ => return Err(format!("there is no option {argument}\n{USAGE}")),
        }
    }
    Ok(Some(options))
}

/// Where everything of fuzzing is: what is built, what was learnt, what was found.
fn folder() -> PathBuf {
    build::target_folder().join("fuzz")
}

fn binary() -> PathBuf {
    folder().join("debug/trackway-fuzz")
}

fn build() -> Result<(), String> {
    let package = build::root().join("fuzz");
    let mut cargo = build::cargo();
    cargo
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", folder())
        .env("RUSTC_WRAPPER", package.join("instrument.sh"))
        .args(["build", "--locked"]);
    let status = cargo.status().map_err(|error| format!("starting {cargo:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo could not build fuzz: {status}")) }
}

/// Runs libFuzzer for so long. New inputs are kept in `corpus`.
fn search(target: Target, seconds: u64, corpus: &Path, plant: bool) -> Result<Report, String> {
    let found = folder().join("found");
    let log = folder().join(format!("{}.log", target.name));
    for folder in [corpus, &found] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let file = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let mut fuzzer = Command::new(binary());
    fuzzer
        .env("TRACKWAY_FUZZ_TARGET", target.name)
        .env_remove("TRACKWAY_FUZZ_PLANT")
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", target.input_bytes_max))
        .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg("-print_final_stats=1")
        .arg(format!("-artifact_prefix={}/{}-", found.display(), target.name))
        .arg(corpus)
        .arg(build::root().join("fuzz/corpus").join(target.name))
        .stderr(file);
    if plant {
        fuzzer.env("TRACKWAY_FUZZ_PLANT", "1");
    }
    println!("{}: {seconds} s, what it says goes to {}", target.name, log.display());
    let status = fuzzer.status().map_err(|error| format!("starting {fuzzer:?}: {error}"))?;
    let said = fs::read(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    Ok(Report::of(status.success(), &String::from_utf8_lossy(&said)))
}

/// Says what was found, and how it happens again.
fn reproduce(target: Target, report: &Report) {
    for line in &report.complaints {
        println!("  {line}");
    }
    match &report.input {
        Some(input) => {
            println!("  again: TRACKWAY_FUZZ_TARGET={} {} {input}", target.name, binary().display())
        }
        None => println!("  no input was kept: see the log"),
    }
}

/// Sees that a planted bug is found, by a fuzzer that knows no more than the corpus of the tree.
fn plant(seconds: u64) -> Result<ExitCode, String> {
    let target = target::named(PLANTED_IN)?;
    let corpus = TemporaryFolder::make()?;
    let report = search(target, seconds, corpus.path(), true)?;
    println!("{}: {report}", target.name);
    if report.is_clean || !report.complaints.iter().any(|line| line.contains(PLANTED)) {
        println!("  {PLANTED} was not found");
        return Ok(ExitCode::FAILURE);
    }
    println!("  {PLANTED} was found");
    if let Some(input) = &report.input {
        fs::remove_file(input).map_err(|error| format!("removing {input}: {error}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
