//! One request over a connection of its own, byte by byte as a specification has it.
//!
//! A client library would add headers, merge them or refuse what is to be tested. Nothing is added
//! here but `host`, `connection: close` and, with a body, its length. Calls of gRPC go over HTTP/2,
//! and what comes behind their answer's body counts as headers.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::calls::Caller;
use crate::world::PATIENCE;

/// How long a stream may be silent until what it said is all that it says, signs of life aside.
const SILENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer: a specification is read by people.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// A request as it goes out.
#[derive(Debug)]
pub(crate) struct Request {
    /// `GET /path`.
    pub(crate) line: String,
    /// Whether it is a call over HTTP/2.
    pub(crate) is_call: bool,
    /// Names and values as they were written.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, compressed already.
    pub(crate) body: Vec<u8>,
}

/// An answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// Names in lower case, and values.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The first header of a name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the body is a stream of events, which has no end.
    pub(crate) fn is_stream(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"))
    }
}

/// The bytes as gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Sends a request to `http://host:port` and reads the answer. Of a stream it reads until
/// `is_enough` says so.
pub(crate) fn exchange(
    url: &str,
    request: &Request,
    is_enough: impl Fn(&Answer) -> bool,
) -> io::Result<Answer> {
    if request.is_call {
        return Ok(call(url, request));
    }
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&bytes_of(host, request))?;
    let mut received = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        let count = match stream.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return read(&received, false)?.map(|(answer, _)| answer).ok_or(error);
            }
            read => read?,
        };
        received.extend_from_slice(&buffer[..count]);
        if received.len() > ANSWER_BYTES_MAX {
            return Err(io::Error::other("the answer is too long for a specification"));
        }
        let answer = read(&received, count == 0)?;
        match answer {
            Some((answer, true)) => return Ok(answer),
            Some((answer, false)) if answer.is_stream() => {
                stream.set_read_timeout(Some(SILENCE))?;
                if is_enough(&answer) {
                    return Ok(answer);
                }
            }
            _ if count == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ => {}
        }
    }
}

fn call(url: &str, request: &Request) -> Answer {
    let path = request.line.trim_start_matches("POST ");
    let headers: Vec<(&str, &str)> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let outcome = Caller::connect(url.trim_end_matches('/')).call(path, &headers, &[&request.body]);
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut headers: Vec<(String, String)> =
        outcome.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    headers.retain(|(name, _)| !["grpc-status", "grpc-message"].contains(&name.as_str()));
    headers.extend(outcome.code.map(|code| ("grpc-status".to_owned(), code.to_string())));
    headers.push(("grpc-message".to_owned(), outcome.words));
    Answer { status: outcome.status, headers, body: outcome.body }
}

fn bytes_of(host: &str, request: &Request) -> Vec<u8> {
    let mut head = format!("{} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n", request.line);
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let is_said =
        request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if !request.body.is_empty() && !is_said {
        head.push_str(&format!("content-length: {}\r\n", request.body.len()));
    }
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&request.body);
    bytes
}

/// An answer and whether it is whole; nothing while its head is not.
fn read(bytes: &[u8], is_end: bool) -> io::Result<Option<(Answer, bool)>> {
    let wrong = |what: &str| io::Error::other(what.to_owned());
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = str::from_utf8(&bytes[..end]).map_err(|_| wrong("the head is not text"))?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let mut answer =
        Answer { status: status.ok_or_else(|| wrong("no status"))?, ..Answer::default() };
    for line in lines {
        let (name, value) =
            line.split_once(':').ok_or_else(|| wrong("a header without a colon"))?;
        answer.headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let body = &bytes[end + 4..];
    let length = answer.header("content-length").and_then(|length| length.parse::<usize>().ok());
    let is_whole = if answer.header("transfer-encoding") == Some("chunked") {
        let (chunks, is_whole) = chunks(body);
        answer.body = chunks;
        is_whole
    } else {
        answer.body = body.to_vec();
        length.map_or(is_end, |length| body.len() >= length)
    };
    Ok(Some((answer, is_whole)))
}

/// The bytes of whole chunks, and whether the last has come.
fn chunks(mut body: &[u8]) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let size = str::from_utf8(&body[..end]).ok();
        let size = size.and_then(|text| usize::from_str_radix(text.split(';').next()?, 16).ok());
        let (Some(size), rest) = (size, &body[end + 2..]) else { break };
        if size == 0 {
            return (bytes, true);
        }
        let Some(chunk) = rest.get(..size) else { break };
        bytes.extend_from_slice(chunk);
        body = rest.get(size + 2..).unwrap_or_default();
    }
    (bytes, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: answers are whole when their length or their last chunk says so, and the bytes
    /// are theirs.
    #[test]
    fn answers_are_read() {
        let head = "HTTP/1.1 201 Created\r\nX-A: b\r\n";
        for (rest, body, is_whole) in [
            ("content-length: 3\r\n\r\nabc", "abc", true),
            ("content-length: 3\r\n\r\nab", "ab", false),
            ("\r\nabc", "abc", false),
            ("transfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "abc", true),
            ("transfer-encoding: chunked\r\n\r\n2\r\nab\r\n5\r\nc", "ab", false),
        ] {
            let bytes = format!("{head}{rest}");
            let (answer, whole) = read(bytes.as_bytes(), false).unwrap().unwrap();
            assert_eq!((answer.status, answer.header("x-a")), (201, Some("b")));
            assert_eq!((answer.body, whole), (body.into(), is_whole), "{rest}");
        }
        assert!(read(head.as_bytes(), true).unwrap().is_none());
    }
}
