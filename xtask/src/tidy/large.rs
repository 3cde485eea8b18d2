//! No file is larger than 300 KiB, but for those on a list with their reasons.
//!
//! What is once in the history is in every clone for good. Large data is made by a seed, or cut
//! down to what a test needs.

use super::Finding;
use crate::tree::Tree;

/// A source file at its longest has a tenth of this.
const BYTES_MAX: u64 = 300 * 1_024;

/// Files that may be larger, by path or by folder.
const ALLOWED: [(&str, &str); 2] = [
    ("Cargo.lock", "grows with the dependencies, and builds repeat by it"),
    ("captures/", "bytes of real clients are kept whole"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_allowed = |path: &str| {
        ALLOWED.iter().any(|(allowed, _)| match allowed.strip_suffix('/') {
            Some(_) => path.starts_with(allowed),
            None => path == *allowed,
        })
    };
    tree.files
        .iter()
        .filter(|file| file.bytes > BYTES_MAX && !is_allowed(&file.path))
        .map(|file| {
            let kib = file.bytes / 1_024;
            let text = format!("{kib} KiB, {} at most: cut it down or make it", BYTES_MAX / 1_024);
            Finding::new(file, 1, text)
        })
        .collect()
}

#[cfg(test)]
mod tests;
