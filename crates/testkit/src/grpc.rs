//! Calls of gRPC from a thread that waits for each: one connection, one call at a time.
//!
//! The frames of HTTP/2 are the library's. What lies in them is put together here, so that the
//! server's own reading is not what it is tested with. Nothing is ever sent twice: a call whose
//! connection breaks may or may not have been dealt with.

use std::io::{self, Error, ErrorKind};
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::client::{SendRequest, handshake};
use http::{HeaderMap, Request};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// The method that takes spans.
pub(crate) const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
/// The method that takes log records.
pub(crate) const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
/// The content type of a call.
pub(crate) const CONTENT_TYPE: &str = "application/grpc";
/// Bytes before a message: whether it is compressed, and its length.
pub(crate) const PREFIX_BYTES: usize = 5;

/// gRPC's codes that ask to try again: RESOURCE_EXHAUSTED and UNAVAILABLE.
const AGAIN: [u32; 2] = [8, 14];
/// How long a connection and a call may take. Far beyond any acceptable time: it only ends a hung
/// run.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// gRPC's code; 0 is success.
    pub(crate) code: u32,
    /// What it says of a failure.
    pub(crate) words: String,
    /// The message that is answered with, out of its frame; empty if there is none.
    pub(crate) message: Vec<u8>,
}

impl Answer {
    /// The status that an HTTP request would have been answered with, as far as a sender acts on
    /// it: taken, try again, or refused.
    pub(crate) fn http_status(&self) -> u16 {
        match self.code {
            0 => 200,
            code if AGAIN.contains(&code) => 503,
            _ => 400,
        }
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    runtime: Runtime,
    requests: SendRequest<Bytes>,
    address: String,
}

impl Connection {
    /// Connects to `address`, a host and a port.
    pub(crate) fn open(address: &str) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let requests = runtime.block_on(within(async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let (requests, connection) = handshake(stream).await.map_err(broken)?;
            // That it breaks is told by the calls on it.
            tokio::spawn(async move { connection.await.ok() });
            Ok(requests)
        }))?;
        Ok(Self { runtime, requests, address: address.to_owned() })
    }

    /// Calls a method with a framed message, compressed as `encoding` says.
    pub(crate) fn call(
        &mut self,
        path: &str,
        encoding: Option<&str>,
        framed: &[u8],
    ) -> io::Result<Answer> {
        let mut request = Request::post(format!("http://{}{path}", self.address))
            .header("content-type", CONTENT_TYPE)
            .header("te", "trailers");
        if let Some(encoding) = encoding {
            request = request.header("grpc-encoding", encoding);
        }
        let request = request.body(()).map_err(Error::other)?;
        let body = Bytes::copy_from_slice(framed);
        let requests = self.requests.clone();
        self.runtime.block_on(within(async {
            let mut requests = requests.ready().await.map_err(broken)?;
            let (response, mut stream) = requests.send_request(request, false).map_err(broken)?;
            // A server that has heard enough answers without the rest.
            stream.send_data(body, true).ok();
            let (head, body) = response.await.map_err(broken)?.into_parts();
            answer(&head.headers, body).await
        }))
    }
}

/// A message as it lies in a body.
pub(crate) fn framed(message: &[u8], is_compressed: bool) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a message of less than 4 GiB");
    [&[u8::from(is_compressed)], &length.to_be_bytes()[..], message].concat()
}

async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(WAIT_MAX, work).await.map_err(Error::from)?
}

/// Reads an answer to its end. What it says stands in its trailers, or in its headers if there is
/// nothing else.
async fn answer(headers: &HeaderMap, mut stream: RecvStream) -> io::Result<Answer> {
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data.map_err(broken)?;
        stream.flow_control().release_capacity(data.len()).map_err(broken)?;
        body.extend_from_slice(&data);
    }
    let trailers = stream.trailers().await.map_err(broken)?;
    let said = trailers.as_ref().unwrap_or(headers);
    let text = |name: &str| said.get(name).and_then(|value| value.to_str().ok());
    let invalid = |what: &str| Error::new(ErrorKind::InvalidData, what);
    let code = text("grpc-status").and_then(|code| code.parse().ok());
    let code = code.ok_or_else(|| invalid("an answer without a grpc-status"))?;
    let words = text("grpc-message").unwrap_or_default().to_owned();
    if body.is_empty() {
        return Ok(Answer { code, words, message: body });
    }
    let prefix: Option<&[u8; PREFIX_BYTES]> = body.first_chunk();
    let [0, length @ ..] = prefix.ok_or_else(|| invalid("an answer of half a frame"))? else {
        return Err(invalid("an answer in an encoding that nobody asked for"));
    };
    if body.len() != PREFIX_BYTES + u32::from_be_bytes(*length) as usize {
        return Err(invalid("an answer of another length than it says"));
    }
    Ok(Answer { code, words, message: body.split_off(PREFIX_BYTES) })
}

fn broken(error: h2::Error) -> Error {
    if error.is_io() {
        return error.into_io().unwrap_or_else(|| ErrorKind::ConnectionReset.into());
    }
    Error::other(error)
}
