//! The manifest of a member leaves to the workspace what is the workspace's to say.
//!
//! Versions and features of dependencies, the lints, the edition and the licence stand in one
//! place, so that two members cannot disagree. What a member says itself is its description.

use super::Finding;
use crate::tree::{Entry, File, Manifest, Tree};

/// Keys of `[package]` that are taken from the workspace.
const INHERITED: [&str; 3] = ["version", "edition", "license"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, manifest) in tree.members().filter_map(|member| tree.manifest(member)) {
        findings.extend(missing(&manifest).into_iter().map(|text| Finding::new(file, 1, text)));
        findings.extend(own_versions(file, &manifest));
    }
    findings
}

fn missing(manifest: &Manifest) -> Vec<String> {
    let mut missing = Vec::new();
    for key in INHERITED {
        let is_key = |entry: &Entry| entry.key.split('.').next() == Some(key);
        if !manifest.table("package").any(|entry| is_key(entry) && entry.is_from_workspace()) {
            missing
                .push(format!("its {key} is not the workspace's: write `{key}.workspace = true`"));
        }
    }
    let says_something = |entry: &Entry| entry.key == "description" && entry.value.len() > 2;
    if !manifest.table("package").any(says_something) {
        missing.push("it has no description: say in a sentence what the crate is".to_owned());
    }
    if !manifest.table("lints").any(Entry::is_from_workspace) {
        missing
            .push("its lints are not the workspace's: write `[lints] workspace = true`".to_owned());
    }
    missing
}

/// Dependencies that are not taken from the workspace.
fn own_versions(file: &File, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in &manifest.entries {
        let Some((_, table)) = entry.table.rsplit_once("dependencies") else { continue };
        // `[dependencies.name]` is a table for one of them: its keys are no dependencies.
        let of_one = table.strip_prefix('.');
        let is_inherited = match of_one {
            Some(_) => manifest.table(&entry.table).any(Entry::is_from_workspace),
            None => entry.is_from_workspace(),
        };
        if !is_inherited {
            let name = of_one.unwrap_or_else(|| entry.key.split('.').next().unwrap_or_default());
            let text = format!("{name} is not taken from the workspace: write `workspace = true`");
            findings.push(Finding::new(file, entry.line, text));
        }
    }
    findings.dedup_by(|a, b| a.text == b.text);
    findings
}

#[cfg(test)]
mod tests;
