//! `GET /1/datasets/{dataset}`: one dataset by its address.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use registry::Permission;

use crate::datasets;
use crate::desk::Desk;
use crate::problem::Problem;

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let environment = desk.admit(&headers, Permission::Query)?.environment;
    let snapshot = desk.snapshot().await?;
    let dataset = datasets::find(&snapshot, environment, &slug)?;
    Ok(datasets::answer(&desk, StatusCode::OK, &snapshot, dataset))
}
