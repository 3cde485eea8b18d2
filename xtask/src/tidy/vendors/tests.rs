use super::*;
use crate::tree::planted::{places, tree};

/// Guarantees: a vendor's name is found in every spelling, in identifiers and comments.
#[test]
fn vendors_in_every_spelling() {
    let lines = [
        "// as Honeycomb does",
        "struct XRayId;",
        "let aws_key = 1;",
        "// x-ray",
        "fn cloudwatch() {}",
        "enum Door { CloudWatch }",
        "const ROLLBAR_MAX: u8 = 1;",
        "struct AWSKey;",
    ];
    let wanted: Vec<String> = (1..=8).map(|line| format!("crates/store/a.rs:{line}")).collect();
    assert_eq!(places(&check(&tree(&[("crates/store/a.rs", &lines)]))), wanted);
    assert_eq!(check(&tree(&[("crates/query/Cargo.toml", &["# AWS"])])).len(), 1);
}

/// Guarantees: words that only contain such a name pass, and other crates may name vendors.
#[test]
fn neutral_words() {
    let planted = tree(&[
        ("crates/store/a.rs", &["// it draws on laws", "let max_ray = array;"]),
        ("crates/dialect/a.rs", &["// as Honeycomb does"]),
    ]);
    assert_eq!(check(&planted), []);
}
