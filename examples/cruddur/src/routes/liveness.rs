//! Signs of life: the health check, and the greeting that tries out error reporting.

use axum::Json;
use serde::Serialize;

/// The answer of a healthy service.
#[derive(Debug, Serialize)]
pub(crate) struct Health {
    success: bool,
    ver: u32,
}

/// `GET /api/health-check`.
pub(crate) async fn health_check() -> Json<Health> {
    Json(Health { success: true, ver: 1 })
}

/// `GET /rollbar/test`: the model user's first visit after setting up error reporting.
pub(crate) async fn rollbar_test() -> &'static str {
    "Hello World!"
}
