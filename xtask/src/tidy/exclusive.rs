//! Some dependencies belong to one crate, or to a few.
//!
//! They are powerful, heavy or dangerous: behind one crate's interface they can be bounded, tested
//! and replaced, scattered they cannot.

use super::Finding;
use crate::tree::{Tree, Use};

/// A dependency that only some crates may name.
struct Exclusive {
    /// The package, or the start of its name before a `*`.
    package: &'static str,
    crates: &'static [&'static str],
    /// Whether tests and benchmarks of other crates may use it all the same.
    free_in_tests: bool,
    why: &'static str,
}

const EXCLUSIVE: [Exclusive; 3] = [
    Exclusive {
        package: "datafusion*",
        crates: &["query"],
        free_in_tests: false,
        why: "one crate compiles it and bounds its memory",
    },
    // The load generator compresses what it sends, and the simulation what it replays.
    Exclusive {
        package: "flate2",
        crates: &["body", "testkit"],
        free_in_tests: true,
        why: "what clients compressed is read under a cap, by body",
    },
    // The store reads only pages that it wrote itself and whose size it knows.
    Exclusive {
        package: "zstd*",
        crates: &["body", "store", "testkit"],
        free_in_tests: true,
        why: "what clients compressed is read under a cap, by body",
    },
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in tree.members() {
        let Some((file, manifest)) = tree.manifest(member) else { continue };
        for dependency in &member.dependencies {
            let Some(rule) = EXCLUSIVE.iter().find(|rule| rule.covers(&dependency.name)) else {
                continue;
            };
            let is_free = rule.free_in_tests && dependency.used == Use::Tests;
            if is_free || rule.crates.contains(&&*member.name) {
                continue;
            }
            let (name, crates) = (&dependency.name, rule.crates.join(", "));
            let text = format!("{name} is for {crates} alone, because {}: use theirs", rule.why);
            findings.push(Finding::new(file, manifest.line_of_dependency(name), text));
        }
    }
    findings
}

impl Exclusive {
    fn covers(&self, package: &str) -> bool {
        match self.package.strip_suffix('*') {
            Some(start) => package.starts_with(start),
            None => package == self.package,
        }
    }
}

#[cfg(test)]
mod tests;
