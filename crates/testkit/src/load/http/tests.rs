use super::*;

/// Guarantees: a URL tells where to connect and what the paths of requests begin with.
#[test]
fn targets() {
    for (url, address, prefix) in [
        ("http://127.0.0.1:4318", "127.0.0.1:4318", ""),
        ("http://localhost/", "localhost:80", ""),
        ("http://[::1]:4318/insert/otlp/", "[::1]:4318", "/insert/otlp"),
        ("http://[::1]", "[::1]:80", ""),
    ] {
        let expected = Target { address: address.to_owned(), prefix: prefix.to_owned() };
        assert_eq!(Target::parse(url).unwrap(), expected, "{url}");
    }
    for url in ["https://localhost", "localhost:4318", "http://", "http://user@host"] {
        assert!(Target::parse(url).is_err(), "{url}");
    }
}

/// Guarantees: the parts of an answer that decide what happens next are read in any case.
#[test]
fn heads_of_answers() {
    let head = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 12\r\n\
                 CONNECTION: Close\r\n\r\n";
    let (answer, body_len) = parse_head(head).unwrap();
    assert_eq!((answer.status, body_len, answer.closes), (429, 12, true));
    assert_eq!(answer.retry_after, Some(Duration::from_secs(3)));
    let (answer, body_len) = parse_head(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
    assert_eq!((answer.status, body_len, answer.closes), (204, 0, false));
}

/// Guarantees: an answer whose end cannot be known is an error, not a hang.
#[test]
fn answers_without_an_end() {
    for head in [
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        "SSH-2.0-server\r\n\r\n",
    ] {
        assert!(parse_head(head.as_bytes()).is_err(), "{head}");
    }
}
