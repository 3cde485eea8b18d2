use super::*;
use crate::tree::planted::{package, places, tree};

fn found(packages: &[(&str, &str)]) -> Vec<String> {
    let mut planted = tree(&[("Cargo.lock", &["[[package]]", "name = \"arrow-array\""])]);
    planted.packages =
        packages.iter().map(|(name, version)| package(name, version, "MIT")).collect();
    places(&check(&planted))
}

/// Guarantees: two majors of a heavy package are found; before 1.0 the second number is the major.
#[test]
fn two_majors() {
    assert_eq!(found(&[("arrow-array", "58.0.1"), ("arrow-array", "59.3.2")]), ["Cargo.lock:2"]);
    assert_eq!(found(&[("object_store", "0.12.4"), ("object_store", "0.13.0")]), ["Cargo.lock:1"]);
}

/// Guarantees: two versions of one major pass, and so do two majors of a light package.
#[test]
fn one_major() {
    assert!(found(&[("tokio", "1.54.0"), ("tokio", "1.53.9")]).is_empty());
    assert!(found(&[("syn", "1.0.0"), ("syn", "2.0.0")]).is_empty());
    assert!(found(&[("tokio-util", "0.6.0"), ("tokio-util", "0.7.0")]).is_empty());
}
