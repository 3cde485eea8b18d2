//! The crates depend on each other as the table in ARCHITECTURE.md says, no more and no less.
//!
//! An edge is the most expensive thing a change can add, because every later change may lean on it.
//! So it is written down with its reason where readers look for the shape of the project, and an
//! edge that is no longer used leaves the table. Dependencies of tests alone are free. Rows of
//! crates that do not exist yet wait.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::tree::{File, Tree, Use};

const DOCUMENT: &str = "ARCHITECTURE.md";
const START: &str = "<!-- edges -->";
const END: &str = "<!-- /edges -->";

/// What the table says of a crate.
struct Row {
    line: usize,
    may_use: BTreeSet<String>,
    why: String,
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rows = tree.file(DOCUMENT).map(rows).unwrap_or_default();
    if rows.is_empty() {
        let text = format!("no table of edges: write it between {START} and {END}");
        return vec![Finding::at(DOCUMENT, 1, text)];
    }
    let mut findings = Vec::new();
    for member in tree.members() {
        let Some((manifest_file, manifest)) = tree.manifest(member) else { continue };
        let Some(row) = rows.get(&member.name) else {
            let text = format!("{} has no row in {DOCUMENT}: add one", member.name);
            findings.push(Finding::new(manifest_file, 1, text));
            continue;
        };
        let used: BTreeSet<&String> = member
            .dependencies
            .iter()
            .filter(|dependency| dependency.used == Use::Product)
            .map(|dependency| &dependency.name)
            .filter(|name| tree.member(name).is_some())
            .collect();
        for name in used.iter().filter(|name| !row.may_use.contains(**name)) {
            let text = format!(
                "{} may not use {name}: do without, or add the edge and its reason to {DOCUMENT}",
                member.name
            );
            findings.push(Finding::new(manifest_file, manifest.line_of_dependency(name), text));
        }
        let is_unused = |name: &&String| !used.contains(name) && tree.member(name).is_some();
        for name in row.may_use.iter().filter(is_unused) {
            let text = format!("{} does not use {name}: remove it from the row", member.name);
            findings.push(Finding::at(DOCUMENT, row.line, text));
        }
        if row.why.is_empty() {
            let text = format!("the edges of {} have no reason: say why", member.name);
            findings.push(Finding::at(DOCUMENT, row.line, text));
        }
    }
    findings
}

/// The rows of the table by crate.
fn rows(file: &File) -> BTreeMap<String, Row> {
    file.lines()
        .skip_while(|(_, line)| line.trim() != START)
        .take_while(|(_, line)| line.trim() != END)
        .filter(|(_, line)| line.starts_with('|'))
        // Its head and the line beneath.
        .skip(2)
        .filter_map(|(line, text)| {
            let mut cells = text.trim_matches('|').split('|').map(str::trim);
            let name = cells.next()?.trim_matches('`').to_owned();
            let may_use = cells.next()?.split(',').map(|name| name.trim().trim_matches('`'));
            let may_use = may_use.filter(|name| !name.is_empty()).map(str::to_owned).collect();
            let why = cells.next().unwrap_or_default().to_owned();
            Some((name, Row { line, may_use, why }))
        })
        .collect()
}

#[cfg(test)]
mod tests;
