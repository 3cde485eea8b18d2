//! An unexpected error: a 500 for the client, an `exception` event on the request's span.
//!
//! A handler returns `Result<_, Failure>` and uses `?` on any error. The error's type, its words
//! and the stack at the `?` travel in the response's extensions to [`crate::request_span`], which
//! owns the server span; the client learns none of it.

use std::backtrace::Backtrace;
use std::error::Error;
use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Lines of a stack that are kept, two to a frame. The frames beneath belong to the runtime.
const STACK_LINES_MAX: usize = 64;

/// What went wrong, in the words of the OpenTelemetry conventions for exceptions.
#[derive(Debug)]
pub(crate) struct Exception {
    /// Path of the error's type, as in `std::num::ParseIntError`.
    pub(crate) kind: &'static str,
    /// The error's message, then those of its sources.
    pub(crate) message: String,
    stack: String,
}

impl Exception {
    /// Records this on `span` as the event `exception`, and the span as failed.
    pub(crate) fn record_on(&self, span: &Span) {
        span.add_event(
            "exception",
            vec![
                KeyValue::new("exception.type", self.kind),
                KeyValue::new("exception.message", self.message.clone()),
                KeyValue::new("exception.stacktrace", self.stack.clone()),
            ],
        );
        span.set_attribute("error.type", self.kind);
        span.set_status(Status::error(self.message.clone()));
    }
}

/// Any error, on its way out of a handler.
#[derive(Debug)]
pub(crate) struct Failure(Arc<Exception>);

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(source) = cause {
            message.push_str(": ");
            message.push_str(&source.to_string());
            cause = source.source();
        }
        let stack = Backtrace::force_capture().to_string();
        let stack: Vec<&str> = stack.lines().take(STACK_LINES_MAX).collect();
        let kind = std::any::type_name::<E>();
        Self(Arc::new(Exception { kind, message, stack: stack.join("\n") }))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let mut response = (status, Json(["internal_server_error"])).into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}
