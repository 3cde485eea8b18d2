//! `GET /api/v1/fields` and `/api/v1/fields/{name}/values`: what can be asked about, for whoever
//! completes what somebody types.
//!
//! ```text
//! {"fields": [{"name", "types": ["text", "int", "float", "bool"], "signals": ["spans", …]}],
//!  "more": how many further fields there are}
//! {"values": [{"value", "count"}], "sampled": events looked at, "statistics": {}}
//! ```
//!
//! Names and types are those that the catalog and the events in memory have, and the dialect's own
//! fields where their signal has come. Values are those of the newest events, with how many of
//! these have each.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use honeycomb::{FieldSeen, field, fields_seen, render};
use query::{Datum, ValuesQuery};
use registry::Permission;
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::trace_list::{SCOPE, scope};
use super::{ALL_DATASETS, Failure, admit, datasets_of, json_response};
use crate::app::{App, blocking};

/// Most fields of an answer: more than anybody scrolls through.
const FIELDS_MAX: usize = 2_000;
/// Most values of an answer.
const VALUES_MAX: usize = 1_000;
/// How many there are where nobody says: a list to choose from.
const VALUES_DEFAULT: usize = 50;

/// `GET /api/v1/fields` and `/api/v1/fields/{name}/values`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/fields", get(fields))
        .route("/api/v1/fields/{name}/values", get(values))
}

async fn fields(
    State(app): State<Arc<App>>,
    Query(given): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Failure> {
    let environment = admit(&app, &headers, Permission::Query)?.environment;
    let parameters = Parameters::new(given, &["dataset", "contains"])?;
    let snapshot = app.snapshot().await?;
    let dataset = parameters.text("dataset").unwrap_or(ALL_DATASETS);
    let datasets = datasets_of(&snapshot, environment, dataset)?;
    let part = parameters.text("contains").unwrap_or_default().to_lowercase();
    // There may be tens of thousands of segments to look at.
    let shown = blocking(move || {
        let seen = fields_seen(&snapshot, environment, datasets.as_deref());
        let mut fields: Vec<Value> = Vec::new();
        let mut more = 0u64;
        for (name, field) in seen.iter().filter(|(name, _)| name.to_lowercase().contains(&part)) {
            match fields.len() < FIELDS_MAX {
                true => fields.push(shown(name, field)),
                false => more += 1,
            }
        }
        Ok(json!({"fields": fields, "more": more}))
    });
    Ok(Json(shown.await?))
}

fn shown(name: &str, field: &FieldSeen) -> Value {
    let types: Vec<&str> = field.types.iter().map(|kind| kind.name()).collect();
    let signals: Vec<&str> = field.signals.iter().map(|signal| signal.name()).collect();
    json!({"name": name, "types": types, "signals": signals})
}

async fn values(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(given): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let admission = admit(&app, &headers, Permission::Query)?;
    let parameters = Parameters::new(given, &[&SCOPE[..], &["starts_with", "limit"]].concat())?;
    let limit = parameters.number("limit", 1, VALUES_MAX)?.unwrap_or(VALUES_DEFAULT);
    let snapshot = app.snapshot().await?;
    let query = ValuesQuery {
        scope: scope(&app, &snapshot, &admission, &parameters)?,
        field: field(&name),
        starts_with: parameters.text("starts_with").map(str::to_owned),
        limit,
    };
    let answer = app.engine.values(snapshot, query).await?;
    let value =
        |(value, count): &(Datum, u64)| json!({"value": render::value(value), "count": count});
    let body = json!({
        "values": answer.values.iter().map(value).collect::<Vec<_>>(),
        "sampled": answer.sampled,
        "statistics": render::statistics(&answer.statistics),
    });
    Ok(json_response(body.to_string()))
}
