//! The rule on tables of a few rows.

use super::*;
use crate::tree::planted::{places, tree};

const LIB: &[&str] = &[
    "//! <!-- operations -->",
    "//! | operation | name |",
    "//! |---|---|",
    "//! | `POST /v1/traces` | `export` |",
    "//! | `GET /1/things` | `list_things` |",
    "//! | `POST /1/things` | not built |",
    "//! <!-- /operations -->",
];
const YAML: &[&str] = &["paths:", "  /1/things:", "    get:", "      x: 1", "    post:"];

/// Guarantees: a whole table gives no findings.
#[test]
fn whole() {
    let whole = tree(&[
        (TABLE, LIB),
        (DESCRIPTION, YAML),
        ("crates/honeycomb/src/api/export.rs", &[]),
        ("crates/honeycomb/src/api/list_things.rs", &[]),
        ("crates/honeycomb/src/api/list_things/tests.rs", &[]),
        ("crates/honeycomb/src/api/not_built.rs", &[]),
        ("specs/honeycomb/export.md", &[]),
        ("specs/honeycomb/list_things.md", &[]),
        ("specs/honeycomb/README.md", &[]),
    ]);
    assert_eq!(places(&check(&whole)), [""; 0]);
}

/// Guarantees: rows without file or page, files and pages without row, and operations that only
/// one side knows are found.
#[test]
fn gaps() {
    let gaps = tree(&[
        (TABLE, LIB),
        (DESCRIPTION, &["  /1/things:", "    get:", "    delete:"]),
        ("crates/honeycomb/src/api/list_things.rs", &[]),
        ("crates/honeycomb/src/api/not_built.rs", &[]),
        ("crates/honeycomb/src/api/stray.rs", &[]),
        ("specs/honeycomb/list_things.md", &[]),
        ("specs/honeycomb/stray.md", &[]),
    ]);
    let found = check(&gaps);
    let expected = [
        // export has neither file nor page.
        format!("{TABLE}:4"),
        format!("{TABLE}:4"),
        "crates/honeycomb/src/api/stray.rs:1".to_owned(),
        "specs/honeycomb/stray.md:1".to_owned(),
        format!("{DESCRIPTION}:3"),
        format!("{TABLE}:6"),
    ];
    assert_eq!(places(&found), expected);
}
