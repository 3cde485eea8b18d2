//! The table of a dialect's operations is whole: every operation that the vendor describes is in
//! it, every file of `api/` is named by it, and every row has its file and its page in `specs/`.
//!
//! The table is what a reader trusts for what is built.

use std::collections::BTreeSet;

use super::Finding;
use crate::tree::{File, Tree};

const TABLE: &str = "crates/honeycomb/src/lib.rs";
const START: &str = "<!-- operations -->";
const END: &str = "<!-- /operations -->";
const API: &str = "crates/honeycomb/src/api/";
const SPECS: &str = "specs/honeycomb/";
/// The vendor's description of its interface: paths, and under each its methods.
const DESCRIPTION: &str = "captures/honeycomb/openapi-2026-01.yaml";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// What a row says in place of a name, and the file that answers for it.
const NOT_BUILT: (&str, &str) = ("not built", "not_built");

/// A row of the table.
struct Row {
    line: usize,
    operation: String,
    name: String,
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(table) = tree.file(TABLE) else { return Vec::new() };
    let rows = rows(table);
    let mut findings = Vec::new();
    let exists = |path: &str| tree.file(path).is_some();
    for row in &rows {
        let api = format!("{API}{}.rs", row.name);
        if !exists(&api) {
            let text = format!("{} names {api}, which is not there", row.operation);
            findings.push(Finding::at(TABLE, row.line, text));
        }
        let spec = format!("{SPECS}{}.md", row.name);
        if row.name != NOT_BUILT.1 && !exists(&spec) {
            let text = format!("{} has no page: write {spec}", row.operation);
            findings.push(Finding::at(TABLE, row.line, text));
        }
    }
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    for file in &tree.files {
        for (folder, extension) in [(API, ".rs"), (SPECS, ".md")] {
            let Some(name) = file.path.strip_prefix(folder) else { continue };
            let Some(name) = name.strip_suffix(extension) else { continue };
            // Tests and what an operation is made of lie in a folder of its name.
            if name.contains('/') || name == "README" {
                continue;
            }
            if !names.contains(name) {
                let text = format!("no row of the table in {TABLE} names {name}");
                findings.push(Finding::new(file, 1, text));
            }
        }
    }
    findings.extend(compare(tree.file(DESCRIPTION), &rows));
    findings
}

/// Operations that only one of the description and the table has.
fn compare(description: Option<&File>, rows: &[Row]) -> Vec<Finding> {
    let Some(description) = description else {
        return vec![Finding::at(DESCRIPTION, 1, "the vendor's description is not there")];
    };
    let described = described(description);
    let mut findings = Vec::new();
    for (line, operation) in &described {
        if !rows.iter().any(|row| row.operation == *operation) {
            let text = format!("{operation} is missing in the table of {TABLE}");
            findings.push(Finding::new(description, *line, text));
        }
    }
    for row in rows {
        let of_vendor = row.operation.contains(" /1/") || row.operation.contains(" /2/");
        if of_vendor && !described.iter().any(|(_, operation)| *operation == row.operation) {
            let text = format!("{} is not in {DESCRIPTION}", row.operation);
            findings.push(Finding::at(TABLE, row.line, text));
        }
    }
    findings
}

/// The operations of a description, each as `GET /path`, and where it begins.
fn described(file: &File) -> Vec<(usize, String)> {
    let mut operations = Vec::new();
    let mut path = "";
    for (line, text) in file.lines() {
        let Some(name) = text.trim_end().strip_suffix(':') else { continue };
        if let Some(name) = name.strip_prefix("  ").filter(|name| name.starts_with('/')) {
            path = name;
        }
        let method = name.strip_prefix("    ").filter(|name| METHODS.contains(name));
        if let (Some(method), false) = (method, path.is_empty()) {
            operations.push((line, format!("{} {path}", method.to_uppercase())));
        }
    }
    operations
}

fn rows(file: &File) -> Vec<Row> {
    file.lines()
        .map(|(line, text)| (line, text.trim_start_matches("//!").trim()))
        .skip_while(|(_, text)| *text != START)
        .take_while(|(_, text)| *text != END)
        .filter_map(|(line, text)| {
            let mut cells = text.strip_prefix("| `")?.split('|').map(str::trim);
            let operation = cells.next()?.trim_matches('`').to_owned();
            let name = match cells.next()? {
                said if said == NOT_BUILT.0 => NOT_BUILT.1.to_owned(),
                name => name.trim_matches('`').to_owned(),
            };
            Some(Row { line, operation, name })
        })
        .collect()
}

#[cfg(test)]
mod tests;
