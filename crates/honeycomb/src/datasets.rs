//! What the operations on datasets share: finding one by its address, and showing it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use model::{Dataset, EnvironmentId, Signal, Timestamp, dataset_slug};
use serde_json::{Value, json};
use store::Snapshot;

use crate::columns;
use crate::dataset_settings::DatasetSettings;
use crate::desk::Desk;
use crate::problem::Problem;

/// Stands for every dataset of an environment.
const ALL_DATASETS: &str = "__all__";

/// What an address is about: one dataset, or none in particular.
pub(crate) fn target<'a>(
    snapshot: &'a Snapshot,
    environment: EnvironmentId,
    slug: &str,
) -> Result<Option<&'a Dataset>, Problem> {
    if slug == ALL_DATASETS {
        return Ok(None);
    }
    find(snapshot, environment, slug).map(Some)
}

/// The dataset of an address.
pub(crate) fn find<'a>(
    snapshot: &'a Snapshot,
    environment: EnvironmentId,
    slug: &str,
) -> Result<&'a Dataset, Problem> {
    let found = snapshot.datasets().find(environment, slug);
    found.ok_or_else(|| Problem {
        detail: Some(format!(
            "there is no dataset {slug:?} in this environment; GET /1/datasets lists them"
        )),
        ..Problem::not_found("Dataset not found")
    })
}

/// An answer with one dataset.
pub(crate) fn answer(
    desk: &Desk,
    status: StatusCode,
    snapshot: &Snapshot,
    dataset: &Dataset,
) -> Response {
    (status, Json(shown(snapshot, dataset, &desk.datasets.get(dataset)))).into_response()
}

/// A dataset as clients read it.
pub(crate) fn shown(snapshot: &Snapshot, dataset: &Dataset, settings: &DatasetSettings) -> Value {
    let columns = columns::seen(snapshot, dataset).len();
    json!({
        "name": dataset.name,
        "slug": dataset_slug(&dataset.name),
        "description": settings.description,
        "expand_json_depth": settings.expand_json_depth,
        "settings": { "delete_protected": settings.delete_protected },
        "regular_columns_count": (columns > 0).then_some(columns),
        "last_written_at": last_written(snapshot, dataset).map(|time| time.to_string()),
        "created_at": dataset.created.to_string(),
    })
}

/// The time of a dataset's last event. One that says it lies in the future counts by its arrival.
fn last_written(snapshot: &Snapshot, dataset: &Dataset) -> Option<Timestamp> {
    let mut last = None;
    for signal in Signal::ALL {
        for segment in snapshot.segments(dataset.environment, signal) {
            let meta = &segment.meta;
            let part = meta.datasets.iter().find(|part| part.id() == dataset.id);
            let time = part.map(|part| Timestamp::from_nanos(part.time_max).min(meta.arrival_max));
            last = last.max(time);
        }
        for batch in snapshot.batches(dataset.environment, signal) {
            for (rows, _) in batch.dataset_runs().filter(|(_, id)| *id == dataset.id) {
                let times = &batch.batch.times()[rows.start as usize..rows.end as usize];
                let time = times.iter().copied().max().map(|time| time.min(batch.arrival));
                last = last.max(time);
            }
        }
    }
    last
}
