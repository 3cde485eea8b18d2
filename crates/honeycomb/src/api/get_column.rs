//! `GET /1/columns/{dataset}/{column}`: one column by its id.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use model::{Dataset, EnvironmentId};
use registry::Permission;
use serde_json::Value;

use crate::columns::{self, Column};
use crate::datasets;
use crate::desk::{Desk, blocking};
use crate::problem::Problem;

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Path((slug, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let environment = desk.admit(&headers, Permission::Query)?.environment;
    let (_, column) = find(&desk, environment, &slug, id).await?;
    Ok(Json(column.shown()))
}

/// The column of an id, and its dataset.
pub(super) async fn find(
    desk: &Arc<Desk>,
    environment: EnvironmentId,
    slug: &str,
    id: String,
) -> Result<(Dataset, Column), Problem> {
    let snapshot = desk.snapshot().await?;
    let dataset = datasets::find(&snapshot, environment, slug)?.clone();
    let (desk, of) = (Arc::clone(desk), dataset.clone());
    let columns = blocking(move || columns::list(&desk, &snapshot, &of)).await?;
    let found = columns.into_iter().find(|column| column.id == id);
    let column = found.ok_or_else(|| Problem {
        detail: Some(format!("the dataset {slug:?} has no column of the id {id:?}")),
        ..Problem::not_found("Column not found")
    })?;
    Ok((dataset, column))
}
