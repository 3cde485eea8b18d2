//! One request to a server that may be killed at any moment, on a connection of its own.
//!
//! Nothing is ever sent twice: a request whose connection breaks may or may not have been stored,
//! and just that is what a campaign writes down. HTTP/1.0 ends an answer with its connection, so
//! there are no chunks to put together.

use std::io::{self, Error, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer may take. Far beyond any acceptable one: it only ends a hung run.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(60);
/// The longest answer: ten thousand rows of these campaigns are 10 MB.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body as text, cut where a person has read enough.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(500).collect()
    }
}

/// Posts `body` to `address` (host and port) and reads the answer. An error says that the request
/// may or may not have been dealt with.
pub(super) fn post(
    address: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER_WAIT_MAX))?;
    stream.set_write_timeout(Some(ANSWER_WAIT_MAX))?;
    let head = format!(
        "POST {path} HTTP/1.0\r\nhost: {address}\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut bytes = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes)?;
    answer(&bytes)
}

/// Takes an answer apart; one that was cut short is an error.
fn answer(bytes: &[u8]) -> io::Result<Answer> {
    let cut = || Error::new(ErrorKind::UnexpectedEof, "the answer was cut short");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(cut)?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok())
        .ok_or_else(|| Error::new(ErrorKind::InvalidData, "the answer is not HTTP"))?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let body = bytes[end + 4..].to_vec();
    if length.is_some_and(|length| length != body.len()) {
        return Err(cut());
    }
    Ok(Answer { status, body })
}

#[cfg(test)]
mod tests;
