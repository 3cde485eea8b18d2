//! `GET /api/openapi.json`: the description of this API, in OpenAPI 3.1.
//!
//! It is a file written by hand, `openapi.json`: what a description is for, words, comes from
//! nowhere else. That it is complete is tested here, and that answers are as it says by the tests
//! of the server, which hold every one of them against it.

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::json_response;
use crate::app::App;

/// The description.
const OPENAPI: &str = include_str!("openapi.json");

/// `GET /api/openapi.json`. It says nothing about events, so it needs no key.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/openapi.json", get(show))
}

async fn show() -> Response {
    json_response(OPENAPI.to_owned())
}

#[cfg(test)]
mod tests;
