//! `POST /1/datasets`: a dataset that is there before its first event.
//!
//! A name that is taken, or whose address is, gives the dataset that has it, as it is: two
//! programs that set up the same thing do not get into each other's way.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use registry::Permission;

use crate::dataset_settings::DatasetSettings;
use crate::datasets;
use crate::desk::{Desk, blocking};
use crate::members::Members;
use crate::problem::Problem;

/// Longest name, characters.
const NAME_CHARS_MAX: usize = 255;
/// Longest description, characters.
pub(super) const DESCRIPTION_CHARS_MAX: usize = 1_024;
/// The greatest depth to which JSON is taken apart.
pub(super) const EXPAND_JSON_DEPTH_MAX: u64 = 10;

pub(crate) async fn handle(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Response, Problem> {
    let environment = desk.admit(request.headers(), Permission::Manage)?.environment;
    let body = desk.read_object(request).await?;
    let members = Members(&body);
    let name = members.required_text("name", NAME_CHARS_MAX)?;
    let settings = read_settings(&members)?;
    // A slash would end the name in an address; events that name a dataset lose theirs too.
    let name = name.trim().replace('/', "-");
    (desk.parts.ready)()?;
    let maker = Arc::clone(&desk);
    let (dataset, is_new) = blocking(move || {
        let (dataset, is_new) = maker.parts.store.create_dataset(environment, &name)?;
        if is_new && settings != DatasetSettings::default() {
            maker.datasets.set(&dataset, settings)?;
        }
        Ok((dataset, is_new))
    })
    .await?;
    let snapshot = desk.snapshot().await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(datasets::answer(&desk, status, &snapshot, &dataset))
}

/// What a body says about a dataset; the defaults where it says nothing.
pub(super) fn read_settings(members: &Members<'_>) -> Result<DatasetSettings, Problem> {
    let defaults = DatasetSettings::default();
    let description = members.text("description", 0..=DESCRIPTION_CHARS_MAX)?;
    let depth = members.whole("expand_json_depth", 0..=EXPAND_JSON_DEPTH_MAX)?;
    let description = description.map_or(defaults.description, str::to_owned);
    let expand_json_depth = depth.map_or(defaults.expand_json_depth, |depth| depth as u8);
    Ok(DatasetSettings { description, expand_json_depth, ..DatasetSettings::default() })
}
