//! `GET /2/auth`: the key of a request, as clients of the second version read it.
//!
//! It is JSON:API: the key and, beside it, the team that it belongs to. Only keys that may manage
//! are known to this version.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use model::Result;
use registry::{Admission, Key, Permission};
use serde_json::{Value, json};

use super::get_auth::{ANYBODY, TEAM};
use crate::desk::{Desk, blocking};
use crate::problem::Problem;

/// The media type of JSON:API, exactly.
const MEDIA_TYPE: &str = "application/vnd.api+json";
/// The id of the one team.
const TEAM_ID: &str = "hcxtm_00000000000000000000000001";

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let admission = desk.admit(&headers, Permission::Manage)?;
    let keys = Arc::clone(&desk.parts.keys);
    let id = admission.key.clone();
    let key = blocking(move || {
        let Some(id) = id else { return Ok(None) };
        Ok(keys.list()?.keys.into_iter().find(|key| *key.id == *id))
    })
    .await?;
    let body = answer(&admission, key.as_ref()).to_string();
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response())
}

fn answer(admission: &Admission, key: Option<&Key>) -> Value {
    let id = admission.key.as_deref().unwrap_or(ANYBODY);
    let name = key.map_or(id, |key| key.name.as_deref().unwrap_or(&key.label));
    let mut attributes = json!({
        "name": name,
        "key_type": "management",
        "disabled": false,
        "scopes": ["api-keys:write", "environments:write"],
    });
    if let Some(key) = key {
        let created = key.created.to_string();
        attributes["timestamps"] = json!({ "created": created, "updated": created });
    }
    json!({
        "data": {
            "id": id,
            "type": "api-keys",
            "attributes": attributes,
            "relationships": { "team": { "data": { "type": "teams", "id": TEAM_ID } } },
        },
        "included": [{
            "id": TEAM_ID,
            "type": "teams",
            "attributes": { "name": TEAM.0, "slug": TEAM.1 },
        }],
    })
}
