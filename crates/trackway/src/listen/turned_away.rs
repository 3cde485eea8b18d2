//! Tells a connection beyond the bound to come again, without reading what it wants.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{HeaderMap, StatusCode};
use otlp::grpc::{self, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// How many are told at once; further ones are closed without a word.
pub(super) const AT_ONCE: usize = 64;
/// How long one may take to hear it.
const PATIENCE: Duration = Duration::from_secs(1);
/// Most bytes that are taken from it meanwhile: closing a socket with unread bytes in it would take
/// the answer back. A head and the beginning of a body arrive before the sender looks.
const READ_MAX: u64 = 256 << 10;

/// How long it waits before it comes again.
const RETRY_AFTER_TIME: Duration = Duration::from_secs(5);
/// What is said of a request beyond the bound on a connection that others share.
const WORDS: &str = "too many requests at once, try again later";

const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json\r\n\
    retry-after: 5\r\n\
    connection: close\r\n\
    content-length: 49\r\n\
    \r\n\
    {\"error\":\"too many connections, try again later\"}";

/// The answer to a request beyond the bound, in the way in which it was asked.
pub(super) fn answer(asked: &HeaderMap) -> Response {
    if grpc::is_call(asked) {
        let status = Status::new(otlp::StatusCode::Unavailable, WORDS);
        return grpc::refuse(&status.retry_after(RETRY_AFTER_TIME));
    }
    let mut answer = Response::new(Body::from(format!("{{\"error\":\"{WORDS}\"}}")));
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_TIME.as_secs()));
    answer
}

/// Tells it in a task of its own.
pub(super) fn spawn(stream: TcpStream, turns: &Arc<Semaphore>) {
    let Ok(turn) = Arc::clone(turns).try_acquire_owned() else { return };
    tokio::spawn(async move {
        // Whoever does not listen has lost nothing.
        drop(tokio::time::timeout(PATIENCE, tell(stream)).await);
        drop(turn);
    });
}

async fn tell(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(ANSWER).await?;
    stream.shutdown().await?;
    let mut rest = stream.take(READ_MAX);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: the answer says its own length.
    #[test]
    fn the_length_is_right() {
        let text = std::str::from_utf8(ANSWER).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
    }
}
