use super::*;
use crate::tree::Dependency;
use crate::tree::planted::{member, places, tree};

const TABLE: [&str; 7] = [
    "<!-- edges -->",
    "| crate | may use | why |",
    "|---|---|---|",
    "| `model` | | nouns need nothing |",
    "| `store` | `model`, `later` | it keeps events |",
    "| `later` | `model`, `store` | not written yet |",
    "<!-- /edges -->",
];

fn planted(table: &[&str], store_uses: &[&str]) -> Tree {
    let manifest = ["[dependencies]", "bytes.workspace = true", "body.workspace = true"];
    let mut planted = tree(&[
        ("ARCHITECTURE.md", table),
        ("crates/model/Cargo.toml", &[]),
        ("crates/store/Cargo.toml", &manifest),
    ]);
    planted.packages = vec![member("model", &[]), member("store", store_uses)];
    planted
}

/// Guarantees: edges that are used and listed pass, and so do rows and edges of crates to come,
/// dependencies from outside, and dependencies of tests.
#[test]
fn listed_edges() {
    let mut planted = planted(&TABLE, &["model", "bytes"]);
    let for_tests = Dependency { name: "store".to_owned(), used: Use::Tests };
    planted.packages[0].dependencies.push(for_tests);
    assert_eq!(check(&planted), []);
}

/// Guarantees: an edge that is not listed is found where the manifest names it.
#[test]
fn unlisted_edge() {
    let mut planted = planted(&TABLE, &["model", "body"]);
    planted.packages.push(member("body", &[]));
    assert_eq!(places(&check(&planted)), ["crates/store/Cargo.toml:3"]);
}

/// Guarantees: an edge that is listed and not used is found where the table names it.
#[test]
fn unused_edge() {
    assert_eq!(places(&check(&planted(&TABLE, &[]))), ["ARCHITECTURE.md:5"]);
}

/// Guarantees: a member without a row, a row without a reason, and a missing table are found.
#[test]
fn gaps_in_the_table() {
    let without_row: Vec<&str> =
        TABLE.into_iter().filter(|line| !line.starts_with("| `model`")).collect();
    let uses = ["model"];
    assert_eq!(places(&check(&planted(&without_row, &uses))), ["crates/model/Cargo.toml:1"]);
    let mut without_reason = TABLE;
    without_reason[4] = "| `store` | `model` | |";
    assert_eq!(places(&check(&planted(&without_reason, &uses))), ["ARCHITECTURE.md:5"]);
    assert_eq!(places(&check(&planted(&["# Edges"], &uses))), ["ARCHITECTURE.md:1"]);
}
