use super::*;
use crate::tree::planted::{member, package, tree};

fn found(package: Package) -> Vec<String> {
    let mut planted = tree(&[("Cargo.lock", &["[[package]]", "name = \"dep\""])]);
    planted.packages = vec![package];
    check(&planted).iter().map(ToString::to_string).collect()
}

/// Guarantees: packages that may be used pass, and so do members.
#[test]
fn permissive() {
    assert!(found(package("dep", "1.0.0", "MIT OR GPL-3.0-only")).is_empty());
    assert!(found(member("store", &[])).is_empty());
}

/// Guarantees: a licence that asks for more, none, and one that cannot be read are each found at
/// the package's line of the lock file.
#[test]
fn not_permissive() {
    let refused = found(package("dep", "1.0.0", "MIT AND GPL-3.0-only"));
    assert_eq!(refused.len(), 1);
    assert!(refused[0].starts_with("Cargo.lock:2: dep is under MIT AND GPL-3.0-only"));
    assert!(found(package("dep", "1.0.0", "MIT OR"))[0].contains("no SPDX expression"));
    let undeclared = Package { licence: None, ..package("dep", "1.0.0", "") };
    assert!(found(undeclared)[0].contains("declares no SPDX licence"));
}

/// Guarantees: what comes from elsewhere than crates.io is found, also a folder outside.
#[test]
fn sources() {
    let from = |source: Option<&str>| {
        let source = source.map(str::to_owned);
        found(Package { source, ..package("dep", "1.0.0", "MIT") })
    };
    assert!(from(Some("sparse+https://index.crates.io/")).is_empty());
    assert!(from(Some("git+https://example.com/dep"))[0].contains("take it from crates.io"));
    assert!(from(Some("registry+https://example.com/index"))[0].contains("example.com/index"));
    assert!(from(None)[0].contains("outside the workspace"));
}
