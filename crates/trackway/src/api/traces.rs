//! `GET /api/v1/traces/{id}`: a whole trace, a column for each property of its spans.
//!
//! Columns are a third of the size of spans that repeat their members' names, and draw faster. Ids
//! of traces are taken in every spelling. With `attributes=all` every field of every span, event
//! and log line is there too.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use model::{Error, Result, TraceId};
use query::TraceQuery;
use registry::Permission;
use serde_json::Value;

use super::trace_columns::columns;
use super::{Failure, admit, json_response};
use crate::app::{App, blocking};

/// The attribute that a trace's columns show.
const SERVICE: &str = "service.name";

/// `GET /api/v1/traces/{id}`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/v1/traces/{id}", get(show))
}

async fn show(
    State(app): State<Arc<App>>,
    Path(spelling): Path<String>,
    Query(parameters): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let admission = admit(&app, &headers, Permission::Query)?;
    let id = TraceId::parse(&spelling).ok_or_else(|| {
        Error::invalid(format!(
            "{spelling:?} is no trace id: 32 or 16 hexadecimal digits, or 1-8-24 of them"
        ))
    })?;
    let all = read_parameters(&parameters)?;
    let snapshot = app.snapshot().await?;
    let query = TraceQuery {
        environment: admission.environment,
        id,
        attributes: (!all).then(|| vec![SERVICE.to_owned()]),
    };
    let answer = app.engine.trace(snapshot, query).await?;
    if answer.spans.is_empty() && answer.events.is_empty() && answer.logs.is_empty() {
        let unread = match answer.statistics.unreadable.as_slice() {
            [] => String::new(),
            files => format!("; these could not be read: {}", files.join(", ")),
        };
        return Err(Error::missing(format!("there is no trace {id}{unread}")).into());
    }
    let body = blocking(move || Ok(columns(id, &answer, all).to_string())).await?;
    Ok(json_response(body))
}

/// Whether every attribute is wanted.
fn read_parameters(parameters: &[(String, String)]) -> Result<bool> {
    let mut all = false;
    for (name, value) in parameters {
        match (name.as_str(), value.as_str()) {
            ("attributes", "all") => all = true,
            ("attributes", _) => {
                let value = Value::from(value.as_str());
                return Err(Error::invalid(format!("attributes: {value} where all is expected")));
            }
            _ => {
                return Err(Error::invalid(format!("{name:?} is no parameter; attributes is one")));
            }
        }
    }
    Ok(all)
}
