//! `PUT /1/columns/{dataset}/{column}`: says something else about a column.
//!
//! What is left out stays as it is. The type is what clients are shown; values stay as they came.
//! A name is what events call the column, so it does not change.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use registry::Permission;
use serde_json::Value;

use super::create_column::read_into;
use super::get_column;
use crate::columns;
use crate::desk::{Desk, blocking};
use crate::members::Members;
use crate::problem::{Code, Problem};

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Path((slug, id)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let environment = desk.admit(request.headers(), Permission::Manage)?.environment;
    let body = desk.read_object(request).await?;
    let members = Members(&body);
    let (dataset, mut column) = get_column::find(&desk, environment, &slug, id).await?;
    let named = members.text("key_name", 0..=usize::MAX)?;
    if named.is_some_and(|name| name != column.settings.key_name) {
        let text = format!("cannot be changed, it is {:?}", column.settings.key_name);
        return Err(Problem::of_field("key_name", Code::Invalid, text));
    }
    read_into(&members, &mut column.settings)?;
    column.settings.updated = desk.parts.clock.now().nanos();
    let written = column.clone();
    blocking(move || columns::set(&desk.parts.registry, &dataset, &written.id, &written.settings))
        .await?;
    Ok(Json(column.shown()))
}
