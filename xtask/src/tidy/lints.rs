//! Unsafe code is forbidden in the workspace, and who switches a lint off says why.
//!
//! A lint that is off without a reason is off for good: nobody can tell whether the reason still
//! holds. `expect` is better than `allow`, because the compiler tells when it is no longer needed.

use super::Finding;
use super::words::around;
use crate::tree::{File, Manifest, Tree};

const MANIFEST: &str = "Cargo.toml";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_forbidden = tree.file(MANIFEST).is_some_and(|file| {
        let manifest = Manifest::read(file);
        let mut lints = manifest.table("workspace.lints.rust");
        lints.any(|entry| entry.key == "unsafe_code" && entry.value == "\"forbid\"")
    });
    if !is_forbidden {
        let text = "unsafe code is not forbidden: write `unsafe_code = \"forbid\"` under \
                    [workspace.lints.rust]";
        findings.push(Finding::at(MANIFEST, 1, text));
    }
    for file in tree.files.iter().filter(|file| file.is_rust()) {
        findings.extend(unreasoned(file));
    }
    findings
}

/// Attributes that switch a lint off without saying why. One may go over several lines.
fn unreasoned(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (line, text) in file.lines() {
        let text = text.trim();
        if open.is_none() && (text.starts_with("#[") || text.starts_with("#![")) {
            open = Some((line, String::new()));
        }
        let Some((start, mut attribute)) = open.take() else { continue };
        attribute.push_str(text);
        let balance = attribute.matches('[').count().cmp(&attribute.matches(']').count());
        if balance.is_gt() {
            open = Some((start, attribute));
        } else if switches_off(&attribute) && !attribute.contains("reason =") {
            let text = "switches a lint off without a reason: use `expect` and add `reason = ...`";
            findings.push(Finding::new(file, start, text));
        }
    }
    findings
}

/// Whether the attribute is an `allow` or an `expect`, bare or under a condition.
fn switches_off(attribute: &str) -> bool {
    let is_start = |before: &str| before.ends_with('[') || before.contains("cfg_attr(");
    ["allow(", "expect("]
        .into_iter()
        .any(|word| around(attribute, word).any(|(before, _)| is_start(before)))
}

#[cfg(test)]
mod tests;
