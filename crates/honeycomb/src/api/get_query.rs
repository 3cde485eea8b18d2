//! `GET /1/queries/{dataset}/{query}`: a query as it was put down.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use model::EnvironmentId;
use registry::Permission;
use serde_json::Value;

use crate::datasets;
use crate::desk::{Desk, blocking};
use crate::problem::Problem;
use crate::queries::{self, Query};

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Path((slug, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let environment = desk.admit(&headers, Permission::Query)?.environment;
    let query = find(&desk, environment, &slug, &id).await?;
    Ok(Json(queries::shown(&query.query, &id)))
}

/// The query of an id, if it is of this dataset.
pub(super) async fn find(
    desk: &Arc<Desk>,
    environment: EnvironmentId,
    slug: &str,
    id: &str,
) -> Result<Query, Problem> {
    let snapshot = desk.snapshot().await?;
    let dataset = datasets::target(&snapshot, environment, slug)?.map(|known| known.id.0);
    let (shelf, wanted) = (Arc::clone(desk), id.to_owned());
    let found: Option<Query> = blocking(move || shelf.queries.get(&wanted)).await?;
    let found = found.filter(|query| query.environment == environment.0);
    found.filter(|query| query.dataset == dataset).ok_or_else(|| Problem {
        detail: Some(format!("there is no query {id:?} of {slug:?}; POST /1/queries makes one")),
        ..Problem::not_found("Query not found")
    })
}
