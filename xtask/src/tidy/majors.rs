//! Of the heavy dependencies there is one version.
//!
//! Two majors of one of them are minutes more to build, megabytes more to ship, and types that look
//! alike and do not fit. Small crates may be there twice: the ecosystem moves at its own pace.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::licences::lock_line;
use crate::tree::Tree;

/// By the start of the name before a `*`.
const HEAVY: [&str; 8] = [
    "arrow*",
    "axum",
    "datafusion*",
    "hyper",
    "object_store",
    "opentelemetry*",
    "parquet",
    "tokio",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_heavy = |name: &str| {
        HEAVY.iter().any(|heavy| match heavy.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *heavy,
        })
    };
    let mut majors: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in tree.packages.iter().filter(|package| is_heavy(&package.name)) {
        majors.entry(&package.name).or_default().insert(major(&package.version));
    }
    majors
        .into_iter()
        .filter(|(_, majors)| majors.len() > 1)
        .map(|(name, majors)| {
            let majors = majors.into_iter().collect::<Vec<_>>().join(" and ");
            let text = format!("{name} is built as {majors}: bring all who use it to one");
            Finding::at("Cargo.lock", lock_line(tree, name), text)
        })
        .collect()
}

/// The part of a version within which cargo takes two to be one: `59` of `59.3.2`, `0.13` of
/// `0.13.1`.
fn major(version: &str) -> &str {
    let parts = if version.starts_with("0.") { 2 } else { 1 };
    let end = version.match_indices('.').nth(parts - 1).map(|(at, _)| at);
    end.and_then(|end| version.get(..end)).unwrap_or(version)
}

#[cfg(test)]
mod tests;
