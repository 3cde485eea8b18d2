//! `DELETE /1/datasets/{dataset}`: the end of a dataset and of all its events.
//!
//! They are gone from answers at once and from the disk with time, hence "accepted". A dataset that
//! is protected, as all are unless somebody said otherwise, stays.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use registry::Permission;

use crate::datasets;
use crate::desk::{Desk, blocking};
use crate::problem::{Kind, Problem};

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let environment = desk.admit(&headers, Permission::Manage)?.environment;
    let snapshot = desk.snapshot().await?;
    let dataset = datasets::find(&snapshot, environment, &slug)?;
    if desk.datasets.is_protected(dataset) {
        return Err(Problem::new(
            Kind::Conflict,
            format!(
                "the dataset {:?} is protected from deletion: update it with \
                 settings.delete_protected = false first",
                dataset.name
            ),
        ));
    }
    let name = dataset.name.clone();
    let deleter = Arc::clone(&desk);
    blocking(move || {
        let deleted = deleter.parts.store.delete_dataset(environment, &name)?;
        deleter.forget_dataset(&deleted);
        Ok(())
    })
    .await?;
    Ok(StatusCode::ACCEPTED)
}
