//! Whether the server lives, whether it is ready, and its numbers: for whoever watches over it.
//!
//! The first two need no key, because what starts and restarts servers has none, and they tell
//! nothing about events. The numbers do, so a strict server wants a key for them.

mod grpc;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use registry::{Mode, Permission};
use serde_json::json;

use crate::api::{Failure, admit};
use crate::app::App;
use crate::metrics;

pub(crate) use grpc::routes as grpc_routes;

/// What answers.
const SOURCE: &str = "trackway";
/// Its version.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The media type of Prometheus's text.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /livez`, `/readyz` and `/metrics`; and `/alive`, `/ready` and `/version`, the same as
/// Refinery has them, for what watches over one.
pub(crate) fn routes(app: &Arc<App>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
        .route("/alive", get(|| async { Json(json!({ "source": SOURCE, "alive": "yes" })) }))
        .route("/ready", get(ready_in_json))
        .route("/version", get(|| async { Json(json!({ "source": SOURCE, "version": VERSION })) }))
        .with_state(Arc::clone(app))
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.check_ready() {
        Ok(()) => "ready\n".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

async fn ready_in_json(State(app): State<Arc<App>>) -> Response {
    match app.check_ready() {
        Ok(()) => Json(json!({ "source": SOURCE, "ready": "yes" })).into_response(),
        Err(why) => {
            let body = json!({ "source": SOURCE, "ready": "no", "why": why });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
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
