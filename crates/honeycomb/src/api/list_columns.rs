//! `GET /1/columns/{dataset}`: every column of a dataset, or of all; with `?key_name=` the one of
//! that name, by itself and not in a list.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use model::Dataset;
use registry::Permission;
use serde::Deserialize;
use serde_json::Value;

use crate::columns::{self, Column};
use crate::datasets;
use crate::desk::{Desk, blocking};
use crate::problem::Problem;

#[derive(Deserialize)]
pub(crate) struct Asked {
    key_name: Option<String>,
}

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let environment = desk.admit(&headers, Permission::Query)?.environment;
    let snapshot = desk.snapshot().await?;
    let datasets: Vec<Dataset> = match datasets::target(&snapshot, environment, &slug)? {
        Some(dataset) => vec![dataset.clone()],
        None => snapshot.datasets().live_in(environment).cloned().collect(),
    };
    // Many datasets with many columns take a while to look through.
    let mut found: Vec<Column> = blocking(move || {
        let mut found = Vec::new();
        for dataset in datasets {
            found.extend(columns::list(&desk, &snapshot, &dataset)?);
        }
        Ok(found)
    })
    .await?;
    let Some(name) = asked.key_name else {
        return Ok(Json(found.iter().map(Column::shown).collect()));
    };
    found.retain(|column| column.settings.key_name == name);
    let column = found.first().ok_or_else(|| Problem {
        detail: Some(format!("{slug:?} has no column {name:?}")),
        ..Problem::not_found("Column not found")
    })?;
    Ok(Json(column.shown()))
}
