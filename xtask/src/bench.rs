//! `cargo xtask bench`: the figures of the design, measured on the release build over HTTP.
//!
//! What it does, in this order; `--only` leaves parts out:
//!
//! 1. **calibration**: how fast the machine is just now, before and after all else. Runs are only
//!    comparable where these lines are alike.
//! 2. **ingest**: a million spans of the load generator, flat out with and without gzip, then at
//!    100,000 spans/s, each into an empty folder on the disk. CPU seconds of all of the server's
//!    threads until everything is flushed and merged, bytes on disk, peak memory, acknowledgements.
//!    Without this part the folder of the queries is filled all the same, and nothing told of it.
//!    **shapes**: the same over gRPC, as log records and in the batches of Honeycomb's clients.
//!    **crowd**: the paced ingest over 100 connections, alone and beside 900 that do next to
//!    nothing.
//! 3. **lookup**, **search**: whole traces by id and whole spans by filter, on a kept connection.
//! 4. **aggregates**: fifteen questions, beside DuckDB on the server's own Parquet files. It is
//!    installed, in the version that `bench/requirements.txt` names, into a virtual environment in
//!    the cache folder.
//! 5. **cold-start**: until ready, on a folder that looks like 100 GB.
//!
//! The server is started with
//! `TRACKWAY_TEST_STORE=flush_after_ms=10000,compact_after_ms=3000,remove_after_ms=1000`: the last
//! rows are flushed and merged, and replaced files removed, after seconds instead of minutes. All
//! other settings are those that are shipped. The spans lie in one hour of the same day, so the
//! data differ from run to run in their times alone.
//!
//! A speed is told only with the right answer: every row must be there once, traces and searches
//! have the spans that were sent, aggregates are compared with DuckDB's call by call. A wrong
//! answer ends the command with 1. A missed target does not: two shared cores make seconds a poor
//! gate.
//! `--instructions` counts what does not depend on the neighbours.

mod aggregates;
mod agreement;
mod asking;
mod calibration;
mod cold_start;
mod connection;
mod crowd;
mod disk;
mod duckdb;
mod figure;
mod hour;
mod ingest;
mod instructions;
mod load;
mod lookup;
mod options;
mod question;
mod report;
mod spread;
mod subject;
mod usage;

use std::process::ExitCode;

use crate::build::{self, Profile};
use calibration::Calibration;
use hour::Hour;
use load::Truth;
use options::{Options, Part, USAGE};
use report::Report;
use subject::Subject;

/// What a caller sees when an answer was wrong.
const WRONG: u8 = 1;

/// Runs the command with the arguments behind its name.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<ExitCode, String> {
    let Some(options) = Options::parse(arguments)? else {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    if options.binaries.is_none() {
        build::build(&["trackway", "trackway-load"], Profile::Release)?;
    }
    disk::prepare(&options.folder)?;
    eprintln!("calibration");
    let before = Calibration::take(&options.folder)?;
    let mut report = Report::default();
    measure(&options, &mut report)?;
    eprintln!("calibration");
    let calibrations = [before, Calibration::take(&options.folder)?];
    if options.is_json {
        println!("{:#}", report.json(&options, &calibrations));
    } else {
        print!("{}", report.table(&options, &calibrations));
    }
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::from(WRONG) })
}

fn measure(options: &Options, report: &mut Report) -> Result<(), String> {
    let hour = Hour::choose()?;
    if options.wants(Part::Ingest) {
        ingest_again(options, &hour, report)?;
    }
    if options.wants(Part::Shapes) {
        ingest_shapes(options, &hour, report)?;
    }
    if options.wants(Part::Crowd) {
        eprintln!("a crowd of connections");
        crowd::run(options, &hour, report)?;
    }
    if options.with_instructions {
        eprintln!("instructions of an ingest");
        instructions::run(options, &hour, report)?;
    }
    let data = options.folder.join("data");
    eprintln!("ingest, identity");
    let (subject, ingest, truth) = ingest::run(options, ingest::FLAT_OUT, &data, &hour)?;
    if options.wants(Part::Ingest) {
        ingest.tell_flat_out("identity", report);
    }
    ask(options, subject, &hour, &truth, report)?;
    if options.keeps {
        report.note(format!("the data folder is {}", data.display()));
        return Ok(());
    }
    disk::remove(&data)
}

/// The ingests whose folders are not asked.
fn ingest_again(options: &Options, hour: &Hour, report: &mut Report) -> Result<(), String> {
    let data = options.folder.join("ingest");
    eprintln!("ingest, gzip");
    let (subject, ingest, _) = ingest::run(options, ingest::COMPRESSED, &data, hour)?;
    subject.stop()?;
    ingest.tell_flat_out("gzip", report);
    eprintln!("ingest at {} spans/s", options.rate);
    let paced = ingest::paced(options.rate);
    let (subject, ingest, _) = ingest::run(options, paced, &data, hour)?;
    subject.stop()?;
    ingest.tell_paced(options.rate, report);
    disk::remove(&data)
}

/// The ingests of other shapes than spans.
fn ingest_shapes(options: &Options, hour: &Hour, report: &mut Report) -> Result<(), String> {
    let data = options.folder.join("ingest");
    for sending in ingest::SHAPES {
        eprintln!("ingest, {}, {}", sending.shape, sending.encoding);
        let (subject, ingest, _) = ingest::run(options, sending, &data, hour)?;
        subject.stop()?;
        ingest.tell_shape(sending, report);
    }
    disk::remove(&data)
}

/// The parts that ask, on a server that has everything, and the last, which starts it again.
fn ask(
    options: &Options,
    subject: Subject,
    hour: &Hour,
    truth: &Truth,
    report: &mut Report,
) -> Result<(), String> {
    if options.wants(Part::Lookup) {
        eprintln!("lookup");
        lookup::traces(&subject, truth, report)?;
    }
    if options.wants(Part::Search) {
        eprintln!("search");
        lookup::searches(&subject, truth, hour, report)?;
    }
    if options.wants(Part::Aggregates) {
        eprintln!("aggregates");
        aggregates::run(&subject, hour, options.rounds, report)?;
    }
    let data = subject.data.clone();
    subject.stop()?;
    if options.wants(Part::ColdStart) {
        eprintln!("cold start");
        cold_start::run(options, &data, hour, truth, report)?;
    }
    Ok(())
}
