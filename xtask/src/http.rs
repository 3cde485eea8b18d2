//! Plain HTTP to a server of this machine, one connection for each request.
//!
//! Requests are HTTP/1.0, in which the body of an answer ends with the connection: there are no
//! chunks to put together, and a client library would be most of what this crate builds.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Long enough for a question on a busy machine; a server that hangs still ends the command.
const TIME_MAX: Duration = Duration::from_secs(60);
/// No answer that these commands ask for is near this.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// An answer of whatever status.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Such as 200.
    pub(crate) status: u16,
    /// The body, as text.
    pub(crate) body: String,
}

impl Answer {
    /// The body if the status is 200, else an error with status and body.
    pub(crate) fn ok(self) -> Result<String, String> {
        if self.status == 200 {
            return Ok(self.body);
        }
        Err(format!("status {}: {}", self.status, self.body.trim_end()))
    }
}

/// Gets `url` (`http://host:port/path`).
pub(crate) fn get(url: &str) -> Result<Answer, String> {
    request("GET", url, &[], "")
}

/// Posts `json` to `url`.
pub(crate) fn post(url: &str, json: &str) -> Result<Answer, String> {
    request("POST", url, &[("content-type", "application/json")], json)
}

/// Sends any request with these further headers.
pub(crate) fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answer, String> {
    let in_words = |error| format!("{method} {url}: {error}");
    let rest = url.strip_prefix("http://").ok_or_else(|| in_words("not an http:// URL".into()))?;
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let mut head = format!("{method} {path} HTTP/1.0\r\nhost: {host}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let text = exchange(host, &head, body).map_err(|error| in_words(error.to_string()))?;
    answer(&text).ok_or_else(|| in_words("the answer is not HTTP".to_owned()))
}

fn exchange(host: &str, head: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(TIME_MAX))?;
    stream.set_write_timeout(Some(TIME_MAX))?;
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let mut bytes = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn answer(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests;
