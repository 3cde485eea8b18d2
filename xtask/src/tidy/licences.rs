//! Every package is under a permissive licence and comes from crates.io or from this workspace.
//!
//! One binary is all there is, so the terms of everything in it are the terms of the product: those
//! that ask for a notice are met by one, others are not. Packages for other platforms than the one
//! this runs on are not seen.

mod expression;

use super::Finding;
use crate::tree::{Package, Tree};

/// Licences that ask for no more than a notice, by their SPDX names.
const PERMISSIVE: [&str; 16] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// What cargo calls crates.io, by its index in git and by its sparse one.
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.packages {
        let problems = [licence_problem(package), source_problem(package)];
        let line = || lock_line(tree, &package.name);
        findings.extend(
            problems
                .into_iter()
                .flatten()
                .map(|text| Finding::at("Cargo.lock", line(), format!("{} {text}", package.name))),
        );
    }
    findings
}

fn licence_problem(package: &Package) -> Option<String> {
    let Some(licence) = &package.licence else {
        return Some("declares no SPDX licence: do without it".to_owned());
    };
    match expression::is_met(licence, |name| PERMISSIVE.contains(&name)) {
        Some(true) => None,
        Some(false) => Some(format!("is under {licence}: do without it, or add the licence")),
        None => Some(format!("is under {licence:?}, which is no SPDX expression: do without it")),
    }
}

fn source_problem(package: &Package) -> Option<String> {
    match &package.source {
        None if package.manifest.is_some() => None,
        None => Some("is a folder outside the workspace: take it from crates.io".to_owned()),
        Some(source) if CRATES_IO.contains(&&**source) => None,
        Some(source) => Some(format!("comes from {source}: take it from crates.io")),
    }
}

/// The line of Cargo.lock on which the first package called `name` stands, or 1.
pub(super) fn lock_line(tree: &Tree, name: &str) -> usize {
    let wanted = format!("name = \"{name}\"");
    let mut lines = tree.file("Cargo.lock").into_iter().flat_map(|file| file.lines());
    lines.find(|(_, text)| *text == wanted).map_or(1, |(line, _)| line)
}

#[cfg(test)]
mod tests;
