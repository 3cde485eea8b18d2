//! Files of code have at most 500 lines before their tests, and lines at most 100 columns.
//!
//! A file that can be read in one sitting holds one idea; a longer one holds two, and the seam
//! between them is worth a name. Tests grow with what they guarantee and may be longer. Columns are
//! counted where rustfmt does not: in comments, documents and the other languages.

use super::Finding;
use crate::tree::{File, Tree};

/// Lines of a file that a reader goes through in one sitting.
const LINES_MAX: usize = 500;
/// Lines of a file of tests, or of a file with the tests inside it.
const TEST_LINES_MAX: usize = 800;
/// Characters of a line: two files fit side by side on a screen.
const COLUMNS_MAX: usize = 100;
/// What is written by hand and can be broken into lines.
const WRAPPED: [&str; 15] = [
    "css", "html", "js", "jsx", "md", "mjs", "py", "rs", "sh", "sql", "toml", "ts", "tsx", "yaml",
    "yml",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let ours = || tree.files.iter().filter(|file| !file.is_recorded());
    let mut findings: Vec<Finding> = ours().filter_map(too_many_lines).collect();
    findings.extend(ours().filter(|f| WRAPPED.contains(&f.extension())).flat_map(too_wide));
    findings
}

fn too_many_lines(file: &File) -> Option<Finding> {
    if !(file.is_rust() || file.is_python() || file.is_script()) {
        return None;
    }
    let all = file.lines().count();
    if all > TEST_LINES_MAX {
        let text = format!("{all} lines, {TEST_LINES_MAX} at most: split it by what it is about");
        return Some(Finding::new(file, TEST_LINES_MAX + 1, text));
    }
    let code = lines_before_tests(file);
    if file.is_test() || code <= LINES_MAX {
        return None;
    }
    let text = format!("{code} lines before tests, {LINES_MAX} at most: split it by ideas");
    Some(Finding::new(file, LINES_MAX + 1, text))
}

/// Lines up to the test module, if it stands in the file.
fn lines_before_tests(file: &File) -> usize {
    let mut before = "";
    for (line, text) in file.lines() {
        if before == "#[cfg(test)]" && text.starts_with("mod ") && text.ends_with('{') {
            return line - 2;
        }
        before = text;
    }
    file.lines().count()
}

fn too_wide(file: &File) -> impl Iterator<Item = Finding> {
    file.lines().filter_map(move |(line, text)| {
        let columns = text.chars().count();
        (columns > COLUMNS_MAX && can_be_broken(file, text)).then(|| {
            let text = format!("{columns} columns, {COLUMNS_MAX} at most: break the line");
            Finding::new(file, line, text)
        })
    })
}

/// A row of a table or an address cannot be broken in Markdown, nor a string or an inline table in
/// TOML.
fn can_be_broken(file: &File, line: &str) -> bool {
    match file.extension() {
        "md" => {
            let is_row = line.trim_start().starts_with('|');
            !is_row && !line.contains("](") && !line.contains("://")
        }
        "toml" => line.trim_start().starts_with('#'),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
