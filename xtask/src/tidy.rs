//! `cargo xtask tidy`: the project's rules that are not lints, each checked by a program.
//!
//! A rule that nobody checks drifts: each file gives way once, for a good reason. So a rule is a
//! lint, or a module here, or it is not a rule. Each is a function from the [`Tree`] to findings,
//! in a file that opens with what the rule asks and why.

mod edges;
mod exclusive;
mod guarantees;
mod large;
mod leftovers;
mod licences;
mod lints;
mod majors;
mod members;
mod names;
mod opening;
mod operations;
mod reasons;
mod size;
mod sleeps;
mod vendors;
mod words;

use std::fmt;
use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use crate::tree::{File, Tree};

/// Every rule.
const RULES: [fn(&Tree) -> Vec<Finding>; 16] = [
    edges::check,
    exclusive::check,
    guarantees::check,
    large::check,
    leftovers::check,
    licences::check,
    lints::check,
    majors::check,
    members::check,
    names::check,
    opening::check,
    operations::check,
    reasons::check,
    size::check,
    sleeps::check,
    vendors::check,
];

/// A place where the tree breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Relative to the root.
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) text: String,
}

impl Finding {
    /// A finding in `file`.
    fn new(file: &File, line: usize, text: impl Into<String>) -> Self {
        Self::at(&file.path, line, text)
    }

    /// A finding in a file that may not be there.
    fn at(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

/// Checks the workspace around the present folder and prints what it finds. Fails if that is
/// anything; says why if it could not look.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<ExitCode, String> {
    if let Some(argument) = arguments.next() {
        return Err(format!("tidy takes no arguments, not {argument}"));
    }
    let tree = Tree::load()?;
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    findings.sort_unstable();
    let mut report: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    let (rules, files) = (RULES.len(), tree.files.len());
    report.push_str(&match findings.len() {
        0 => format!("tidy: {files} files keep all {rules} rules\n"),
        1 => format!("tidy: 1 finding ({rules} rules, {files} files)\n"),
        many => format!("tidy: {many} findings ({rules} rules, {files} files)\n"),
    });
    match std::io::stdout().write_all(report.as_bytes()) {
        // Whoever reads has read enough, as `head` does: that changes nothing about the findings.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        written => written.map_err(|error| format!("writing the findings: {error}"))?,
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
