//! `POST /1/columns/{dataset}`: a column that is known before any event has it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use model::{Error, ErrorKind};
use registry::Permission;
use serde_json::Value;

use crate::columns::{self, Column, ColumnSettings, DESCRIBED_MAX};
use crate::datasets;
use crate::desk::{Desk, blocking};
use crate::members::Members;
use crate::problem::{Code, Problem};

/// Longest name and longest description, characters.
const CHARS_MAX: usize = 255;

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let environment = desk.admit(request.headers(), Permission::Manage)?.environment;
    let body = desk.read_object(request).await?;
    let members = Members(&body);
    let name = members.required_text("key_name", CHARS_MAX)?.to_owned();
    let mut settings = ColumnSettings::new(&name, desk.parts.clock.now());
    read_into(&members, &mut settings)?;
    settings.kind.get_or_insert_with(|| columns::TYPES[0].to_owned());
    let snapshot = desk.snapshot().await?;
    let dataset = datasets::find(&snapshot, environment, &slug)?.clone();
    let made = blocking(move || {
        // Two that make the same column at once are one after the other.
        let _turn = desk.changing_columns.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = columns::list(&desk, &snapshot, &dataset)?;
        if known.iter().any(|column| column.settings.key_name == name) {
            let text = format!("column {name:?} exists already; update it with PUT");
            return Err(Error::new(ErrorKind::Conflict, text));
        }
        if known.len() >= DESCRIBED_MAX {
            return Err(Error::invalid(format!(
                "the dataset has {} columns, and {DESCRIBED_MAX} is the most with which others \
                 are made by hand",
                known.len()
            )));
        }
        let id = columns::id_of(&dataset, &name);
        columns::set(&desk.parts.registry, &dataset, &id, &settings)?;
        Ok(Column { id, last_written: None, seen: None, settings })
    });
    Ok((StatusCode::CREATED, Json(made.await?.shown())))
}

/// Takes over what a body says about a column.
pub(super) fn read_into(
    members: &Members<'_>,
    settings: &mut ColumnSettings,
) -> Result<(), Problem> {
    if let Some(kind) = members.text("type", 0..=CHARS_MAX)? {
        if !columns::TYPES.contains(&kind) {
            let text =
                format!("is {kind:?}, one of these is allowed: {}", columns::TYPES.join(", "));
            return Err(Problem::of_field("type", Code::Invalid, text));
        }
        settings.kind = Some(kind.to_owned());
    }
    if let Some(description) = members.text("description", 0..=CHARS_MAX)? {
        description.clone_into(&mut settings.description);
    }
    if let Some(hidden) = members.truth("hidden")? {
        settings.hidden = hidden;
    }
    Ok(())
}
