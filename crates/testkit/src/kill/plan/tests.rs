use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn counted(ways: &[Way]) -> BTreeMap<&'static str, u32> {
    let mut counts = BTreeMap::new();
    for way in ways {
        *counts.entry(way.name()).or_default() += 1;
    }
    counts
}

/// Guarantees: 20 kills hit every stage twice and 300 every stage at least 20 times, and both have
/// kills that no stage decides.
#[test]
fn shares() {
    for seed in 0..50 {
        for (kills, least) in [(20, 2), (300, 20)] {
            let ways = plan(seed, kills, &[]).unwrap();
            assert_eq!(ways.len(), kills as usize);
            let counts = counted(&ways);
            for stage in Stage::ALL {
                assert!(counts[stage.name()] >= least, "{seed}: {counts:?}");
            }
            assert!(counts.keys().eq(&Way::NAMES.into_iter().collect::<BTreeSet<_>>()));
        }
    }
}

/// Guarantees: a seed chooses the same kills again, and another one others.
#[test]
fn repeats() {
    assert_eq!(plan(7, 300, &[]), plan(7, 300, &[]));
    assert_ne!(plan(7, 300, &[]), plan(8, 300, &[]));
}

/// Guarantees: a campaign can be of chosen kinds alone, and a kind that does not exist is refused.
#[test]
fn only() {
    let only = ["commit".to_owned(), "start".to_owned()];
    let counts = counted(&plan(1, 30, &only).unwrap());
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), ["commit", "start"]);
    assert!(plan(1, 30, &["comit".to_owned()]).unwrap_err().contains("append, flush, commit"));
}
