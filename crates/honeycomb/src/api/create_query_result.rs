//! `POST /1/query_results/{dataset}`: runs a query.
//!
//! The answer comes at once and says where the result will be; it is worked out in the background.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use registry::Permission;
use serde_json::json;

use super::get_query;
use crate::desk::{Desk, blocking};
use crate::language::{self, Asked};
use crate::members::Members;
use crate::problem::{Base, Problem};
use crate::{ids, queries, results};

/// Longest id that is looked for.
const ID_CHARS_MAX: usize = 255;
/// Most groups of a result without series.
const GROUPS_MAX: u64 = 10_000;

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Extension(base): Extension<Base>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let environment = desk.admit(request.headers(), Permission::Query)?.environment;
    let body = desk.read_object(request).await?;
    let members = Members(&body);
    let query_id = members.required_text("query_id", ID_CHARS_MAX)?;
    let disable_series = members.truth("disable_series")?.unwrap_or(false);
    let disable_total = members.truth("disable_total_by_aggregate")?.unwrap_or(true);
    let disable_other = members.truth("disable_other_by_aggregate")?.unwrap_or(true);
    // With series it is passed over, as clients expect that always send one.
    let limit = if disable_series { members.whole("limit", 1..=GROUPS_MAX)? } else { None };
    let mut query = get_query::find(&desk, environment, &slug, query_id).await?;
    if let Some(limit) = limit {
        query.query["limit"] = limit.into();
    }
    let now = desk.parts.clock.now();
    let asked = Asked { environment, datasets: None, now };
    language::read_question(&query.query, &asked, disable_series).map_err(Problem::of_query)?;
    let request = results::Request {
        environment: environment.0,
        dataset: query.dataset,
        query_id: query_id.to_owned(),
        query: query.query,
        asked: now.nanos(),
        disable_series,
        total: !disable_total,
        other: !disable_other,
    };
    let id = ids::unguessable(&*desk.parts.random);
    let (shelf, put, kept) = (Arc::clone(&desk), id.clone(), request.clone());
    blocking(move || shelf.results.requests.put(&put, &kept)).await?;
    results::progress(&desk, &slug, &id, &request)?;
    let answer = json!({
        "id": id,
        "complete": false,
        "query": queries::shown(&request.query, query_id),
        "links": results::links(&base, &slug, &id),
    });
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    if let Ok(location) = HeaderValue::from_str(&results::location(&base, &slug, &id)) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}
