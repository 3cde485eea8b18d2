use super::*;
use crate::tree::planted::{places, tree};

/// Guarantees: a name that says nothing is found in files, folders and modules, also as the last
/// word of a longer one.
#[test]
fn empty_names() {
    let planted = tree(&[
        ("src/utils.rs", &[]),
        ("common/a.py", &[]),
        ("web/date-helpers.ts", &[]),
        ("src/a.rs", &["mod a {", "pub(crate) mod segment_manager {"]),
    ]);
    let wanted = ["src/utils.rs:1", "common/a.py:1", "web/date-helpers.ts:1", "src/a.rs:2"];
    assert_eq!(places(&check(&planted)), wanted);
}

/// Guarantees: names that only contain such a word are left alone, and so are recordings.
#[test]
fn good_names() {
    let planted = tree(&[
        ("src/utility_rates.rs", &["mod commons {", "let mod_misc = {", "// mod misc {"]),
        ("captures/common/a.json", &[]),
        (".gitignore", &[]),
    ]);
    assert!(check(&planted).is_empty());
}
