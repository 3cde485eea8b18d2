use super::*;

fn parse(words: &[&str]) -> Result<Arguments, String> {
    Arguments::parse(words.iter().map(|word| (*word).to_owned()))
}

/// Guarantees: both spellings of the address are read, and without one the usual port is taken.
#[test]
fn addresses() {
    assert_eq!(parse(&[]).unwrap().listen, "127.0.0.1:4567");
    assert_eq!(parse(&["--listen", "127.0.0.1:0"]).unwrap().listen, "127.0.0.1:0");
    assert_eq!(parse(&["--listen=[::1]:80"]).unwrap().listen, "[::1]:80");
}

/// Guarantees: an argument that is not understood is named, not ignored.
#[test]
fn unknown_arguments() {
    assert!(parse(&["--port", "1"]).unwrap_err().contains("--port"));
    assert!(parse(&["--listen"]).is_err());
}
