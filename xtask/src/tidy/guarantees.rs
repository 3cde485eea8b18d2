//! Every test says in its first line what it guarantees.
//!
//! Whoever breaks a test has to know what was promised to whom, before deciding whether the code or
//! the test is wrong. A sentence that cannot be written shows a test that tests nothing.

use super::Finding;
use crate::tree::{File, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rust = tree.files.iter().filter(|file| file.is_rust()).flat_map(unsaid_in_rust);
    let python = tree.files.iter().filter(|file| file.is_python()).flat_map(unsaid_in_python);
    rust.chain(python).collect()
}

fn unsaid_in_rust(file: &File) -> Vec<Finding> {
    let lines: Vec<&str> = file.lines().map(|(_, text)| text.trim()).collect();
    let mut findings = Vec::new();
    for (at, _) in lines.iter().enumerate().filter(|(_, line)| is_test_attribute(line)) {
        let above = lines.iter().take(at).rev().take_while(|line| is_doc_or_attribute(line));
        let first_doc = above.filter(|line| line.starts_with("///")).last();
        let said = first_doc.and_then(|doc| doc.strip_prefix("/// Guarantees:"));
        if said.is_none_or(|said| said.trim().is_empty()) {
            let text = "a test without its guarantee: write `/// Guarantees: ...` above it";
            findings.push(Finding::new(file, at + 1, text));
        }
    }
    findings
}

/// `#[test]`, `#[tokio::test]`, `#[tokio::test(start_paused = true)]`.
fn is_test_attribute(line: &str) -> bool {
    let Some(attribute) = line.strip_prefix("#[") else { return false };
    let path = attribute.split(['(', ']']).next().unwrap_or_default();
    path.rsplit("::").next().is_some_and(|name| name.trim() == "test")
}

fn is_doc_or_attribute(line: &str) -> bool {
    line.starts_with("///") || line.starts_with("#[")
}

fn unsaid_in_python(file: &File) -> Vec<Finding> {
    let lines: Vec<&str> = file.lines().map(|(_, text)| text.trim()).collect();
    let mut findings = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let function = line.strip_prefix("async ").unwrap_or(line);
        if !function.starts_with("def test") {
            continue;
        }
        let mut body = lines.iter().skip(at).skip_while(|line| !ends_head(line)).skip(1);
        let docstring = body.find(|line| !line.is_empty());
        if !docstring.is_some_and(|line| line.starts_with("\"\"\"Guarantees")) {
            let text = "a test without its guarantee: open it with a docstring \"Guarantees: ...\"";
            findings.push(Finding::new(file, at + 1, text));
        }
    }
    findings
}

/// Whether a line of Python is the last of a function's head.
fn ends_head(line: &str) -> bool {
    line.split(" #").next().is_some_and(|code| code.trim_end().ends_with(':'))
}

#[cfg(test)]
mod tests;
