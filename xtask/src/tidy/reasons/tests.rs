use super::*;
use crate::tree::planted::{places, tree};

fn found(lines: &[&str]) -> Vec<String> {
    places(&check(&tree(&[("Cargo.toml", lines)])))
}

/// Guarantees: an entry under a comment passes with those that follow it directly, over several
/// lines too, and paths of the workspace need none.
#[test]
fn explained() {
    let lines = [
        "[workspace.dependencies]",
        "model = { path = \"crates/model\" }",
        "",
        "# Text in and out.",
        "serde = { version = \"1\", features = [",
        "  \"derive\",",
        "] }",
        "serde_json = \"1\"",
        "[dependencies]",
        "bytes = \"1\"",
    ];
    assert!(found(&lines).is_empty());
}

/// Guarantees: an entry without a comment is found, also after an empty line or a bare path.
#[test]
fn unexplained() {
    let lines = [
        "[workspace.dependencies]",
        "model = { path = \"crates/model\" }",
        "bytes = \"1\"",
        "# Text.",
        "serde = \"1\"",
        "",
        "zstd = \"0.13\"",
    ];
    assert_eq!(found(&lines), ["Cargo.toml:3", "Cargo.toml:7"]);
}
