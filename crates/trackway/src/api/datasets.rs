//! `/api/v1/datasets`: what there is, how long it is kept, whether it is protected, and its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::routing::{get, patch};
use axum::{Json, Router};
use model::{Dataset, DatasetId, EnvironmentId, Error, ErrorKind, Result, Signal, Timestamp};
use registry::Permission;
use serde_json::{Value, json};
use store::Snapshot;

use super::{Failure, admit, read_body};
use crate::app::{App, blocking};

/// The members of a dataset that can be changed.
const RETENTION: &str = "retention_seconds";
const PROTECTED: &str = "delete_protected";

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
    let shown = |dataset| shown(&app, dataset, &amounts);
    let datasets: Vec<Value> =
        snapshot.datasets().live_in(admission.environment).map(shown).collect();
    Ok(Json(json!({ "datasets": datasets })))
}

async fn change(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<Value>, Failure> {
    let environment = admit(&app, request.headers(), Permission::Manage)?.environment;
    app.readiness.check_replayed()?;
    let change = read_change(&read_body(request).await?)?;
    let changer = Arc::clone(&app);
    let dataset = blocking(move || {
        let store = &changer.store;
        let dataset = match change.retention {
            Some(retention) => store.set_retention(environment, &name, retention)?,
            None => store.dataset(environment, &name)?,
        };
        if let Some(protected) = change.delete_protected {
            changer.desk.dataset_settings().protect(&dataset, protected)?;
        }
        Ok(dataset)
    })
    .await?;
    let snapshot = app.snapshot().await?;
    let amounts = amounts(&snapshot, dataset.environment);
    Ok(Json(shown(&app, &dataset, &amounts)))
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
        let dataset = deleter.store.dataset(environment, &name)?;
        check_unprotected(&deleter, &dataset)?;
        let dataset = deleter.store.delete_dataset(environment, &name)?;
        deleter.desk.forget_dataset(&dataset);
        Ok(dataset)
    })
    .await?;
    Ok(Json(shown(&app, &dataset, &amounts(&snapshot, environment))))
}

/// Refuses to delete what is protected, as every dataset is unless somebody said otherwise.
fn check_unprotected(app: &App, dataset: &Dataset) -> Result<()> {
    if !app.desk.dataset_settings().is_protected(dataset) {
        return Ok(());
    }
    let name = &dataset.name;
    Err(Error::new(
        ErrorKind::Conflict,
        format!(
            "the dataset {name:?} is not deleted, because its {PROTECTED} is true: first PATCH it \
             at this path with {{\"{PROTECTED}\": false}}, or run `trackway dataset unprotect \
             {name:?}`"
        ),
    ))
}

/// What is to be changed.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    /// How long rows are kept from now on; for ever if it holds none.
    retention: Option<Option<Duration>>,
    delete_protected: Option<bool>,
}

/// Reads `{"retention_seconds": N, "delete_protected": true}`, of which one may be left out; null
/// seconds stand for rows that are kept for ever.
fn read_change(body: &[u8]) -> Result<Change> {
    let wrong = |what: &str| {
        Error::invalid(format!(
            "{what}; expected {{\"{RETENTION}\": N}} with a whole number of seconds, or null for \
             ever, or {{\"{PROTECTED}\": B}} with true or false, or both"
        ))
    };
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| wrong("the body is not JSON").because(error))?;
    let object = value.as_object().ok_or_else(|| wrong("the body is not an object"))?;
    let mut change = Change { retention: None, delete_protected: None };
    for (name, value) in object {
        match (name.as_str(), value) {
            (RETENTION, Value::Null) => change.retention = Some(None),
            (RETENTION, value) => {
                let seconds =
                    value.as_u64().ok_or_else(|| wrong(&format!("{RETENTION} is {value}")))?;
                change.retention = Some(Some(Duration::from_secs(seconds)));
            }
            (PROTECTED, Value::Bool(protected)) => change.delete_protected = Some(*protected),
            (PROTECTED, value) => return Err(wrong(&format!("{PROTECTED} is {value}"))),
            _ => return Err(wrong(&format!("{name:?} cannot be changed"))),
        }
    }
    if object.is_empty() {
        return Err(wrong("nothing is to be changed"));
    }
    Ok(change)
}

fn shown(app: &App, dataset: &Dataset, amounts: &BTreeMap<DatasetId, Amount>) -> Value {
    let amount = amounts.get(&dataset.id).copied().unwrap_or_default();
    json!({
        "name": dataset.name,
        "created": dataset.created.to_string(),
        (RETENTION): dataset.retention.map(|time| time.as_secs()),
        (PROTECTED): app.desk.dataset_settings().is_protected(dataset),
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

    /// Guarantees: a change is a number of seconds or null, a protection or both, and every slip
    /// is refused in words.
    #[test]
    fn changes_are_read() {
        let read = |text: &str| read_change(text.as_bytes());
        let change = |retention, delete_protected| Change { retention, delete_protected };
        let hour = Some(Some(Duration::from_secs(3_600)));
        assert_eq!(read(r#"{"retention_seconds": 3600}"#).unwrap(), change(hour, None));
        assert_eq!(read(r#"{"retention_seconds": null}"#).unwrap(), change(Some(None), None));
        let open = read(r#"{"delete_protected": false}"#).unwrap();
        assert_eq!(open, change(None, Some(false)));
        let both = read(r#"{"delete_protected": true, "retention_seconds": 3600}"#).unwrap();
        assert_eq!(both, change(hour, Some(true)));
        let wrong = [
            "",
            "7",
            "{}",
            r#"{"retention_seconds": "7d"}"#,
            r#"{"retention_seconds": -1}"#,
            r#"{"retention_seconds": 1.5}"#,
            r#"{"retention_seconds": 3600, "name": "other"}"#,
            r#"{"retention": 3600}"#,
            r#"{"delete_protected": null}"#,
            r#"{"delete_protected": "no"}"#,
        ];
        for text in wrong {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("expected {\"retention_seconds\": N}"), "{text}: {error}");
        }
    }
}
