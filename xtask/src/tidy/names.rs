//! No file, folder or module has a name that would fit any other as well.
//!
//! Such a name tells a reader nothing and takes in whatever has no place yet. What a file is about
//! is its name, as `retention.rs` is.

use super::Finding;
use crate::tree::{File, Tree};

const EMPTY: [&str; 7] = ["util", "utils", "helper", "helpers", "common", "misc", "manager"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| !file.is_recorded()) {
        for part in file.path.split('/') {
            let stem = part.split('.').find(|stem| !stem.is_empty()).unwrap_or(part);
            findings.extend(finding(file, 1, stem));
        }
        if file.is_rust() {
            let modules = file.lines().filter_map(|(line, text)| Some((line, module(text)?)));
            findings.extend(modules.filter_map(|(line, name)| finding(file, line, name)));
        }
    }
    findings
}

/// The module that a line declares with its body; one without is a file and has been seen.
fn module(line: &str) -> Option<&str> {
    let (visibility, name) = line.strip_suffix('{')?.trim().rsplit_once("mod ")?;
    (visibility.is_empty() || visibility.starts_with("pub")).then_some(name)
}

fn finding(file: &File, line: usize, name: &str) -> Option<Finding> {
    let last = name.rsplit(['_', '-']).next().unwrap_or(name);
    EMPTY.contains(&last.to_lowercase().as_str()).then(|| {
        let text = format!("the name {name} says nothing: name it by what it is or does");
        Finding::new(file, line, text)
    })
}

#[cfg(test)]
mod tests;
