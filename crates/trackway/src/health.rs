//! Whether the server lives, whether it is ready, and its numbers: for whoever watches over it.
//!
//! The first two need no key, because what starts and restarts servers has none, and they tell
//! nothing about events. The numbers do, so a strict server wants a key for them.

mod grpc;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use registry::{Mode, Permission};

use crate::api::{Failure, admit};
use crate::app::App;
use crate::metrics;

pub(crate) use grpc::routes as grpc_routes;

/// The media type of Prometheus's text.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /livez`, `/readyz` and `/metrics`.
pub(crate) fn routes(app: &Arc<App>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
        .with_state(Arc::clone(app))
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.check_ready() {
        Ok(()) => "ready\n".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

/// An open server does not look at keys here: a scrape every few seconds would drown what the list
/// of keys says about senders.
async fn numbers(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failure> {
    if app.keys.mode() == Mode::Strict {
        admit(&app, &headers, Permission::Query)?;
    }
    let text = metrics::collect(&app).await?;
    Ok(([(header::CONTENT_TYPE, METRICS_TYPE)], text).into_response())
}
