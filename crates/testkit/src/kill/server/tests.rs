use super::*;

/// Guarantees: each line that a server prints for tests is understood, and any other passed over.
#[test]
fn lines() {
    let listening =
        |name: &str, address: &str| Some(Line::Listening(name.to_owned(), address.to_owned()));
    let cases = [
        ("listening on http://127.0.0.1:4400 (main)", listening("main", "127.0.0.1:4400")),
        ("listening on http://[::1]:5 (otlp-http)", listening("otlp-http", "[::1]:5")),
        ("ready", Some(Line::Happening(Happening::Ready))),
        ("held in commit", Some(Line::Happening(Happening::Held("commit".to_owned())))),
        ("ready soon", None),
        ("listening", None),
    ];
    for (line, expected) in cases {
        assert_eq!(read_line(line), expected, "{line}");
    }
}

/// Guarantees: a program that ends instead of opening its ports is an error with its last words.
#[test]
fn a_server_that_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let launch = Launch {
        // It knows neither the command nor the flags, and says so.
        program: Path::new("ls"),
        data: folder.path(),
        log: &log,
        store: "",
        way: None,
        trace: None,
    };
    let Err(error) = Server::start(&launch) else { panic!("ls does not serve") };
    assert!(error.contains("did not open its ports") && error.contains("ls: "), "{error}");
}
