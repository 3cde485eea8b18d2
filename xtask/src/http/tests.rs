use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::Builder;

use super::{Answer, answer, get, post};

/// Answers one request with `said`; gives its URL and, in the end, the request.
fn server(said: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/path?a=b", listener.local_addr().unwrap());
    let serve = move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = String::new();
        let end = |asked: &str| if asked.starts_with("POST") { "{}" } else { "\r\n\r\n" };
        while !asked.ends_with(end(&asked)) {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            asked.push(byte[0].into());
        }
        stream.write_all(said.as_bytes()).unwrap();
        asked
    };
    (url, Builder::new().spawn(serve).unwrap())
}

/// Guarantees: a question arrives with its body and length, and the answer's body comes back whole.
#[test]
fn posted() {
    let (url, asked) = server("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"a\":\r\n1}");
    let answer = post(&url, "{}").unwrap().ok();
    assert_eq!(answer.unwrap(), "{\"a\":\r\n1}");
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("POST /path?a=b HTTP/1.0\r\nhost: 127.0.0.1:"), "{asked}");
    assert!(asked.contains("\r\ncontent-type: application/json\r\n"), "{asked}");
}

/// Guarantees: a status other than 200 is an error that gives the server's own words.
#[test]
fn refused() {
    let (url, asked) = server("HTTP/1.1 422 Unprocessable Content\r\n\r\ntoo costly\n");
    let error = get(&url).unwrap().ok().unwrap_err();
    assert_eq!(error, "status 422: too costly");
    asked.join().unwrap();
}

/// Guarantees: nobody listening, and an answer that is not HTTP, are errors that name the URL.
#[test]
fn no_answer() {
    let error = get("https://127.0.0.1:1/").unwrap_err();
    assert_eq!(error, "GET https://127.0.0.1:1/: not an http:// URL");
    let (url, asked) = server("");
    assert_eq!(get(&url).unwrap_err(), format!("GET {url}: the answer is not HTTP"));
    asked.join().unwrap();
    assert!(get(&url).unwrap_err().starts_with(&format!("GET {url}: ")));
    assert_eq!(answer("SSH-2.0\r\n\r\n"), None::<Answer>);
}
