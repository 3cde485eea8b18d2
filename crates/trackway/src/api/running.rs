//! `GET /api/v1/queries` and `DELETE /api/v1/queries/{id}`: what is being worked on, and its end.
//!
//! ```text
//! {"queries": [{"id", "started": TIME, "question": {} or null if it is long,
//!               "progress": {"elapsed_ms", "parts", "parts_done", "rows_examined", "rows_matched",
//!                            "bytes_read", "segments_read", "row_groups_read"}}]}
//! ```
//!
//! A question is here from when it was read until it is answered or nobody waits for it any more;
//! one that was asked at `/1/query_results` and is worked out for later, until that is done. A key
//! sees and ends the questions of its own environment.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{delete, get};
use axum::{Json, Router};
use model::Error;
use query::{Progress, RunningQuestion, Ticket};
use registry::Permission;
use serde_json::{Value, json};

use super::{Failure, admit};
use crate::app::App;

/// `GET /api/v1/queries` and `DELETE /api/v1/queries/{id}`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/v1/queries", get(list)).route("/api/v1/queries/{id}", delete(cancel))
}

async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Failure> {
    let environment = admit(&app, &headers, Permission::Query)?.environment;
    let own = app.running.of(environment);
    let queries: Vec<Value> = own.iter().map(|question| shown(&app, question)).collect();
    Ok(Json(json!({ "queries": queries })))
}

async fn cancel(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Failure> {
    let environment = admit(&app, &headers, Permission::Query)?.environment;
    let found = id.parse().ok().and_then(|id: u64| app.running.cancel(environment, id));
    let question = found.ok_or_else(|| {
        Error::missing(format!(
            "no query {id:?} is running: it may have been answered; GET /api/v1/queries lists \
             those that are"
        ))
    })?;
    Ok(Json(shown(&app, &question)))
}

fn shown(app: &App, question: &RunningQuestion) -> Value {
    // It was written as JSON.
    let text = question.text.as_deref().and_then(|text| serde_json::from_str(text).ok());
    json!({
        "id": question.id.to_string(),
        "started": question.started.to_string(),
        "question": text.unwrap_or(Value::Null),
        "progress": progress_shown(question.progress(), app.running.elapsed(question)),
    })
}

/// How far a question has come, as its asker is told.
pub(super) fn told(ticket: &Ticket) -> Value {
    let question = ticket.question();
    let mut told = progress_shown(question.progress(), ticket.elapsed());
    told["id"] = question.id.to_string().into();
    told
}

/// Does the work, unless somebody cancels it: then its asker is told so at once.
pub(super) async fn unless_cancelled<T>(
    ticket: &Ticket,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Ok(done) = ticket.unless_cancelled(work).await else {
        let id = ticket.question().id;
        let text = format!("the query was cancelled by DELETE /api/v1/queries/{id}");
        return Err(Failure::new(StatusCode::CONFLICT, text));
    };
    done
}

fn progress_shown(progress: &Progress, elapsed: Duration) -> Value {
    let now = progress.now();
    json!({
        "elapsed_ms": elapsed.as_secs_f64() * 1e3,
        "parts": now.parts,
        "parts_done": now.parts_done,
        "rows_examined": now.statistics.rows_examined,
        "rows_matched": now.statistics.rows_matched,
        "bytes_read": now.statistics.bytes_read,
        "segments_read": now.statistics.segments_read,
        "row_groups_read": now.statistics.row_groups_read,
    })
}
