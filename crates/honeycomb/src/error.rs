//! Our kinds of errors as statuses of OpenTelemetry's protocol.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use body::ContentType;
use model::{Error, ErrorKind};
use otlp::StatusCode as Code;

/// Why a request is refused whose content type no decoder has, for counting.
pub(crate) const CONTENT_TYPE: &str = "content type";
/// Why one is refused whose encoding is not known.
pub(crate) const CONTENT_ENCODING: &str = "content encoding";

/// The answer to a request that was refused.
pub(crate) fn response(error: &Error, content: ContentType) -> Response {
    let (status, code) = statuses(error.kind());
    let answer = otlp::failure(code, &error.to_string(), content);
    let mut response =
        (status, [(header::CONTENT_TYPE, media_type(content))], answer.body).into_response();
    if let Some(seconds) = error.kind().retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The content type of an answer.
pub(crate) const fn media_type(content: ContentType) -> &'static str {
    match content {
        ContentType::Protobuf => "application/x-protobuf",
        ContentType::Json => "application/json",
    }
}

/// Why requests of this kind are refused, in a word or two, for counting.
pub(crate) const fn reason(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid => "malformed",
        ErrorKind::Missing => "not found",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Denied => "key",
        ErrorKind::TooLarge => "too large",
        ErrorKind::Stalled => "stalled",
        ErrorKind::TooCostly => "too costly",
        ErrorKind::Throttled { .. } => "overload",
        ErrorKind::Unavailable { .. } => "unavailable",
        ErrorKind::Corrupt | ErrorKind::Bug => "server fault",
    }
}

const fn statuses(kind: ErrorKind) -> (StatusCode, Code) {
    match kind {
        ErrorKind::Invalid => (StatusCode::BAD_REQUEST, Code::InvalidArgument),
        ErrorKind::Missing => (StatusCode::NOT_FOUND, Code::NotFound),
        ErrorKind::Conflict => (StatusCode::CONFLICT, Code::InvalidArgument),
        ErrorKind::Denied => (StatusCode::UNAUTHORIZED, Code::Unauthenticated),
        ErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted),
        ErrorKind::Stalled => (StatusCode::REQUEST_TIMEOUT, Code::DeadlineExceeded),
        ErrorKind::TooCostly => (StatusCode::UNPROCESSABLE_ENTITY, Code::ResourceExhausted),
        ErrorKind::Throttled { .. } => (StatusCode::TOO_MANY_REQUESTS, Code::ResourceExhausted),
        ErrorKind::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable),
        ErrorKind::Corrupt | ErrorKind::Bug => (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal),
    }
}
