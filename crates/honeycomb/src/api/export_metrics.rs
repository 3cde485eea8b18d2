//! `POST /v1/metrics`: refused, because metrics are not kept yet.
//!
//! The answer is final, not "try again", so that an SDK does not queue what will never be taken.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use body::ContentType;

use super::export::read_off;
use crate::counts::Doorway;
use crate::door::Door;
use crate::error;

pub(super) const NOT_KEPT: &str = "metrics are not kept yet: send traces and logs, and turn \
     metrics off with OTEL_METRICS_EXPORTER=none";

pub(crate) async fn handle(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let content = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content = ContentType::parse(content).unwrap_or(ContentType::Json);
    door.count_refused(Doorway::HttpMetrics, &head.headers, "metrics", NOT_KEPT);
    read_off(body).await;
    let answer = otlp::failure(otlp::StatusCode::Unimplemented, NOT_KEPT, content);
    let headers = [(header::CONTENT_TYPE, error::media_type(content))];
    (StatusCode::NOT_IMPLEMENTED, headers, answer.body).into_response()
}
