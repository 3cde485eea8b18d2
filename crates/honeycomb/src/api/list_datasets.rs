//! `GET /1/datasets`: every dataset of the key's environment.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use registry::Permission;
use serde_json::Value;

use crate::datasets;
use crate::desk::{Desk, blocking};
use crate::problem::Problem;

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let environment = desk.admit(&headers, Permission::Query)?.environment;
    let snapshot = desk.snapshot().await?;
    // Many datasets with many columns take a while to look through.
    let listed = blocking(move || {
        let all = snapshot.datasets().live_in(environment);
        let all = all.map(|known| datasets::shown(&snapshot, known, &desk.datasets.get(known)));
        Ok(all.collect::<Value>())
    });
    Ok(Json(listed.await?))
}
