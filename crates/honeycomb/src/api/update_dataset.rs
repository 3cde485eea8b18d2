//! `PUT /1/datasets/{dataset}`: says anew what holds for a dataset.
//!
//! A description or depth that is left out goes back to its default; protection stays as it is.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use registry::Permission;

use super::create_dataset::read_settings;
use crate::datasets;
use crate::desk::{Desk, blocking};
use crate::members::Members;
use crate::problem::Problem;

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let environment = desk.admit(request.headers(), Permission::Manage)?.environment;
    let body = desk.read_object(request).await?;
    let members = Members(&body);
    let snapshot = desk.snapshot().await?;
    let dataset = datasets::find(&snapshot, environment, &slug)?;
    let mut settings = read_settings(&members)?;
    let said = match members.object("settings")? {
        Some(settings) => settings.truth("delete_protected")?,
        None => None,
    };
    settings.delete_protected = said.unwrap_or_else(|| desk.datasets.get(dataset).delete_protected);
    let (table, changed) = (Arc::clone(&desk.datasets), dataset.clone());
    blocking(move || table.set(&changed, settings)).await?;
    Ok(datasets::answer(&desk, StatusCode::OK, &snapshot, dataset))
}
