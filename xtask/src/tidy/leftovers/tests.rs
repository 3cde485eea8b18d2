use super::*;
use crate::tree::planted::{places, tree};

fn finds(path: &str, line: &str) -> bool {
    !check(&tree(&[(path, &[line])])).is_empty()
}

/// Guarantees: paths of one machine are found wherever a path can start.
#[test]
fn machine_paths() {
    for folder in FOLDERS.into_iter().chain([JOBS]) {
        for start in ["", "\"", "cd ", "--at=", "file://"] {
            let line = format!("{start}{folder}x");
            assert!(finds("a.md", &line), "{line}");
        }
    }
    assert!(finds("a.sh", &format!("cd {HOMES}anna/x")));
}

/// Guarantees: the same names inside a longer path or an address pass, and so does a home without
/// its owner.
#[test]
fn other_paths() {
    for folder in FOLDERS {
        for start in ["target", "~", "http:/", "$HOME", "{base}", ".."] {
            let line = format!("{start}{folder}x");
            assert!(!finds("a.md", &line), "{line}");
        }
    }
    for line in [format!("{HOMES}<name>/x"), format!("GET {HOMES}feed"), format!("api{HOMES}a/b")] {
        assert!(!finds("a.md", &line), "{line}");
    }
}

/// Guarantees: notes and words of a diary are found as whole words, a diary's in any case.
#[test]
fn notes_and_diaries() {
    for note in NOTES {
        assert!(finds("a.py", &format!("# {note}: later")), "{note}");
        assert!(!finds("a.py", &format!("mktemp {note}{note}")), "{note}");
    }
    for words in DIARY {
        assert!(finds("a.md", &format!("It was {} that", words.to_uppercase())), "{words}");
        assert!(!finds("a.md", &format!("It was {words}s that")), "{words}");
    }
}

/// Guarantees: stubs are found in Rust, with the line they are on, and mean nothing elsewhere.
#[test]
fn stubs() {
    for stub in STUBS {
        let line = format!("    {stub}");
        let planted = tree(&[("a.rs", &["fn a() {", &line]), ("a.md", &[&line])]);
        assert_eq!(places(&check(&planted)), ["a.rs:2"], "{stub}");
    }
}
