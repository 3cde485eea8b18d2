use super::*;

fn met(expression: &str) -> Option<bool> {
    let allowed = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
    is_met(expression, |name| allowed.contains(&name))
}

/// Guarantees: one side of an `OR` is enough, both sides of an `AND` are needed, and `AND` binds
/// closer.
#[test]
fn operators() {
    assert_eq!(met("MIT"), Some(true));
    assert_eq!(met("GPL-2.0-only"), Some(false));
    assert_eq!(met("GPL-2.0-only OR MIT"), Some(true));
    assert_eq!(met("GPL-2.0-only AND MIT"), Some(false));
    assert_eq!(met("MIT OR Apache-2.0 AND GPL-2.0-only"), Some(true));
    assert_eq!(met("(MIT OR Apache-2.0) AND GPL-2.0-only"), Some(false));
    assert_eq!(met("(MIT OR Apache-2.0) AND Unicode-3.0"), Some(true));
    assert_eq!(met("((MIT))"), Some(true));
}

/// Guarantees: the slash of old manifests is an `OR`, with or without spaces.
#[test]
fn old_form() {
    assert_eq!(met("GPL-2.0-only/MIT"), Some(true));
    assert_eq!(met("GPL-2.0-only / LGPL-2.1-only"), Some(false));
}

/// Guarantees: a licence with an exception is another name than the licence.
#[test]
fn exceptions() {
    assert_eq!(met("Apache-2.0 WITH LLVM-exception"), Some(true));
    assert_eq!(met("MIT WITH LLVM-exception"), Some(false));
    assert_eq!(met("GPL-2.0-only WITH Classpath-exception-2.0 OR MIT"), Some(true));
}

/// Guarantees: what is no expression is neither met nor unmet.
#[test]
fn malformed() {
    for expression in ["", "MIT OR", "OR MIT", "MIT MIT", "(MIT", "MIT)", "()", "MIT WITH"] {
        assert_eq!(met(expression), None, "{expression}");
    }
}
