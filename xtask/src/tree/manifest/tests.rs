use super::*;
use crate::tree::planted::text_file;

fn read(lines: &[&str]) -> Manifest {
    Manifest::read(&text_file("Cargo.toml", lines))
}

/// Guarantees: an entry has its table, its value without comments, and the lines it stands on.
#[test]
fn entries_with_their_lines() {
    let manifest = read(&[
        "[workspace]",
        "members = [ # all",
        "  \"a#b\",",
        "]",
        "[dependencies]",
        "serde.workspace = true # text",
    ]);
    let found: Vec<_> = manifest
        .entries
        .iter()
        .map(|e| (&*e.table, &*e.key, &*e.value, e.line, e.last_line))
        .collect();
    assert_eq!(
        found,
        [
            ("workspace", "members", "[\"a#b\",]", 2, 4),
            ("dependencies", "serde.workspace", "true", 6, 6),
        ]
    );
}

/// Guarantees: a dependency is found however its manifest spells it.
#[test]
fn dependencies_in_every_spelling() {
    let manifest = read(&[
        "[dependencies]",
        "store.workspace = true",
        "model = { workspace = true }",
        "[target.'cfg(unix)'.dependencies.body]",
        "workspace = true",
        "[dev-dependencies]",
        "tempfile = \"3\"",
    ]);
    let line_of = |name| manifest.line_of_dependency(name);
    assert_eq!(["store", "model", "body", "tempfile", "query"].map(line_of), [2, 3, 5, 7, 1]);
    let from_workspace: Vec<bool> = manifest.entries.iter().map(Entry::is_from_workspace).collect();
    assert_eq!(from_workspace, [true, true, true, false]);
}
