//! How fast the machine is just now: a line before and one after, so that runs can be compared.
//!
//! On shared processors not even CPU seconds are immune: with busy neighbours the same work takes
//! more of them, because caches and memory are shared too. So the CPU time of the walk
//! through memory tells most. Where times are longer than their CPU times, others had the
//! processors. The syncs tell how the disk does.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::spread::{milliseconds, percentile};
use super::usage;
use crate::stopwatch::Stopwatch;

/// Rounds of the loop: some tenths of a second.
const LOOP_ROUNDS: u64 = 200_000_000;
/// Where the loop begins, and what the circle of the walk is drawn by: any odd number.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
/// Places of the walk, four bytes each: 16 MiB, more than a core's own cache.
const WALK_PLACES: usize = 4 << 20;
/// Steps of the walk.
const WALK_STEPS: usize = 2_000_000;
/// What is hashed, bytes.
const HASHED_BYTES: usize = 128 << 20;
/// Appends that are synced one by one.
const APPENDS: usize = 200;
/// Bytes of each append.
const APPEND_BYTES: usize = 4 << 10;

/// What one look at the machine found.
#[derive(Clone, Debug)]
pub(super) struct Calibration {
    turns: Took,
    walk: Took,
    hash_ms: f64,
    sync_p50_ms: f64,
    sync_p99_ms: f64,
    load: f64,
}

/// How long work took, and how much of that it was given a processor, milliseconds.
#[derive(Clone, Copy, Debug)]
struct Took {
    wall_ms: f64,
    cpu_ms: f64,
}

impl Calibration {
    /// Measures, with files in `folder`.
    pub(super) fn take(folder: &Path) -> Result<Self, String> {
        let load = usage::load_average();
        let syncs = syncs(folder)?;
        Ok(Self {
            turns: timed(|| xorshift(std::hint::black_box(SEED), LOOP_ROUNDS))?,
            walk: walk()?,
            hash_ms: hash(folder)?,
            sync_p50_ms: percentile(&syncs, 0.5),
            sync_p99_ms: percentile(&syncs, 0.99),
            load,
        })
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        format!(
            "loop {:.0} ms (CPU {:.0}), walk through 16 MiB {:.0} ms (CPU {:.0}), sha256 of 128 \
             MiB {:.0} ms, fdatasync of 4 KiB p50 {:.2} p99 {:.2} ms, load {:.2}",
            self.turns.wall_ms,
            self.turns.cpu_ms,
            self.walk.wall_ms,
            self.walk.cpu_ms,
            self.hash_ms,
            self.sync_p50_ms,
            self.sync_p99_ms,
            self.load
        )
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "loop_ms": self.turns.wall_ms,
            "loop_cpu_ms": self.turns.cpu_ms,
            "walk_ms": self.walk.wall_ms,
            "walk_cpu_ms": self.walk.cpu_ms,
            "sha256_ms": self.hash_ms,
            "fdatasync_p50_ms": self.sync_p50_ms,
            "fdatasync_p99_ms": self.sync_p99_ms,
            "load_average": self.load,
        })
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> Result<Took, String> {
    let (watch, cpu) = (Stopwatch::start(), usage::cpu(std::process::id())?);
    std::hint::black_box(work());
    let wall_ms = milliseconds(watch.elapsed());
    let cpu_ms = milliseconds(usage::cpu(std::process::id())?.since(cpu).total());
    Ok(Took { wall_ms, cpu_ms })
}

/// A loop in registers, each round of which waits for the one before.
fn xorshift(mut state: u64, rounds: u64) -> u64 {
    for _ in 0..rounds {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    state
}

/// A walk in which each step is where the one before says.
fn walk() -> Result<Took, String> {
    // Sattolo's shuffle: the places become one circle in an order that no prefetcher guesses.
    let mut places: Vec<u32> = (0..WALK_PLACES as u32).collect();
    for (round, at) in (1..WALK_PLACES).rev().enumerate() {
        let other = xorshift((round as u64 + 1).wrapping_mul(SEED), 2) % at as u64;
        places.swap(at, other as usize);
    }
    timed(|| {
        let mut at = 0;
        for _ in 0..WALK_STEPS {
            at = places[at] as usize;
        }
        at
    })
}

/// Milliseconds of the system's own SHA-256 of a file that is in memory.
fn hash(folder: &Path) -> Result<f64, String> {
    let path = folder.join("calibration-hash");
    let failed = |error| format!("hashing {}: {error}", path.display());
    fs::write(&path, vec![0x5a; HASHED_BYTES]).map_err(failed)?;
    let watch = Stopwatch::start();
    let hashed = Command::new("sha256sum").arg(&path).output().map_err(failed)?;
    let took = milliseconds(watch.elapsed());
    fs::remove_file(&path).map_err(failed)?;
    if hashed.status.success() {
        return Ok(took);
    }
    Err(format!("sha256sum: {}", String::from_utf8_lossy(&hashed.stderr).trim()))
}

/// Milliseconds of each append that is synced by itself.
fn syncs(folder: &Path) -> Result<Vec<f64>, String> {
    let path = folder.join("calibration-sync");
    let failed = |error| format!("writing {}: {error}", path.display());
    let mut file = File::create(&path).map_err(failed)?;
    let mut times = Vec::with_capacity(APPENDS);
    for _ in 0..APPENDS {
        let watch = Stopwatch::start();
        file.write_all(&[0x5a; APPEND_BYTES]).and_then(|()| file.sync_data()).map_err(failed)?;
        times.push(milliseconds(watch.elapsed()));
    }
    fs::remove_file(&path).map_err(failed)?;
    Ok(times)
}
