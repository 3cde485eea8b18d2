//! The tree speaks of the project alone: no path of one machine, no note of work to come, no stub.
//!
//! A path of the author's machine is wrong on every other. A note to oneself ages into a riddle:
//! what is open belongs to the issue it is part of, what is done needs no diary. A stub that
//! compiles looks like a feature until somebody calls it.

use super::Finding;
use super::words::{around, has_word};
use crate::tree::Tree;

// The pieces are put together by the compiler, so that the rule does not find itself.

/// Folders at the root of some machine, wherever they go from there.
const FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/fa", "rm/"), concat!("/ro", "ot/")];
/// The folder whose next part is somebody's name.
const HOMES: &str = concat!("/ho", "me/");
const JOBS: &str = concat!("/tmp/ba", "sh_jobs");

/// Notes of work to come, as whole words.
const NOTES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
/// Words of a diary, in lower case.
const DIARY: [&str; 6] = [
    concat!("as an ", "ai"),
    concat!("coding ", "agent"),
    concat!("language ", "model"),
    concat!("previous ", "session"),
    concat!("the ", "prompt"),
    concat!("this ", "session"),
];
/// What compiles in Rust and is not done.
const STUBS: [&str; 3] =
    [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[ig", "nore")];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (line, text) in file.lines() {
            let mut find = |what: String| findings.push(Finding::new(file, line, what));
            if has_machine_path(text) {
                find("holds a path of one machine: take it from the caller or make it".to_owned());
            }
            for note in NOTES.iter().filter(|note| has_word(text, note)) {
                find(format!("says {note}: do it, or leave it to an issue"));
            }
            let lower = text.to_lowercase();
            for words in DIARY.iter().filter(|words| has_word(&lower, words)) {
                find(format!("says \"{words}\": speak of the project alone"));
            }
            for stub in STUBS.iter().filter(|stub| file.is_rust() && text.contains(**stub)) {
                find(format!("has {stub}: finish it or take it out"));
            }
        }
    }
    findings
}

fn has_machine_path(line: &str) -> bool {
    let mut in_folders = FOLDERS.iter().flat_map(|folder| around(line, folder));
    let is_somebody = |after: &str| {
        let name_bytes =
            after.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b));
        let name_bytes = name_bytes.count();
        name_bytes > 0 && after.as_bytes().get(name_bytes) == Some(&b'/')
    };
    line.contains(JOBS)
        || in_folders.any(|(before, _)| is_root(before))
        || around(line, HOMES).any(|(before, after)| is_root(before) && is_somebody(after))
}

/// Whether a path that follows `before` starts at the root, and is not the end of a longer one.
fn is_root(before: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "._-~*/)}>]".contains(c);
    before.ends_with("://") || !before.ends_with(goes_on)
}

#[cfg(test)]
mod tests;
