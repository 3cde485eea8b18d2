use super::*;
use crate::tree::planted::{member, places, tree};

fn planted(name: &str, dependency: &str, used: Use) -> Tree {
    let manifest = format!("crates/{name}/Cargo.toml");
    let entry = format!("{dependency}.workspace = true");
    let mut planted = tree(&[(&manifest, &["[dependencies]", &entry])]);
    let mut package = member(name, &[dependency]);
    package.dependencies[0].used = used;
    planted.packages = vec![package];
    planted
}

/// Guarantees: a crate that takes what belongs to another is found, by prefix too.
#[test]
fn taken_from_others() {
    for (name, dependency) in [("store", "datafusion-common"), ("otlp", "flate2")] {
        let found = places(&check(&planted(name, dependency, Use::Product)));
        assert_eq!(found, [format!("crates/{name}/Cargo.toml:2")]);
    }
    let for_tests = planted("otlp", "datafusion-common", Use::Tests);
    assert_eq!(places(&check(&for_tests)), ["crates/otlp/Cargo.toml:2"]);
}

/// Guarantees: owners may, and tests may compress what they send.
#[test]
fn rightly_used() {
    let owners = [("query", "datafusion-expr"), ("body", "flate2"), ("store", "zstd")];
    for (name, dependency) in owners {
        assert_eq!(check(&planted(name, dependency, Use::Product)), []);
    }
    assert_eq!(check(&planted("otlp", "flate2", Use::Tests)), []);
    assert_eq!(check(&planted("otlp", "bytes", Use::Product)), []);
}
