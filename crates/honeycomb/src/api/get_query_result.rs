//! `GET /1/query_results/{dataset}/{result}`: a result, or that it is not there yet.
//!
//! A result that is there never changes, and says so to caches. A question that failed answers with
//! its problem: 422 where it costs more than a question may, 409 where somebody cancelled it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LAST_MODIFIED};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use registry::Permission;
use serde_json::{Value, json};

use crate::datasets;
use crate::desk::{Desk, blocking};
use crate::problem::{Base, Problem, http_date};
use crate::queries;
use crate::results::{self, Progress, Request};

/// How long a result may be kept by whoever asked for it: a day, as with Honeycomb.
const CACHED: HeaderValue = HeaderValue::from_static("private, max-age=86400");
/// One that is not there yet is not the result.
const NOT_CACHED: HeaderValue = HeaderValue::from_static("no-store");

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Extension(base): Extension<Base>,
    Path((slug, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let environment = desk.admit(&headers, Permission::Query)?.environment;
    let snapshot = desk.snapshot().await?;
    let dataset = datasets::target(&snapshot, environment, &slug)?.map(|known| known.id.0);
    let (shelf, wanted) = (Arc::clone(&desk), id.clone());
    let found: Option<Request> = blocking(move || shelf.results.requests.get(&wanted)).await?;
    let found = found.filter(|request| request.environment == environment.0);
    let request = found.filter(|request| request.dataset == dataset).ok_or_else(|| Problem {
        detail: Some(format!("there is no result {id:?} of {slug:?}")),
        ..Problem::not_found("Query result not found")
    })?;
    let outcome = match results::progress(&desk, &slug, &id, &request)? {
        Progress::Running => None,
        Progress::Done(outcome) => Some(outcome),
    };
    let shown = json!({
        "id": id,
        "complete": outcome.is_some(),
        "query": queries::shown(&request.query, &request.query_id),
        "links": results::links(&base, &slug, &id),
    });
    let Some(outcome) = outcome else { return Ok(written(&shown, None)) };
    let data = outcome.answer.as_ref().map_err(Clone::clone)?;
    let mut response = written(&shown, Some(data));
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHED);
    if let Some(date) = http_date(outcome.finished) {
        headers.insert(LAST_MODIFIED, date);
    }
    Ok(response)
}

/// An answer; its data, which may be megabytes, is put in as it is.
fn written(shown: &Value, data: Option<&String>) -> Response {
    let mut body = shown.to_string();
    if let Some(data) = data {
        body.pop();
        body.reserve(data.len() + 16);
        body.push_str(",\"data\":");
        body.push_str(data);
        body.push('}');
    }
    let json = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, json), (CACHE_CONTROL, NOT_CACHED)], body).into_response()
}
