use super::*;

/// Guarantees: a word is found at both ends of a line and between signs, not inside another word.
#[test]
fn whole_words() {
    for line in ["cat", "a cat", "cat.", "(cat)", "concat cat"] {
        assert!(has_word(line, "cat"), "{line}");
    }
    for line in ["", "cats", "concat", "cat_", "_cat", "cat9", "ücat"] {
        assert!(!has_word(line, "cat"), "{line}");
    }
}
