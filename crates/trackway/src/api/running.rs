//! `GET /api/v1/queries` and `DELETE /api/v1/queries/{id}`: what is being worked on, and its end.
//!
//! ```text
//! {"queries": [{"id", "started": TIME, "question": {} or null if it is long,
//!               "progress": {"elapsed_ms", "parts", "parts_done", "rows_examined", "rows_matched",
//!                            "bytes_read", "segments_read", "row_groups_read"}}]}
//! ```
//!
//! A question is here from when it was read until it is answered or nobody waits for it any more. A
//! key sees and ends the questions of its own environment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{delete, get};
use axum::{Json, Router};
use model::{EnvironmentId, Error, Timestamp};
use query::Progress;
use registry::Permission;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{Failure, admit};
use crate::app::App;

/// Longest text of a question that the list repeats, bytes. Others have long lists of values.
const SHOWN_BYTES_MAX: usize = 4 << 10;

/// `GET /api/v1/queries` and `DELETE /api/v1/queries/{id}`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/v1/queries", get(list)).route("/api/v1/queries/{id}", delete(cancel))
}

async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Failure> {
    let environment = admit(&app, &headers, Permission::Query)?.environment;
    let now = app.clock.elapsed();
    let entries = app.running.entries();
    let own = entries.values().filter(|entry| entry.environment == environment);
    let queries: Vec<Value> = own.map(|entry| entry.shown(now)).collect();
    Ok(Json(json!({ "queries": queries })))
}

async fn cancel(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Failure> {
    let environment = admit(&app, &headers, Permission::Query)?.environment;
    let entries = app.running.entries();
    let found = id.parse().ok().and_then(|id: u64| entries.get(&id));
    let entry = found.filter(|entry| entry.environment == environment).ok_or_else(|| {
        Error::missing(format!(
            "no query {id:?} is running: it may have been answered; GET /api/v1/queries lists \
             those that are"
        ))
    })?;
    entry.cancelled.send_replace(true);
    Ok(Json(entry.shown(app.clock.elapsed())))
}

/// The questions that are being worked on.
#[derive(Debug, Default)]
pub(crate) struct Running {
    last: AtomicU64,
    /// No more than there are connections.
    entries: Mutex<BTreeMap<u64, Arc<Entry>>>,
}

/// A question that is being worked on.
#[derive(Debug)]
struct Entry {
    id: u64,
    environment: EnvironmentId,
    question: Option<Value>,
    started: Timestamp,
    /// By the clock that never jumps.
    since: Duration,
    progress: Arc<Progress>,
    cancelled: watch::Sender<bool>,
}

impl Entry {
    fn shown(&self, now: Duration) -> Value {
        json!({
            "id": self.id.to_string(),
            "started": self.started.to_string(),
            "question": self.question,
            "progress": shown(&self.progress, now.saturating_sub(self.since)),
        })
    }
}

/// How far a question has come.
fn shown(progress: &Progress, elapsed: Duration) -> Value {
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

impl Running {
    fn entries(&self) -> BTreeMap<u64, Arc<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lists a question until the ticket is dropped.
    pub(super) fn enter(app: &Arc<App>, environment: EnvironmentId, question: Value) -> Ticket {
        let running = &app.running;
        let is_short = question.to_string().len() <= SHOWN_BYTES_MAX;
        let entry = Arc::new(Entry {
            id: running.last.fetch_add(1, Ordering::Relaxed) + 1,
            environment,
            question: is_short.then_some(question),
            started: app.clock.now(),
            since: app.clock.elapsed(),
            progress: Arc::default(),
            cancelled: watch::Sender::new(false),
        });
        let mut entries = running.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert(entry.id, Arc::clone(&entry));
        drop(entries);
        Ticket { app: Arc::clone(app), entry }
    }
}

/// A question's place in the list.
pub(super) struct Ticket {
    app: Arc<App>,
    entry: Arc<Entry>,
}

impl Ticket {
    /// How far it has come: given to whoever works on it.
    pub(super) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.entry.progress)
    }

    /// How far it has come, as it is told.
    pub(super) fn shown(&self) -> Value {
        let elapsed = self.app.clock.elapsed().saturating_sub(self.entry.since);
        let mut told = shown(&self.entry.progress, elapsed);
        told["id"] = self.entry.id.to_string().into();
        told
    }

    /// Does the work, unless somebody cancels it: then it ends at once.
    pub(super) async fn unless_cancelled<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let mut cancelled = self.entry.cancelled.subscribe();
        tokio::select! {
            biased;
            // The sender is in the entry, and so still there.
            _ = cancelled.wait_for(|cancelled| *cancelled) => {
                let id = self.entry.id;
                let text = format!("the query was cancelled by DELETE /api/v1/queries/{id}");
                Err(Failure::new(StatusCode::CONFLICT, text))
            }
            done = work => done,
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let entries = &self.app.running.entries;
        entries.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.entry.id);
    }
}
