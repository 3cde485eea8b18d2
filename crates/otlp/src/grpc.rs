//! Calls of gRPC: how a message lies in a body of HTTP/2, and how a call ends.
//!
//! The HTTP stack carries them like other requests; what gRPC adds is little, and doing it here
//! keeps a message under the same limits of size, ratio and memory as every other body. A call that
//! is refused is answered with headers alone; one that succeeds ends with trailers.
//!
//! Not done: a client's deadline (`grpc-timeout`) changes nothing. A client that waits no longer
//! cancels its call, and what it had sent whole by then may have been kept.

mod answer;
pub mod health;
mod message;
mod status;

pub use answer::{ENCODINGS, answer, begin, end, refuse};
pub use message::Message;
pub use status::{Status, is_internal};

use http::{HeaderMap, header};

/// Bytes before a message: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;

/// Whether a request is a call with messages in protobuf.
pub fn is_call(headers: &HeaderMap) -> bool {
    let content = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content = content.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    ["application/grpc", "application/grpc+proto"]
        .into_iter()
        .any(|known| content.eq_ignore_ascii_case(known))
}

/// A message as it lies in a body.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(PREFIX_BYTES + message.len());
    out.push(0);
    out.extend_from_slice(&(message.len() as u32).to_be_bytes());
    out.extend_from_slice(message);
    out
}

#[cfg(test)]
mod tests;
