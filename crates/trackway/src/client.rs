//! Asks a server over HTTP, for the commands that need one.
//!
//! It speaks plain HTTP and knows no TLS: a server does neither. Whoever has put one behind
//! something that does reaches it through a tunnel or by the API itself.

use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value};
use ureq::http::{Method, Request, Response, StatusCode};
use ureq::{Agent, Body};

use crate::output;
use crate::settings::{KEY_VARIABLE, SERVER_VARIABLE, environment};
use crate::stop::Stop;

/// The server that is asked if none is named: one started here without settings.
const SERVER: &str = "http://127.0.0.1:4400";
/// How long a connection may take: a server that is there answers at once.
const CONNECT: Duration = Duration::from_secs(10);
/// Largest answer that is taken: ten thousand events, each of them large.
const ANSWER_BYTES_MAX: u64 = 1 << 30;

/// Flags of every command that asks a server.
#[derive(Args, Clone, Debug)]
pub(crate) struct ServerFlags {
    /// Server to ask, also TRACKWAY_SERVER [default: http://127.0.0.1:4400]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Key to present, also TRACKWAY_KEY
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Print the server's JSON as it came
    #[arg(long)]
    pub(crate) json: bool,
}

/// A server to ask.
pub(crate) struct Client {
    agent: Agent,
    server: String,
    key: Option<String>,
}

impl Client {
    /// The server that flags, variables or the default name.
    pub(crate) fn new(flags: &ServerFlags) -> Result<Self, Stop> {
        Self::new_or(flags, SERVER)
    }

    /// The server that flags or variables name, or else this one.
    pub(crate) fn new_or(flags: &ServerFlags, other: &str) -> Result<Self, Stop> {
        let variable = |name: &str| environment(name)?.into_string().ok();
        let server = flags.server.clone().or_else(|| variable(SERVER_VARIABLE));
        let server = check_server(server.as_deref().unwrap_or(other))?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            // A key goes to the server that was named, past proxies, and nowhere it points to.
            .proxy(None)
            .max_redirects(0)
            .build();
        let key = flags.key.clone().or_else(|| variable(KEY_VARIABLE));
        Ok(Self { agent: config.into(), server, key })
    }

    /// Asks; gives the server's answer as it came.
    pub(crate) fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<String, Stop> {
        self.read(self.request(method, path, body)?)
    }

    /// The server's URL.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// The server's address, where its URL says one and not a name.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.server.strip_prefix("http://")?.parse().ok()
    }

    /// Whether the server is on this machine, as far as its URL tells.
    pub(crate) fn is_local(&self) -> bool {
        let authority = self.server.strip_prefix("http://").unwrap_or_default();
        let is_loopback = |address: SocketAddr| address.ip().is_loopback();
        authority.split(':').next() == Some("localhost") || self.address().is_some_and(is_loopback)
    }

    /// What a path answers, whatever it is; with the key or as somebody who has none.
    pub(crate) fn probe(&self, path: &str, with_key: bool) -> Result<Probe, Stop> {
        let key = if with_key { self.key.as_deref() } else { None };
        let response = self.send(Method::GET, path, key, &[], None)?;
        let date = response.headers().get("date").and_then(|date| date.to_str().ok());
        let date = date.map(str::to_owned);
        let (status, text) = self.text(response)?;
        Ok(Probe { status, date, text })
    }

    /// Gets what is read as it comes, however long it is.
    pub(crate) fn stream(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<impl Read + use<>, Failure> {
        let failed = |stop| Failure { stop, may_pass: true };
        let key = self.key.as_deref();
        let response = self.send(Method::GET, path, key, headers, None).map_err(failed)?;
        if response.status().is_success() {
            return Ok(response.into_body().into_reader());
        }
        let (status, text) = self.text(response).map_err(failed)?;
        let may_pass =
            matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        Err(Failure { stop: self.refused(status, &text), may_pass })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response<Body>, Stop> {
        self.send(method, path, self.key.as_deref(), &[], body)
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Response<Body>, Stop> {
        let url = format!("{}{path}", self.server);
        let mut request = Request::builder().method(method).uri(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let response = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                let request = request.body(body.to_string()).map_err(|e| self.failed(&e.into()))?;
                self.agent.run(request)
            }
            None => {
                let request = request.body(()).map_err(|error| self.failed(&error.into()))?;
                self.agent.run(request)
            }
        };
        response.map_err(|error| self.failed(&error))
    }

    fn read(&self, response: Response<Body>) -> Result<String, Stop> {
        let (status, text) = self.text(response)?;
        if status.is_success() { Ok(text) } else { Err(self.refused(status, &text)) }
    }

    fn text(&self, mut response: Response<Body>) -> Result<(StatusCode, String), Stop> {
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        let text = body.read_to_string().map_err(|error| self.failed(&error))?;
        Ok((response.status(), text))
    }

    fn refused(&self, status: StatusCode, text: &str) -> Stop {
        let why = reason(text);
        Stop::wrong(format!("{} answers {status}: {}", self.server, output::printable(&why)))
    }

    fn failed(&self, error: &ureq::Error) -> Stop {
        Stop::cannot(format!(
            "asking {}: {error}; is a server running there? --server URL names another",
            self.server
        ))
    }
}

/// Why nothing can be read.
pub(crate) struct Failure {
    /// The end that it is if nothing else is tried.
    pub(crate) stop: Stop,
    /// Whether it may work a little later.
    pub(crate) may_pass: bool,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        failure.stop
    }
}

/// An answer with what doctors look at.
pub(crate) struct Probe {
    /// Its status.
    pub(crate) status: StatusCode,
    /// The server's time.
    pub(crate) date: Option<String>,
    /// Its body.
    pub(crate) text: String,
}

impl Probe {
    /// Why it is no success, in the server's words.
    pub(crate) fn error(&self) -> String {
        output::printable(&reason(&self.text))
    }
}

/// The words of an error.
fn reason(text: &str) -> String {
    let said: Option<Value> = serde_json::from_str(text).ok();
    let said = said.as_ref().and_then(|body| body.get("error")).and_then(Value::as_str);
    said.map_or_else(|| text.trim().to_owned(), str::to_owned)
}

/// Reads the answer of a server.
pub(crate) fn parse(text: &str) -> Result<Value, Stop> {
    serde_json::from_str(text).map_err(|error| {
        Stop::cannot(format!("the server's answer is not JSON ({error}): is it a Trackway server?"))
    })
}

/// A path with parameters behind it: texts as they are, everything else as JSON.
pub(crate) fn with_parameters(path: &str, parameters: &Map<String, Value>) -> String {
    let mut text = path.to_owned();
    for (name, value) in parameters {
        text.push(if text.contains('?') { '&' } else { '?' });
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.push_str(&format!("{}={}", path_part(name), path_part(&value)));
    }
    text
}

/// A part of a path, with everything that means something in one escaped.
pub(crate) fn path_part(text: &str) -> String {
    let mut part = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            part.push(char::from(byte));
        } else {
            part.push_str(&format!("%{byte:02X}"));
        }
    }
    part
}

fn check_server(url: &str) -> Result<String, Stop> {
    let url = url.trim_end_matches('/');
    if url.starts_with("https://") {
        return Err(Stop::cannot(format!(
            "{url}: this command speaks no TLS; give an http:// URL, of a tunnel to the server for \
             instance, or ask the API with another client"
        )));
    }
    if !url.starts_with("http://") {
        return Err(Stop::cannot(format!("{url:?} is no server: expected http://HOST:PORT")));
    }
    Ok(url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: a server is an http URL, and https is refused with what to do instead.
    #[test]
    fn servers_are_checked() {
        assert_eq!(check_server("http://a:1/").unwrap(), "http://a:1");
        let refusal = |url: &str| format!("{:?}", check_server(url).unwrap_err());
        assert!(refusal("https://a").contains("no TLS"));
        assert!(refusal("127.0.0.1:4400").contains("http://HOST:PORT"));
    }

    /// Guarantees: nothing in a name leaves its part of a path.
    #[test]
    fn names_stay_in_their_part() {
        assert_eq!(path_part("a b/c?d#é..%"), "a%20b%2Fc%3Fd%23%C3%A9%2E%2E%25");
        assert_eq!(path_part("my-service_1"), "my-service_1");
        let parameters = serde_json::json!({"a": "b&c", "n": [1, "x"]});
        let path = with_parameters("/p", parameters.as_object().unwrap());
        assert_eq!(path, "/p?a=b%26c&n=%5B1%2C%22x%22%5D");
    }
}
