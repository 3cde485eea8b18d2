use super::*;
use crate::tree::File;
use crate::tree::planted::places;

fn found(path: &str, bytes: u64) -> Vec<String> {
    let files = vec![File { path: path.to_owned(), bytes, text: None }];
    places(&check(&Tree { files, packages: Vec::new() }))
}

/// Guarantees: one byte more than the bound is found.
#[test]
fn too_large() {
    assert_eq!(found("web/logo.png", 307_201), ["web/logo.png:1"]);
    assert!(found("web/logo.png", 307_200).is_empty());
}

/// Guarantees: only what the list names, whole, may be larger.
#[test]
fn allowed() {
    assert!(found("Cargo.lock", 400_000).is_empty());
    assert!(found("captures/flask/traces.bin", 400_000).is_empty());
    assert_eq!(found("crates/Cargo.lock", 400_000), ["crates/Cargo.lock:1"]);
}
