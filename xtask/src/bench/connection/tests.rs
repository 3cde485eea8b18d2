use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::Builder;

use super::Connection;

/// Answers requests without a body on one connection, one after the other.
fn server(answers: Vec<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        let (mut stream, _) = listener.accept().unwrap();
        for answer in answers {
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                asked.extend(byte);
            }
            stream.write_all(answer.as_bytes()).unwrap();
        }
    };
    Builder::new().spawn(serve).unwrap();
    url
}

/// Guarantees: answers of known length and in chunks are read to their end and no further, so that
/// the next one on the connection is whole.
#[test]
fn one_after_the_other() {
    let url = server(vec![
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
         3\r\nsec\r\n3;x=1\r\nond\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ]);
    let mut connection = Connection::open(&url).unwrap();
    assert_eq!(connection.get("/").unwrap().body, b"first");
    assert_eq!(connection.get("/").unwrap().body, b"second");
    assert_eq!(connection.get("/").unwrap().body, b"");
}

/// Guarantees: a refused request is an error with the server's words, never a fast answer.
#[test]
fn refused() {
    let url = server(vec!["HTTP/1.1 422 No\r\ncontent-length: 7\r\n\r\ntoo big"]);
    let error = Connection::open(&url).unwrap().get("/x").unwrap_err();
    assert_eq!(error, "/x: status 422: too big");
}
