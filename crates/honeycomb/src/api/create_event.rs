//! `POST /1/events/{dataset}`: one event, an object of its fields.
//!
//! Its time and sample rate are in headers. The answer has no body.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};

use crate::counts::Doorway;
use crate::delivery;
use crate::door::Door;

pub(crate) async fn handle(
    State(door): State<Arc<Door>>,
    dataset: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    match delivery::take(&door, Doorway::Events, dataset, request).await {
        Ok(_) => ().into_response(),
        Err(refused) => refused,
    }
}
