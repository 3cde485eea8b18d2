//! How the API says that something failed: a status by what the caller must do, and words as JSON.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use model::{Error, ErrorKind};
use serde_json::{Value, json};

/// Longest text of the framework that is passed on.
const WORDS_BYTES_MAX: usize = 16 << 10;

/// A failed operation on its way to the client.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    text: String,
    retry_after_seconds: Option<u64>,
}

impl Failure {
    /// A failure with a status and words of its own.
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), retry_after_seconds: None }
    }

    /// It within an answer that has begun.
    pub(super) fn told(&self) -> Value {
        json!({"status": self.status.as_u16(), "error": self.text})
    }

    /// The answer.
    pub(crate) fn answer(self) -> Response<Body> {
        let mut response = (self.status, Json(json!({ "error": self.text }))).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Gives answers that the framework made, because a method or a body was not what it should be, the
/// form of ours.
pub(super) async fn in_our_words(response: Response<Body>) -> Response<Body> {
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let text = to_bytes(body, WORDS_BYTES_MAX).await.unwrap_or_default();
    let text = match String::from_utf8_lossy(&text).trim() {
        "" => status.canonical_reason().unwrap_or("it failed").to_lowercase(),
        text => text.to_owned(),
    };
    let (ours, body) = Failure::new(status, text).answer().into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(ours.headers);
    Response::from_parts(parts, body)
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response<Body> {
        self.answer()
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::Invalid => StatusCode::BAD_REQUEST,
            ErrorKind::Missing => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Denied => StatusCode::FORBIDDEN,
            ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorKind::Stalled => StatusCode::REQUEST_TIMEOUT,
            ErrorKind::TooCostly => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorKind::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Corrupt | ErrorKind::Bug => {
                tracing::error!("a request failed: {error}");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let retry_after_seconds = error.kind().retry_after_seconds();
        Self { status, text: words(&error), retry_after_seconds }
    }
}

/// What is said. A question that costs too much can be asked for less, and the server can be set to
/// spend more: both are said, whoever made the error.
fn words(error: &Error) -> String {
    let text = error.to_string();
    if error.kind() != ErrorKind::TooCostly || text.contains("--query-") {
        return text;
    }
    format!(
        "{text}; --query-memory and --query-seconds of the server say how much a question may take"
    )
}

#[cfg(test)]
mod tests;
