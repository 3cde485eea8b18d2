use super::*;

/// Guarantees: an answer that a kill cut short is never taken for a whole one.
#[test]
fn cut_short() {
    let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    let read = answer(whole).unwrap();
    assert_eq!(read, Answer { status: 200, body: b"abc".to_vec() });
    for end in 0..whole.len() {
        assert!(answer(&whole[..end]).is_err(), "{end} bytes");
    }
}

/// Guarantees: without a length the answer ends with the connection; what is no HTTP is an error.
#[test]
fn other_answers() {
    assert_eq!(answer(b"HTTP/1.0 503 Busy\r\n\r\nlater").unwrap().status, 503);
    assert_eq!(answer(b"HTTP/1.0 503 Busy\r\n\r\nlater").unwrap().text(), "later");
    assert!(answer(b"SSH-2.0-server\r\n\r\n").is_err());
}
