//! Every dependency of the workspace stands under a comment that says why it is there.
//!
//! A dependency is code that nobody here wrote and everybody here ships. Its reason is what a later
//! reader needs to keep, replace or drop it. One comment may stand above entries that follow each
//! other without an empty line; crates of the workspace explain themselves.

use super::Finding;
use crate::tree::{Manifest, Tree};

const MANIFEST: &str = "Cargo.toml";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.file(MANIFEST) else { return Vec::new() };
    let is_comment = |line: usize| file.lines().any(|(at, l)| at == line && l.starts_with('#'));
    let mut findings = Vec::new();
    // The last line of the entries that the latest comment stands above.
    let mut block_end = None;
    for entry in Manifest::read(file).table("workspace.dependencies") {
        let above = entry.line - 1;
        if is_comment(above) || block_end == Some(above) {
            block_end = Some(entry.last_line);
            continue;
        }
        let value = entry.value.replace(' ', "");
        if !value.contains("{path=") && !value.contains(",path=") {
            let text = format!("{} has no comment above it: say why it is there", entry.key);
            findings.push(Finding::new(file, entry.line, text));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
