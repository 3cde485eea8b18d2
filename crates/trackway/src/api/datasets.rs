//! `/api/v1/datasets`: what there is, how long it is kept, and its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::routing::{get, patch};
use axum::{Json, Router};
use model::{Dataset, DatasetId, EnvironmentId, Error, Result, Signal, Timestamp};
use registry::Permission;
use serde_json::{Value, json};
use store::Snapshot;

use super::{Failure, admit, read_body};
use crate::app::{App, blocking};

/// The member of a dataset that can be changed.
const RETENTION: &str = "retention_seconds";

/// `GET /api/v1/datasets`, `PATCH` and `DELETE /api/v1/datasets/{name}`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/datasets", get(list))
        .route("/api/v1/datasets/{name}", patch(change).delete(delete))
}

/// Rows and bytes of a dataset, and when its first and last event happened. Rows that are gone from
/// answers count until their segment has been rewritten, and a segment's bytes are shared out by
/// rows.
#[derive(Clone, Copy, Default)]
struct Amount {
    rows: u64,
    bytes: u64,
    oldest: Option<Timestamp>,
    newest: Option<Timestamp>,
}

impl Amount {
    /// Adds rows from one moment to another.
    fn add(&mut self, rows: u64, first: Timestamp, last: Timestamp) {
        self.rows += rows;
        self.oldest = Some(self.oldest.map_or(first, |oldest| oldest.min(first)));
        self.newest = self.newest.max(Some(last));
    }
}

async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Failure> {
    let admission = admit(&app, &headers, Permission::Query)?;
    let snapshot = app.snapshot().await?;
    let amounts = amounts(&snapshot, admission.environment);
    let datasets: Vec<Value> = snapshot
        .datasets()
        .live_in(admission.environment)
        .map(|dataset| shown(dataset, amounts.get(&dataset.id).copied().unwrap_or_default()))
        .collect();
    Ok(Json(json!({ "datasets": datasets })))
}

async fn change(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<Value>, Failure> {
    let environment = admit(&app, request.headers(), Permission::Manage)?.environment;
    app.readiness.check_replayed()?;
    let retention = read_change(&read_body(request).await?)?;
    let store = Arc::clone(&app.store);
    let dataset = blocking(move || store.set_retention(environment, &name, retention)).await?;
    answer(&app, &dataset).await
}

async fn delete(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Failure> {
    let environment = admit(&app, &headers, Permission::Manage)?.environment;
    // What is deleted is said with the amounts that it had.
    let snapshot = app.snapshot().await?;
    let deleter = Arc::clone(&app);
    let dataset = blocking(move || {
        let dataset = deleter.store.delete_dataset(environment, &name)?;
        deleter.desk.forget_dataset(&dataset);
        Ok(dataset)
    })
    .await?;
    let amount = amounts(&snapshot, environment).get(&dataset.id).copied().unwrap_or_default();
    Ok(Json(shown(&dataset, amount)))
}

async fn answer(app: &Arc<App>, dataset: &Dataset) -> Result<Json<Value>, Failure> {
    let snapshot = app.snapshot().await?;
    let amounts = amounts(&snapshot, dataset.environment);
    Ok(Json(shown(dataset, amounts.get(&dataset.id).copied().unwrap_or_default())))
}

/// Reads `{"retention_seconds": N}`, or null for rows that are kept for ever.
fn read_change(body: &[u8]) -> Result<Option<Duration>> {
    let wrong = |what: &str| {
        Error::invalid(format!(
            "{what}; expected {{\"{RETENTION}\": N}} with a whole number of seconds, or null for \
             ever"
        ))
    };
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| wrong("the body is not JSON").because(error))?;
    let object = value.as_object().ok_or_else(|| wrong("the body is not an object"))?;
    if let Some(name) = object.keys().find(|name| *name != RETENTION) {
        return Err(wrong(&format!("{name:?} cannot be changed")));
    }
    match object.get(RETENTION) {
        None => Err(wrong("nothing is to be changed")),
        Some(Value::Null) => Ok(None),
        Some(value) => {
            let seconds =
                value.as_u64().ok_or_else(|| wrong(&format!("{RETENTION} is {value}")))?;
            Ok(Some(Duration::from_secs(seconds)))
        }
    }
}

fn shown(dataset: &Dataset, amount: Amount) -> Value {
    json!({
        "name": dataset.name,
        "created": dataset.created.to_string(),
        (RETENTION): dataset.retention.map(|time| time.as_secs()),
        "rows": amount.rows,
        "bytes": amount.bytes,
        "oldest": amount.oldest.map(|time| time.to_string()),
        "newest": amount.newest.map(|time| time.to_string()),
    })
}

/// What each dataset of an environment has, in segments and in memory.
fn amounts(snapshot: &Snapshot, environment: EnvironmentId) -> BTreeMap<DatasetId, Amount> {
    let mut amounts: BTreeMap<DatasetId, Amount> = BTreeMap::new();
    for signal in Signal::ALL {
        for segment in snapshot.segments(environment, signal) {
            let meta = &segment.meta;
            let bytes = u128::from(meta.bytes + meta.index_bytes);
            for part in &meta.datasets {
                let amount = amounts.entry(part.id()).or_default();
                let moment = Timestamp::from_nanos;
                amount.add(part.rows, moment(part.time_min), moment(part.time_max));
                amount.bytes +=
                    (bytes * u128::from(part.rows) / u128::from(meta.rows.max(1))) as u64;
            }
        }
        for batch in snapshot.batches(environment, signal) {
            for (rows, dataset) in batch.dataset_runs() {
                let times = &batch.batch.times()[rows.start as usize..rows.end as usize];
                let (first, last) = (times.iter().min(), times.iter().max());
                if let (Some(first), Some(last)) = (first, last) {
                    amounts.entry(dataset).or_default().add(rows.len() as u64, *first, *last);
                }
            }
        }
    }
    amounts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: a change is a number of seconds or null, and every slip is refused in words.
    #[test]
    fn changes_are_read() {
        let read = |text: &str| read_change(text.as_bytes());
        let hour = read(r#"{"retention_seconds": 3600}"#).unwrap();
        assert_eq!(hour, Some(Duration::from_secs(3_600)));
        assert_eq!(read(r#"{"retention_seconds": null}"#).unwrap(), None);
        let wrong = [
            "",
            "7",
            "{}",
            r#"{"retention_seconds": "7d"}"#,
            r#"{"retention_seconds": -1}"#,
            r#"{"retention_seconds": 1.5}"#,
            r#"{"retention_seconds": 3600, "name": "other"}"#,
            r#"{"retention": 3600}"#,
        ];
        for text in wrong {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("expected {\"retention_seconds\": N}"), "{text}: {error}");
        }
    }
}
