//! One HTTP/1.1 connection that is kept from request to request, as every real client keeps it.
//!
//! [`crate::http`] opens a connection for each request, which is right for asking now and then;
//! where answers take a millisecond, opening would be a good part of what is measured.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::stopwatch::Stopwatch;

/// Long enough for a slow question on a busy machine; a server that hangs still ends the run.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(120);
/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 1 << 30;

/// A connection to a server.
#[derive(Debug)]
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
}

/// An answer, and how long it took from the first byte sent to the last received.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) took: Duration,
}

impl Connection {
    /// Connects to `http://host:port`.
    pub(super) fn open(url: &str) -> Result<Self, String> {
        let host =
            url.strip_prefix("http://").ok_or_else(|| format!("not an http:// URL: {url}"))?;
        let open = || {
            let stream = TcpStream::connect(host)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(ANSWER_TIME_MAX))?;
            stream.set_write_timeout(Some(ANSWER_TIME_MAX))?;
            Ok(Self { stream: BufReader::with_capacity(256 << 10, stream), host: host.to_owned() })
        };
        open().map_err(|error: std::io::Error| format!("connecting to {host}: {error}"))
    }

    /// Gets `path`; anything but 200 is an error.
    pub(super) fn get(&mut self, path: &str) -> Result<Answer, String> {
        self.ask("GET", path, "")?.ok(path)
    }

    /// Gets `path`, whatever the status.
    pub(super) fn get_any(&mut self, path: &str) -> Result<Answer, String> {
        self.ask("GET", path, "")
    }

    /// Posts `json` to `path`; anything but 200 is an error.
    pub(super) fn post(&mut self, path: &str, json: &str) -> Result<Answer, String> {
        self.ask("POST", path, json)?.ok(path)
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<Answer, String> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        let watch = Stopwatch::start();
        let sent = self.stream.get_mut().write_all(request.as_bytes());
        let answer = sent.map_err(|error| error.to_string()).and_then(|()| self.receive());
        let (status, body) = answer.map_err(|error| format!("{method} {path}: {error}"))?;
        Ok(Answer { status, body, took: watch.elapsed() })
    }

    /// The status and the body of the next answer.
    fn receive(&mut self) -> Result<(u16, Vec<u8>), String> {
        let first = self.line()?;
        let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| format!("not an HTTP/1.1 status line: {first:?}"))?;
        let (mut length, mut is_chunked) = (None, false);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse::<usize>().ok(),
                "transfer-encoding" => is_chunked = value.trim().eq_ignore_ascii_case("chunked"),
                _ => {}
            }
        }
        let mut body = Vec::new();
        match (is_chunked, length) {
            (true, _) => self.chunks(&mut body)?,
            (false, Some(length)) => self.bytes(length, &mut body)?,
            (false, None) => return Err("an answer without a length".to_owned()),
        }
        Ok((status, body))
    }

    fn chunks(&mut self, body: &mut Vec<u8>) -> Result<(), String> {
        loop {
            let line = self.line()?;
            let length = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16);
            let length = length.map_err(|_| format!("not the length of a chunk: {line:?}"))?;
            self.bytes(length, body)?;
            self.line()?;
            if length == 0 {
                return Ok(());
            }
        }
    }

    /// Appends the next `length` bytes to `body`.
    fn bytes(&mut self, length: usize, body: &mut Vec<u8>) -> Result<(), String> {
        let end = body.len().saturating_add(length);
        if end > ANSWER_BYTES_MAX {
            return Err(format!("an answer of {end} bytes is too long"));
        }
        let start = body.len();
        body.resize(end, 0);
        let part = body.get_mut(start..).unwrap_or_default();
        self.stream.read_exact(part).map_err(|error| error.to_string())
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).map_err(|error| error.to_string())?;
        if read == 0 {
            return Err("the server closed the connection".to_owned());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

impl Answer {
    /// Itself if the status is 200, else an error with the server's words.
    fn ok(self, path: &str) -> Result<Self, String> {
        if self.status == 200 {
            return Ok(self);
        }
        let text = String::from_utf8_lossy(&self.body);
        Err(format!("{path}: status {}: {}", self.status, text.trim_end()))
    }
}

#[cfg(test)]
mod tests;
