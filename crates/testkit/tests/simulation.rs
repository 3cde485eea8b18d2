//! Campaigns of the simulation: many seeds on the store as it is, and on stores with a planted bug.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "says by which seed a planted bug was noticed")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use store::Planted;
use testkit::sim::{Report, run};

/// Seeds of a campaign; `TRACKWAY_SIM_SEEDS` asks for more, `TRACKWAY_SIM_FIRST` for others.
const SEEDS: u64 = 1_000;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Runs seeds on every core until one fails; the sum of their reports, or the failing seed.
fn campaign(seeds: u64, planted: Option<Planted>) -> Result<Report, (u64, String)> {
    let first = number("TRACKWAY_SIM_FIRST", 0);
    let next = AtomicU64::new(first);
    let total = Mutex::new(Report::default());
    let failed: Mutex<Option<(u64, String)>> = Mutex::new(None);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds || failed.lock().unwrap().is_some() {
                        return;
                    }
                    match run(seed, planted) {
                        Ok(report) => total.lock().unwrap().add(&report),
                        Err(what) => {
                            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                            failed.get_or_insert((seed, what));
                        }
                    }
                }
            });
        }
    });
    match failed.into_inner().unwrap() {
        Some(failed) => Err(failed),
        None => Ok(total.into_inner().unwrap()),
    }
}

/// Guarantees: whatever fails and whenever the power goes, what was acknowledged is there exactly
/// once, and what was deleted is not.
#[test]
fn nothing_acknowledged_is_lost_or_doubled() {
    match campaign(number("TRACKWAY_SIM_SEEDS", SEEDS), None) {
        Ok(report) => {
            println!("{report:?}");
            // A campaign that never got anywhere would prove nothing.
            assert!(report.power_cuts > SEEDS / 2 && report.compactions > SEEDS / 2);
            assert!(report.groups_copied > 0 && report.deletions > 0 && report.refused > 0);
            assert!(report.kills > SEEDS / 2);
        }
        Err((seed, what)) => panic!("seed {seed}: {what}"),
    }
}

/// Guarantees: a seed does the same each time, so that a failing one can be looked into.
#[test]
fn a_seed_repeats_exactly() {
    for seed in [3, 14, 159] {
        assert_eq!(run(seed, None), run(seed, None));
    }
}

fn is_noticed(planted: Planted) {
    match campaign(SEEDS, Some(planted)) {
        Err((seed, what)) => {
            println!("{planted:?} is noticed by seed {seed}: {what}");
            let again = run(seed, Some(planted));
            assert_eq!(again, Err(what), "the failing seed replays");
        }
        Ok(_) => panic!("{planted:?} goes unnoticed in {SEEDS} seeds"),
    }
}

/// Guarantees: the simulation notices a log that is not synced.
#[test]
fn notices_a_skipped_sync() {
    is_noticed(Planted::SkipSync);
}

/// Guarantees: the simulation notices a mark that is set before its segments are there.
#[test]
fn notices_an_early_mark() {
    is_noticed(Planted::EarlyMark);
}

/// Guarantees: the simulation notices a replay that trusts damaged groups.
#[test]
fn notices_an_ignored_checksum() {
    is_noticed(Planted::IgnoreCrc);
}

/// Guarantees: the simulation notices segments that are replaced in two steps.
#[test]
fn notices_a_split_swap() {
    is_noticed(Planted::SplitSwap);
}
