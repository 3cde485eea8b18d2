use super::listener;

/// Guarantees: the line of a listener gives its address and name, and no other line does.
#[test]
fn listeners() {
    let found = listener("listening on http://127.0.0.1:4400 (main)");
    assert_eq!(found, Some(("http://127.0.0.1:4400", "main")));
    assert_eq!(listener("listening on http://127.0.0.1:4400"), None);
    assert_eq!(listener("held in flush"), None);
}
