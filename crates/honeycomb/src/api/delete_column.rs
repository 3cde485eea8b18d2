//! `DELETE /1/columns/{dataset}/{column}`: a column that nobody wants to see.
//!
//! Events are kept as they came, so it is the column that goes and not its values: it is no longer
//! listed, until an event comes that has it again.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use registry::Permission;

use super::get_column;
use crate::columns;
use crate::desk::{Desk, blocking};
use crate::problem::Problem;

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Path((slug, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let environment = desk.admit(&headers, Permission::Manage)?.environment;
    let (dataset, mut column) = get_column::find(&desk, environment, &slug, id).await?;
    column.settings.updated = desk.parts.clock.now().nanos();
    column.settings.deleted = true;
    blocking(move || columns::set(&desk.parts.registry, &dataset, &column.id, &column.settings))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
