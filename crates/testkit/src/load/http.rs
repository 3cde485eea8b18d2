//! The least HTTP/1.1 that posts a body over a kept connection and reads the answer.
//!
//! A full client would cost more than the generator and hide when it opens connections or repeats
//! requests. This one does neither by itself: a connection that breaks is an error, because the
//! request on it may or may not have been stored.

use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use model::{Error, ErrorKind, Result};

use super::encoding::Encoding;

/// How long an answer may take. Far beyond any acceptable one: it only ends a hung run.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(120);
/// Longest head of an answer.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Longest body of an answer. OTLP answers are a few bytes, error pages a few thousand.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Host and port.
    address: String,
    /// What stands before the path of every request.
    prefix: String,
}

impl Target {
    /// The server at `url`, as in `http://127.0.0.1:4318`. A path in the URL stays before those of
    /// requests; without a port it is 80.
    ///
    /// # Errors
    /// `Invalid` if it is not an `http://` URL with a host.
    pub fn parse(url: &str) -> Result<Self> {
        let rest = url
            .strip_prefix("http://")
            .ok_or_else(|| Error::invalid(format!("not an http:// url: {url:?}")))?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.is_empty() || authority.contains(['@', '?', '#']) {
            return Err(Error::invalid(format!("no host and port in url {url:?}")));
        }
        let host_end = authority.rfind(']').map_or(0, |end| end + 1);
        let has_port = authority.bytes().skip(host_end).any(|byte| byte == b':');
        let port = if has_port { "" } else { ":80" };
        let path = path.trim_end_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        Ok(Self { address: format!("{authority}{port}"), prefix: format!("{slash}{path}") })
    }

    /// Host and port.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The head of a request to `path` with further `headers` and a body of `body_len` bytes.
    pub(super) fn head(
        &self,
        path: &str,
        headers: &str,
        encoding: Encoding,
        body_len: usize,
    ) -> String {
        let encoding = match encoding.header() {
            Some(name) => format!("content-encoding: {name}\r\n"),
            None => String::new(),
        };
        format!(
            "POST {}{path} HTTP/1.1\r\nhost: {}\r\nuser-agent: trackway-load\r\n\
             {headers}{encoding}content-length: {body_len}\r\n\r\n",
            self.prefix, self.address
        )
    }
}

/// A server's answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The value of `retry-after` where it is a number of seconds.
    pub(super) retry_after: Option<Duration>,
    /// Whether the server closes the connection after it.
    pub(super) closes: bool,
    pub(super) body: Vec<u8>,
}

/// A connection that is kept between requests.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub(super) fn open(target: &Target) -> Result<Self> {
        let open = || {
            let stream = TcpStream::connect(&target.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(ANSWER_WAIT_MAX))?;
            stream.set_write_timeout(Some(ANSWER_WAIT_MAX))?;
            Ok(Self { stream, received: Vec::new() })
        };
        open()
            .map_err(|error| broken(error).while_doing(format!("connecting to {}", target.address)))
    }

    /// Sends a request and waits for its answer.
    pub(super) fn post(&mut self, head: &[u8], body: &[u8]) -> Result<Answer> {
        self.send(head, body).map_err(|error| broken(error).while_doing("sending a request"))?;
        self.receive().map_err(|error| error.while_doing("reading an answer"))
    }

    /// Writes head and body, in one call to the system as far as it takes them.
    fn send(&mut self, head: &[u8], body: &[u8]) -> io::Result<()> {
        let sent = self.stream.write_vectored(&[IoSlice::new(head), IoSlice::new(body)])?;
        if sent < head.len() {
            self.stream.write_all(&head[sent..])?;
            return self.stream.write_all(body);
        }
        self.stream.write_all(&body[sent - head.len()..])
    }

    fn receive(&mut self) -> Result<Answer> {
        self.received.clear();
        let head_len = loop {
            if let Some(end) = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            if self.received.len() > HEAD_BYTES_MAX {
                return Err(Error::invalid("the head of an answer is too long"));
            }
            self.receive_more()?;
        };
        let (mut answer, body_len) = parse_head(&self.received[..head_len])?;
        while self.received.len() < head_len + body_len {
            self.receive_more()?;
        }
        if self.received.len() > head_len + body_len {
            return Err(Error::invalid("an answer goes on after its end"));
        }
        answer.body.extend_from_slice(&self.received[head_len..]);
        Ok(answer)
    }

    fn receive_more(&mut self) -> Result<()> {
        let mut chunk = [0; 4096];
        let len = self.stream.read(&mut chunk).map_err(broken)?;
        if len == 0 {
            return Err(broken(io::ErrorKind::UnexpectedEof.into()));
        }
        self.received.extend_from_slice(&chunk[..len]);
        Ok(())
    }
}

/// A connection that broke. Nothing is sent again on account of it.
pub(super) fn broken(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable { retry_after: Duration::ZERO }, "the connection failed")
        .because(error)
}

/// The answer that begins with `head`, still without its body, and the length of that.
fn parse_head(head: &[u8]) -> Result<(Answer, usize)> {
    let text = std::str::from_utf8(head)
        .map_err(|error| Error::invalid("the head of an answer is not text").because(error))?;
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let status = first
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .ok_or_else(|| Error::invalid(format!("not an HTTP/1.1 status line: {first:?}")))?;
    let mut answer = Answer { status, retry_after: None, closes: false, body: Vec::new() };
    // Only an answer without content may leave the length out.
    let mut body_len = (status == 204).then_some(0);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => body_len = value.parse().ok(),
            "retry-after" => answer.retry_after = value.parse().ok().map(Duration::from_secs),
            "connection" => answer.closes = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    match body_len {
        Some(len) if len <= BODY_BYTES_MAX => Ok((answer, len)),
        Some(len) => Err(Error::invalid(format!("an answer of {len} bytes is too long"))),
        None => Err(Error::invalid(format!("an answer without a content-length: {first:?}"))),
    }
}

#[cfg(test)]
mod tests;
