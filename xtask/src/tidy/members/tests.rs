use super::*;
use crate::tree::planted::{member, places, tree};

const GOOD: [&str; 13] = [
    "[package]",
    "name = \"store\"",
    "description = \"Keeps events.\"",
    "version.workspace = true",
    "edition = { workspace = true }",
    "license.workspace = true",
    "[lints]",
    "workspace = true",
    "[dependencies]",
    "bytes.workspace = true",
    "tokio = { workspace = true, features = [\"rt\"] }",
    "[target.'cfg(unix)'.dependencies.libc]",
    "workspace = true",
];

fn findings(lines: &[&str]) -> Vec<Finding> {
    let mut planted = tree(&[("crates/store/Cargo.toml", lines)]);
    planted.packages = vec![member("store", &[])];
    check(&planted)
}

/// Guarantees: a manifest that leaves to the workspace what is its own passes.
#[test]
fn inherits() {
    assert_eq!(findings(&GOOD), []);
}

/// Guarantees: each thing that a manifest does not take from the workspace, or does not say itself,
/// is found.
#[test]
fn stands_alone() {
    for (line, instead, word) in [
        (2, "description = \"\"", "description"),
        (3, "version = \"0.1.0\"", "version"),
        (4, "", "edition"),
        (5, "license = \"MIT\"", "license"),
        (7, "", "lints"),
    ] {
        let mut lines = GOOD;
        lines[line] = instead;
        let found = findings(&lines);
        assert_eq!(places(&found), ["crates/store/Cargo.toml:1"], "{word}");
        assert!(found[0].text.contains(word), "{}", found[0].text);
    }
}

/// Guarantees: a dependency with a version of its own is found, in every spelling and once.
#[test]
fn own_versions_of_dependencies() {
    for (line, instead) in [
        (9, "bytes = \"1\""),
        (10, "tokio = { version = \"1\", features = [\"rt\"] }"),
        (12, "version = \"0.2\""),
    ] {
        let mut lines = GOOD;
        lines[line] = instead;
        let wanted = format!("crates/store/Cargo.toml:{}", line + 1);
        assert_eq!(places(&findings(&lines)), [wanted]);
    }
    let mut lines = GOOD.to_vec();
    lines[12] = "version = \"0.2\"";
    lines.push("features = []");
    assert_eq!(findings(&lines).len(), 1);
}
