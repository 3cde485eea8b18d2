use std::collections::BTreeSet;

use model::{ErrorKind, SeededRandom};

use super::*;
use crate::KeyClass;

/// Guarantees: a generated key is what Honeycomb's clients take for an environment's ingest key,
/// never a classic one, and no two are alike.
#[test]
fn generated_keys() {
    let random = SeededRandom::new(1);
    let keys: BTreeSet<String> = (0..1_000).map(|_| generate(&random)).collect();
    assert_eq!(keys.len(), 1_000);
    let mut seen = BTreeSet::new();
    for key in &keys {
        assert_eq!(key.len(), 64, "{key}");
        let secret = key.strip_prefix("hcxik_").unwrap();
        assert!(secret.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_lowercase()), "{key}");
        assert_eq!(KeyClass::of(key), KeyClass::Environment);
        assert!(check(key).is_ok(), "a generated key could be brought along again");
        seen.extend(secret.bytes());
    }
    assert_eq!(seen.len(), 36, "every character of the alphabet occurs");
}

/// Guarantees: a label shows at most 8 characters of a key, at most half of a short one, and
/// nothing that a terminal would obey.
#[test]
fn labels_do_not_reveal_keys() {
    assert_eq!(label("hcxik_0123456789"), "hcxik_01…");
    assert_eq!(label("password"), "pass…");
    assert_eq!(label("abc"), "a…");
    assert_eq!(label("a"), "…");
    assert_eq!(label("\u{1b}[31m\u{202e}é0123456789"), "?[31m??0…");
    for length in 0..300 {
        let key: String = "k".repeat(length);
        let shown = label(&key).chars().filter(|c| *c == 'k').count();
        assert!(shown <= 8 && shown * 2 <= length, "{shown} of {length}");
    }
}

/// Guarantees: brought values are accepted within the bounds only, and an error does not repeat
/// them.
#[test]
fn values_that_can_be_keys() {
    for good in ["12345678", "!~secret~!", "POST_SERVER_ITEM_ACCESS_TOKEN", &"x".repeat(256)] {
        assert!(check(good).is_ok(), "{good}");
    }
    for bad in ["1234567", "with space", "with\ttab", "ümlaut-key", &"x".repeat(257)] {
        let error = check(bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{bad}");
        assert!(!error.to_string().contains(bad), "{error}");
    }
}

/// Guarantees: hashes are SHA-256 and read back.
#[test]
fn hashes_read_back() {
    let hash = KeyHash::of("abc");
    assert_eq!(hash.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert!(KeyHash::parse(&hash.hex()).unwrap() == hash);
    for damaged in ["", "ba78", &"x".repeat(64), &"é".repeat(32)] {
        assert!(KeyHash::parse(damaged).is_err(), "{damaged}");
    }
}
