//! The command line of `cargo xtask bench`.
//!
//! Everything has a default, so that two people who name no option measure the same.

use std::path::PathBuf;

use crate::build::{self, Profile};

pub(super) const USAGE: &str = "\
usage: cargo xtask bench [options]

  --spans N          how many spans are sent and asked about (1000000; targets are for 10000000)
  --seed N           the seed of the generator (1)
  --only PARTS       some of ingest,shapes,crowd,lookup,search,aggregates,cold-start, with commas
                     between them
  --rounds N         calls of each aggregate, ours and DuckDB's in turn (9)
  --rate N           spans a second of the paced ingest (100000)
  --cold-bytes N     bytes of segments that the cold start pretends to have (100000000000)
  --folder DIR       where data folders are made; on a disk (trackway/bench in the cache folder)
  --binaries DIR     measure the trackway and trackway-load in DIR instead of building them
  --instructions     count the instructions of ingest under callgrind, on 100000 spans
  --keep             leave the data folder of the queries where it is, and say where
  --json             print one JSON document instead of the table
";

/// A part of the measurement that can be asked for alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Ingest,
    Shapes,
    Crowd,
    Lookup,
    Search,
    Aggregates,
    ColdStart,
}

impl Part {
    const ALL: [(&'static str, Self); 7] = [
        ("ingest", Self::Ingest),
        ("shapes", Self::Shapes),
        ("crowd", Self::Crowd),
        ("lookup", Self::Lookup),
        ("search", Self::Search),
        ("aggregates", Self::Aggregates),
        ("cold-start", Self::ColdStart),
    ];

    fn parse(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, part)| *part).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|(known, _)| *known).collect();
            format!("there is no part {name:?}; the parts are {}", known.join(", "))
        })
    }
}

/// What is to be measured, and how.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) spans: u64,
    pub(super) seed: u64,
    pub(super) parts: Vec<Part>,
    pub(super) rounds: usize,
    /// Spans a second.
    pub(super) rate: u64,
    pub(super) cold_bytes: u64,
    pub(super) folder: PathBuf,
    /// Where the binaries are; built if none.
    pub(super) binaries: Option<PathBuf>,
    pub(super) with_instructions: bool,
    pub(super) keeps: bool,
    pub(super) is_json: bool,
}

impl Options {
    /// Reads the command line; none if it asks for help.
    pub(super) fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            spans: 1_000_000,
            seed: 1,
            parts: Part::ALL.iter().map(|(_, part)| *part).collect(),
            rounds: 9,
            rate: 100_000,
            cold_bytes: 100_000_000_000,
            folder: default_folder()?,
            binaries: None,
            with_instructions: false,
            keeps: false,
            is_json: false,
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{name} takes a value"));
            match name.as_str() {
                "--help" | "-h" => return Ok(None),
                "--spans" => options.spans = number(&name, &value()?)?,
                "--seed" => options.seed = number(&name, &value()?)?,
                "--only" => {
                    options.parts =
                        value()?.split(',').map(Part::parse).collect::<Result<_, _>>()?;
                }
                "--rounds" => options.rounds = number(&name, &value()?)?.max(1) as usize,
                "--rate" => options.rate = number(&name, &value()?)?,
                "--cold-bytes" => options.cold_bytes = number(&name, &value()?)?,
                "--folder" => options.folder = PathBuf::from(value()?),
                "--binaries" => options.binaries = Some(PathBuf::from(value()?)),
                "--instructions" => options.with_instructions = true,
                "--keep" => options.keeps = true,
                "--json" => options.is_json = true,
                _ => return Err(format!("there is no option {name}\n\n{USAGE}")),
            }
        }
        Ok(Some(options))
    }

    /// Where the binary `name` is.
    pub(super) fn binary(&self, name: &str) -> PathBuf {
        match &self.binaries {
            Some(folder) => folder.join(name),
            None => build::binary(name, Profile::Release),
        }
    }

    pub(super) fn wants(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }
}

fn default_folder() -> Result<PathBuf, String> {
    let cache = build::cache_folder().ok_or("neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(cache.join("trackway").join("bench"))
}

fn number(name: &str, value: &str) -> Result<u64, String> {
    let number = value.parse().ok().filter(|&number| number > 0);
    number.ok_or_else(|| format!("{name} takes a whole number above 0, not {value:?}"))
}
