//! The crates `store` and `query` name no vendor, not even in a comment.
//!
//! One store keeps the events of every dialect and one engine answers for all. A vendor's name in
//! them is the first sign of a case made for one dialect, which the others then have to live with.

use super::Finding;
use crate::tree::Tree;

const NEUTRAL: [&str; 2] = ["crates/store/", "crates/query/"];
/// In lower case, a name of two words with a space between them.
const VENDORS: [&str; 7] =
    ["aws", "cloud watch", "cloudwatch", "honeycomb", "rollbar", "x ray", "xray"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_neutral = |path: &str| NEUTRAL.iter().any(|folder| path.starts_with(folder));
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| is_neutral(&file.path)) {
        for (line, text) in file.lines() {
            let words = format!(" {} ", words(text));
            for vendor in VENDORS.iter().filter(|vendor| words.contains(&format!(" {vendor} "))) {
                let text = format!("names {vendor}: say what it is in neutral words");
                findings.push(Finding::new(file, line, text));
            }
        }
    }
    findings
}

/// The words of a line in lower case with single spaces between, those inside an identifier apart:
/// `XRayId` is `x ray id`.
fn words(line: &str) -> String {
    let mut words = String::with_capacity(line.len() + 16);
    let letters: Vec<char> = line.chars().collect();
    for (at, &c) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let ends_lower = before.is_some_and(|c| c.is_lowercase());
        let begins_word = after.is_some_and(|c| c.is_lowercase());
        let starts_here = c.is_uppercase() && (ends_lower || begins_word);
        if (starts_here || !c.is_alphanumeric()) && !words.ends_with(' ') {
            words.push(' ');
        }
        if c.is_alphanumeric() {
            words.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests;
