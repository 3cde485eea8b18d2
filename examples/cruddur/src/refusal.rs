//! What a client did wrong: 422 and a list of codes.
//!
//! The codes are those of the model user's front end, its spelling of `reciever` included.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// A refused request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal(&'static str);

impl Refusal {
    /// Refuses with `code`, which is kept on the current span as `app.refusal`.
    pub(crate) fn new(code: &'static str) -> Self {
        Span::current().set_attribute("app.refusal", code);
        Self(code)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, Json([self.0])).into_response()
    }
}

/// `text` unless it is absent or blank, which is refused with `code`.
pub(crate) fn present(text: Option<String>, code: &'static str) -> Result<String, Refusal> {
    text.filter(|text| !text.trim().is_empty()).ok_or_else(|| Refusal::new(code))
}

/// A message of at least one and at most `chars_max` characters.
pub(crate) fn message(text: Option<String>, chars_max: usize) -> Result<String, Refusal> {
    let text = present(text, "message_blank")?;
    if text.chars().count() > chars_max {
        return Err(Refusal::new("message_exceed_max_chars"));
    }
    Ok(text)
}
