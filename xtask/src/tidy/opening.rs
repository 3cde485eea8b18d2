//! Every Rust file opens with `//!` and every Python module with a docstring.
//!
//! One line what it is, a paragraph why: a reader who opens a file for the first time should know
//! after that whether it is the one. Files of tests are explained by the file they test.

use super::Finding;
use crate::tree::{File, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| !file.is_recorded()) {
        if file.is_rust() && file.name() != "tests.rs" && !opens_as_rust(file) {
            findings.push(Finding::new(
                file,
                1,
                "does not open with `//!`: say on its first line what the file is, then why",
            ));
        }
        if file.is_python() && !opens_as_python(file) {
            findings.push(Finding::new(
                file,
                1,
                "does not open with a docstring: say in one what the module is, then why",
            ));
        }
    }
    findings
}

fn opens_as_rust(file: &File) -> bool {
    let first = file.lines().next().and_then(|(_, line)| line.strip_prefix("//!"));
    first.is_some_and(|said| !said.trim().is_empty())
}

/// Comments may stand before the docstring, as the line that names the interpreter does.
fn opens_as_python(file: &File) -> bool {
    let first = file.lines().find(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|(_, line)| {
        let line = line.strip_prefix('r').unwrap_or(line);
        line.starts_with("\"\"\"") || line.starts_with("'''")
    })
}

#[cfg(test)]
mod tests;
