//! `POST /1/queries/{dataset}`: puts a query down.
//!
//! It is read before it is kept, so that what cannot be asked is refused here and not when it is
//! run. The answer is what was sent, with an id; nothing is filled in.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use registry::Permission;
use serde_json::Value;

use crate::datasets;
use crate::desk::{Desk, blocking};
use crate::language::{self, Asked};
use crate::problem::Problem;
use crate::queries::{self, Query};

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let environment = desk.admit(request.headers(), Permission::Query)?.environment;
    let specification = desk.read_object(request).await?;
    let snapshot = desk.snapshot().await?;
    let dataset = datasets::target(&snapshot, environment, &slug)?.map(|known| known.id.0);
    let query = Query::new(environment, dataset, specification);
    let asked = Asked { environment, datasets: None, now: desk.parts.clock.now() };
    language::read_question(&query.query, &asked, false).map_err(Problem::of_query)?;
    let id = query.id();
    let shown = queries::shown(&query.query, &id);
    blocking(move || desk.queries.put(&id, &query)).await?;
    Ok(Json(shown))
}
