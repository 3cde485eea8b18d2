//! `GET /1/auth`: what the key of a request may do, and where its data lands.
//!
//! Clients ask before they send: Refinery wants the environment's name, and those that see an empty
//! address of it take the key for a classic one. An open server answers to every key and to none.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use model::{EnvironmentId, Error, Result, dataset_slug};
use registry::{Admission, KeyClass, Permissions, Registry};
use serde_json::{Value, json};

use crate::auth;
use crate::desk::{Desk, blocking};
use crate::problem::Problem;

/// What a key is called that nobody created: clients want an id.
pub(super) const ANYBODY: &str = "anybody";
/// There is one team; its name and its address.
pub(super) const TEAM: (&str, &str) = ("Trackway", "trackway");

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let presented = auth::presented(&headers);
    let admission = desk.parts.keys.admit_any(presented).map_err(Problem::refused)?;
    let (registry, id) = (Arc::clone(&desk.parts.registry), admission.environment);
    let environment = blocking(move || environment_name(&registry, id)).await?;
    Ok(Json(answer(&admission, &environment)))
}

fn answer(admission: &Admission, environment: &str) -> Value {
    let Permissions { send, query, manage } = admission.permissions;
    let is_ingest = send && !query && !manage;
    let access = if is_ingest {
        json!({ "createDatasets": true })
    } else {
        json!({
            "events": send,
            "createDatasets": send || manage,
            "queries": query,
            "columns": manage,
            "markers": manage,
            "triggers": manage,
            "boards": manage,
            "slos": manage,
            "recipients": manage,
            "privateBoards": manage,
        })
    };
    let (name, slug) = match admission.class {
        KeyClass::Classic => ("", String::new()),
        KeyClass::Environment => (environment, dataset_slug(environment)),
    };
    json!({
        "id": admission.key.as_deref().unwrap_or(ANYBODY),
        "type": if is_ingest { "ingest" } else { "configuration" },
        "api_key_access": access,
        "environment": { "name": name, "slug": slug },
        "team": { "name": TEAM.0, "slug": TEAM.1 },
    })
}

fn environment_name(registry: &Registry, id: EnvironmentId) -> Result<String> {
    let found = registry.environments()?.into_iter().find(|environment| environment.id == id);
    let lost = || Error::bug(format!("no environment has the id {id}"));
    found.map(|environment| environment.name).ok_or_else(lost)
}
