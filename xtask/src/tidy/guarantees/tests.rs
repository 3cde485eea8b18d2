use super::*;
use crate::tree::planted::{places, tree};

/// Guarantees: tests that open with a guarantee pass, under other attributes and in macros too.
#[test]
fn said() {
    let rust = [
        "/// Guarantees: a holds,",
        "/// and b.",
        "#[cfg(unix)]",
        "#[tokio::test(start_paused = true)]",
        "async fn a() {}",
        "proptest! {",
        "    /// Guarantees: b holds.",
        "    #[test]",
        "    fn b(x in any::<u8>()) {}",
        "}",
        "#[test_log::tests]",
        "/// #[test]",
    ];
    let python = [
        "def test_a(",
        "    given: dict[str, int],",
        ") -> None:  # long",
        "",
        "    \"\"\"Guarantees: a holds.\"\"\"",
        "def checks() -> None:",
        "    pass",
    ];
    assert_eq!(check(&tree(&[("a.rs", &rust), ("test_a.py", &python)])), []);
}

/// Guarantees: a Rust test without a guarantee, with an empty one, or with one further down is
/// found.
#[test]
fn unsaid_rust() {
    let lines = [
        "#[test]",
        "fn a() {}",
        "/// Guarantees:",
        "#[test]",
        "fn b() {}",
        "/// Checks c.",
        "/// Guarantees: c holds.",
        "#[tokio::test]",
        "async fn c() {}",
        "/// Guarantees: d holds.",
        "fn d() {}",
        "#[test]",
        "fn e() {}",
    ];
    let wanted = ["a.rs:1", "a.rs:4", "a.rs:8", "a.rs:12"];
    assert_eq!(places(&check(&tree(&[("a.rs", &lines)]))), wanted);
}

/// Guarantees: a Python test without a docstring, or with another one, is found.
#[test]
fn unsaid_python() {
    let lines = [
        "def test_a() -> None:",
        "    assert True",
        "async def test_b() -> None:",
        "    \"\"\"Checks b.\"\"\"",
    ];
    assert_eq!(places(&check(&tree(&[("test_a.py", &lines)]))), ["test_a.py:1", "test_a.py:3"]);
}
