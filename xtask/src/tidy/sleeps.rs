//! Nothing sleeps: it waits for a condition.
//!
//! A sleep in a test is too short on a busy machine and too long on every other; in the product it
//! is a delay that no event can cut short. The exception is a loop outside Rust that asks another
//! process again and again: its line says so in a comment that begins with `waits for`.

use super::Finding;
use super::words::word_ends;
use crate::tree::{File, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (line, text) in file.lines().filter(|(_, text)| sleeps(file, text)) {
            let is_polling = text.contains("# waits for ") || text.contains("// waits for ");
            if file.is_rust() || !is_polling {
                let mut what = "sleeps: wait for the condition itself".to_owned();
                if !file.is_rust() {
                    what.push_str(
                        ", or say which one the loop `waits for` in a comment on the line",
                    );
                }
                findings.push(Finding::new(file, line, what));
            }
        }
    }
    findings
}

fn sleeps(file: &File, line: &str) -> bool {
    if file.is_rust() {
        return rust_sleeps(line);
    }
    if file.is_python() {
        return word_ends(line, "sleep").any(|(_, after)| after.starts_with('('));
    }
    if file.is_script() {
        return script_sleeps(line);
    }
    is_shell(file) && shell_sleeps(line)
}

/// The function by its path, or by its name once it is imported; not a method, which is ours.
fn rust_sleeps(line: &str) -> bool {
    if line.trim_start().starts_with("//") {
        return false;
    }
    ["sleep", "sleep_ms", "sleep_until"].into_iter().any(|name| {
        word_ends(line, name).any(|(before, after)| {
            let is_call = after.starts_with('(') && !before.ends_with('.');
            let is_path = before.ends_with("thread::") || before.ends_with("time::");
            is_path || (is_call && !before.ends_with("fn "))
        })
    })
}

/// A promise that only time fulfils, or the browser driver's own.
fn script_sleeps(line: &str) -> bool {
    let is_promise = line.contains("Promise") || line.contains("resolve");
    (is_promise && line.contains("setTimeout(")) || line.contains("waitForTimeout(")
}

fn is_shell(file: &File) -> bool {
    let first = file.lines().next().map_or("", |(_, line)| line);
    file.extension() == "sh" || (first.starts_with("#!") && first.ends_with("sh"))
}

/// As a command: at the start of one, with a time behind it.
fn shell_sleeps(line: &str) -> bool {
    let is_start = |before: &str| {
        let before = before.trim_end();
        before.is_empty()
            || before.ends_with(['&', '|', ';', '(', '{'])
            || ["do", "then", "else"].iter().any(|word| before.ends_with(word))
    };
    word_ends(line, "sleep").any(|(before, after)| is_start(before) && after.starts_with(' '))
}

#[cfg(test)]
mod tests;
