//! Answers that go on: server-sent events, as browsers and `curl -N` read them.
//!
//! The next part of an answer is worked out when the connection takes it and not before, so a
//! reader that is slow costs no memory and keeps nobody else waiting.

use std::convert::Infallible;
use std::fmt::Write as _;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use futures::Stream;
use serde_json::Value;

/// The media type.
pub(super) const TYPE: &str = "text/event-stream";
/// What proxies are told, so that they hand on what comes and keep nothing back.
const UNBUFFERED: &str = "x-accel-buffering";

/// Some frames on their way.
#[derive(Debug, Default)]
pub(super) struct Frames(String);

impl Frames {
    /// An event of a name, with data.
    pub(super) fn event(&mut self, name: &str, data: &Value) {
        self.write(format_args!("event: {name}\ndata: {data}\n\n"));
    }

    /// An event whose data is JSON that has been written already.
    pub(super) fn written_event(&mut self, name: &str, json: &str) {
        self.write(format_args!("event: {name}\ndata: {json}\n\n"));
    }

    /// An event from which a reader can go on later.
    pub(super) fn event_at(&mut self, place: &str, name: &str, data: &Value) {
        self.write(format_args!("id: {place}\nevent: {name}\ndata: {data}\n\n"));
    }

    /// A place from which a reader can go on later, without an event.
    pub(super) fn place(&mut self, place: &str) {
        self.write(format_args!("id: {place}\n\n"));
    }

    /// A sign of life.
    pub(super) fn heartbeat(&mut self) {
        self.write(format_args!(":\n\n"));
    }

    /// Whether there is nothing to send.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes to send.
    pub(super) fn bytes(self) -> Bytes {
        self.0.into()
    }

    // JSON has no line ends outside of texts, and escapes them there.
    fn write(&mut self, frame: std::fmt::Arguments<'_>) {
        self.0.write_fmt(frame).expect("a string takes all that is written");
    }
}

/// Whether a client asks for events.
pub(super) fn wants(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(axum::http::header::ACCEPT).iter();
    accept.filter_map(|value| value.to_str().ok()).any(|value| value.contains(TYPE))
}

/// An answer of these parts.
pub(super) fn answer(
    parts: impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static,
) -> Response {
    let mut response = Response::new(Body::from_stream(parts));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    response
}
