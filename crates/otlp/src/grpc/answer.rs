//! The answers to calls.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full};

use super::{Status, frame};

/// The encodings of messages that are understood, as a header says it.
pub const ENCODINGS: (HeaderName, HeaderValue) = (
    HeaderName::from_static("grpc-accept-encoding"),
    HeaderValue::from_static("identity,gzip,zstd"),
);

const CONTENT: HeaderValue = HeaderValue::from_static("application/grpc");

/// The answer to a call that gave one message.
pub fn answer(message: &[u8]) -> Response<impl Body<Data = Bytes, Error = Infallible> + use<>> {
    let trailers = Status::OK.headers();
    let body = Full::new(Bytes::from(frame(message)));
    begin(body.with_trailers(std::future::ready(Some(Ok(trailers)))))
}

/// The answer to a call whose frames, and at the end its trailers, are in `body`.
pub fn begin<B>(body: B) -> Response<B> {
    let mut response = Response::new(body);
    head(response.headers_mut());
    response
}

/// The last frame of an answer.
pub fn end(status: &Status) -> Frame<Bytes> {
    Frame::trailers(status.headers())
}

/// The answer to a call that failed: headers alone.
pub fn refuse<B: Default>(status: &Status) -> Response<B> {
    let mut response = begin(B::default());
    response.headers_mut().extend(status.headers());
    response
}

fn head(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_TYPE, CONTENT);
    let (name, value) = ENCODINGS;
    headers.insert(name, value);
}
