//! The operations, a file each.

pub(crate) mod create_column;
pub(crate) mod create_dataset;
pub(crate) mod create_event;
pub(crate) mod create_events;
pub(crate) mod create_query;
pub(crate) mod create_query_result;
pub(crate) mod delete_column;
pub(crate) mod delete_dataset;
pub(crate) mod export;
pub(crate) mod export_grpc;
pub(crate) mod get_auth;
pub(crate) mod get_column;
pub(crate) mod get_dataset;
pub(crate) mod get_query;
pub(crate) mod get_query_result;
pub(crate) mod get_v2_auth;
pub(crate) mod list_columns;
pub(crate) mod list_datasets;
pub(crate) mod not_built;
pub(crate) mod update_column;
pub(crate) mod update_dataset;

use axum::http::{Method, Uri};

use crate::problem::Problem;

/// Paths that Honeycomb does not have either.
pub(crate) async fn nowhere(method: Method, uri: Uri) -> Problem {
    Problem::not_found(format!("there is no {method} {}", uri.path()))
}
