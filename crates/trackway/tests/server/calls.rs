//! A client of gRPC that sends what it is told to, byte for byte.
//!
//! ```ignore
//! let caller = Caller::connect(&server.grpc_url);
//! let outcome = caller.export("trace", &[], &[&framed(0, &message)]);
//! assert_eq!(outcome.code, 0);
//! ```

use std::future::Future;

use h2::client::{SendRequest, handshake};
use http::{HeaderMap, Request};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::world::PATIENCE;

type Bytes = axum::body::Bytes;

/// What a call says beside its message.
pub(crate) type Metadata<'a> = &'a [(&'a str, &'a str)];

/// A connection to a server.
pub(crate) struct Caller {
    runtime: Runtime,
    requests: SendRequest<Bytes>,
    address: String,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// HTTP's status.
    pub(crate) status: u16,
    /// gRPC's code, from the trailers or, if there is nothing else, from the headers.
    pub(crate) code: Option<u32>,
    /// Its words.
    pub(crate) words: String,
    /// A `google.rpc.Status` with details.
    pub(crate) details: Option<Vec<u8>>,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body: framed messages.
    pub(crate) body: Vec<u8>,
}

impl Caller {
    /// Connects to the host and port of a URL.
    pub(crate) fn connect(url: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let address = url.strip_prefix("http://").unwrap();
        let requests = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.unwrap();
            let (requests, connection) = handshake(stream).await.unwrap();
            // That it ends is seen by the requests on it.
            tokio::spawn(async move { connection.await.ok() });
            requests
        });
        Self { runtime, requests, address: address.to_owned() }
    }

    /// Exports one signal, `trace` or `logs`, in these pieces.
    pub(crate) fn export(&self, signal: &str, metadata: Metadata<'_>, pieces: &[&[u8]]) -> Outcome {
        let service = match signal {
            "trace" => "TraceService",
            "logs" => "LogsService",
            "metrics" => "MetricsService",
            other => panic!("no signal {other}"),
        };
        let path = format!("/opentelemetry.proto.collector.{signal}.v1.{service}/Export");
        let mut all = vec![("content-type", "application/grpc"), ("te", "trailers")];
        all.extend(metadata);
        self.call(&path, &all, pieces)
    }

    /// Calls any method with any headers; each piece is a frame or some of its own.
    pub(crate) fn call(&self, path: &str, headers: &[(&str, &str)], pieces: &[&[u8]]) -> Outcome {
        self.run(async {
            let (response, mut body) = self.open(path, headers, pieces.is_empty()).await;
            for (at, piece) in pieces.iter().enumerate() {
                let piece = Bytes::copy_from_slice(piece);
                // A server that has heard enough takes no more.
                if body.send_data(piece, at + 1 == pieces.len()).is_err() {
                    break;
                }
            }
            read_outcome(response.await.unwrap()).await
        })
    }

    /// Opens a stream without ending it.
    pub(crate) async fn open(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        is_ended: bool,
    ) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
        let mut request = Request::post(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut requests = self.requests.clone().ready().await.unwrap();
        requests.send_request(request.body(()).unwrap(), is_ended).unwrap()
    }

    /// Runs something that uses the connection, within bounds.
    pub(crate) fn run<T>(&self, what: impl Future<Output = T>) -> T {
        let within = async { timeout(PATIENCE, what).await.expect("it does not take for ever") };
        self.runtime.block_on(within)
    }
}

/// Reads an answer to its end.
pub(crate) async fn read_outcome(response: http::Response<h2::RecvStream>) -> Outcome {
    let (head, mut stream) = response.into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data.unwrap();
        stream.flow_control().release_capacity(data.len()).unwrap();
        body.extend_from_slice(&data);
    }
    let trailers = stream.trailers().await.unwrap();
    let said = trailers.as_ref().unwrap_or(&head.headers);
    let text = |name: &str| said.get(name).map(|value| value.to_str().unwrap());
    Outcome {
        status: head.status.as_u16(),
        code: text("grpc-status").map(|code| code.parse().unwrap()),
        words: percent_decoded(text("grpc-message").unwrap_or_default()),
        details: text("grpc-status-details-bin").map(base64_bytes),
        headers: head.headers.clone(),
        body,
    }
}

/// A message as it lies in a body, with this mark before it.
pub(crate) fn framed(mark: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[mark], &length.to_be_bytes()[..], message].concat()
}

fn base64_bytes(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD_NO_PAD.decode(text.trim_end_matches('=')).unwrap()
}

fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}
