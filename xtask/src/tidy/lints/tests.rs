use super::*;
use crate::tree::planted::{places, tree};

const FORBIDS: [&str; 2] = ["[workspace.lints.rust]", "unsafe_code = \"forbid\""];

fn found(lines: &[&str]) -> Vec<String> {
    places(&check(&tree(&[("Cargo.toml", &FORBIDS), ("a.rs", lines)])))
}

/// Guarantees: a workspace that does not forbid unsafe code is found.
#[test]
fn unsafe_code() {
    for lines in [vec![FORBIDS[0], "unsafe_code = \"deny\""], vec!["[lints.rust]", FORBIDS[1]]] {
        assert_eq!(places(&check(&tree(&[("Cargo.toml", &lines)]))), ["Cargo.toml:1"]);
    }
}

/// Guarantees: a lint switched off with a reason passes, over several lines too, and so does what
/// only looks like one.
#[test]
fn with_reason() {
    let lines = [
        "#[expect(dead_code, reason = \"used later\")]",
        "#![allow(",
        "    dead_code,",
        "    reason = \"generated [by hand]\"",
        ")]",
        "#[derive(Debug)]",
        "let x = [1].first().expect(\"one\");",
        "#[doc = \"allow(x)\"]",
    ];
    assert!(found(&lines).is_empty());
}

/// Guarantees: a lint switched off without a reason is found, at the first line of the attribute.
#[test]
fn without_reason() {
    let lines = [
        "#[allow(dead_code)]",
        "    #![expect(dead_code)]",
        "#[allow(",
        "    dead_code,",
        ")]",
        "#[cfg_attr(test, allow(dead_code))]",
        "#[expect(dead_code, reason = \"used later\")]",
    ];
    assert_eq!(found(&lines), ["a.rs:1", "a.rs:2", "a.rs:3", "a.rs:6"]);
}
