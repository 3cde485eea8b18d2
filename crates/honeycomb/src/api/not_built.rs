//! Operations of Honeycomb's that this server does not have yet.
//!
//! They answer 404 and say so in words. A status of 500 and above would be asked again: the
//! Terraform provider does so thirty times, and what its user sees is a program that hangs. To a
//! client, what is not built is a resource that is not there.

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::routing::{MethodFilter, on};
use registry::Permission;

use crate::desk::Desk;
use crate::problem::Problem;

/// Each with its path, as Honeycomb's description of its interface writes it.
const OPERATIONS: [(MethodFilter, &str); 71] = [
    (MethodFilter::POST, "/1/boards"),
    (MethodFilter::GET, "/1/boards"),
    (MethodFilter::GET, "/1/boards/{boardId}"),
    (MethodFilter::PUT, "/1/boards/{boardId}"),
    (MethodFilter::DELETE, "/1/boards/{boardId}"),
    (MethodFilter::GET, "/1/boards/{boardId}/views"),
    (MethodFilter::POST, "/1/boards/{boardId}/views"),
    (MethodFilter::GET, "/1/boards/{boardId}/views/{viewId}"),
    (MethodFilter::DELETE, "/1/boards/{boardId}/views/{viewId}"),
    (MethodFilter::PUT, "/1/boards/{boardId}/views/{viewId}"),
    (MethodFilter::POST, "/1/maps/dependencies/requests"),
    (MethodFilter::GET, "/1/maps/dependencies/requests/{requestId}"),
    (MethodFilter::POST, "/1/burn_alerts/{datasetSlug}"),
    (MethodFilter::GET, "/1/burn_alerts/{datasetSlug}"),
    (MethodFilter::GET, "/1/burn_alerts/{datasetSlug}/{burnAlertId}"),
    (MethodFilter::PUT, "/1/burn_alerts/{datasetSlug}/{burnAlertId}"),
    (MethodFilter::DELETE, "/1/burn_alerts/{datasetSlug}/{burnAlertId}"),
    (MethodFilter::PATCH, "/1/dataset_definitions/{datasetSlug}"),
    (MethodFilter::GET, "/1/dataset_definitions/{datasetSlug}"),
    (MethodFilter::POST, "/1/kinesis_events/{datasetSlug}"),
    (MethodFilter::POST, "/1/markers/{datasetSlug}"),
    (MethodFilter::GET, "/1/markers/{datasetSlug}"),
    (MethodFilter::PUT, "/1/markers/{datasetSlug}/{markerId}"),
    (MethodFilter::DELETE, "/1/markers/{datasetSlug}/{markerId}"),
    (MethodFilter::POST, "/1/marker_settings/{datasetSlug}"),
    (MethodFilter::GET, "/1/marker_settings/{datasetSlug}"),
    (MethodFilter::PUT, "/1/marker_settings/{datasetSlug}/{markerSettingId}"),
    (MethodFilter::DELETE, "/1/marker_settings/{datasetSlug}/{markerSettingId}"),
    (MethodFilter::POST, "/1/query_annotations/{datasetSlug}"),
    (MethodFilter::GET, "/1/query_annotations/{datasetSlug}"),
    (MethodFilter::GET, "/1/query_annotations/{datasetSlug}/{queryAnnotationId}"),
    (MethodFilter::PUT, "/1/query_annotations/{datasetSlug}/{queryAnnotationId}"),
    (MethodFilter::DELETE, "/1/query_annotations/{datasetSlug}/{queryAnnotationId}"),
    (MethodFilter::POST, "/1/recipients"),
    (MethodFilter::GET, "/1/recipients"),
    (MethodFilter::GET, "/1/recipients/{recipientId}"),
    (MethodFilter::PUT, "/1/recipients/{recipientId}"),
    (MethodFilter::DELETE, "/1/recipients/{recipientId}"),
    (MethodFilter::POST, "/1/slos/{datasetSlug}"),
    (MethodFilter::GET, "/1/slos/{datasetSlug}"),
    (MethodFilter::GET, "/1/slos/{datasetSlug}/{sloId}"),
    (MethodFilter::PUT, "/1/slos/{datasetSlug}/{sloId}"),
    (MethodFilter::DELETE, "/1/slos/{datasetSlug}/{sloId}"),
    (MethodFilter::POST, "/1/reporting/slos/historical"),
    (MethodFilter::GET, "/1/triggers/{datasetSlug}"),
    (MethodFilter::POST, "/1/triggers/{datasetSlug}"),
    (MethodFilter::GET, "/1/triggers/{datasetSlug}/{triggerId}"),
    (MethodFilter::PUT, "/1/triggers/{datasetSlug}/{triggerId}"),
    (MethodFilter::DELETE, "/1/triggers/{datasetSlug}/{triggerId}"),
    (MethodFilter::GET, "/1/recipients/{recipientId}/triggers"),
    (MethodFilter::POST, "/1/derived_columns/{datasetSlug}"),
    (MethodFilter::GET, "/1/derived_columns/{datasetSlug}"),
    (MethodFilter::GET, "/1/derived_columns/{datasetSlug}/{derivedColumnId}"),
    (MethodFilter::PUT, "/1/derived_columns/{datasetSlug}/{derivedColumnId}"),
    (MethodFilter::DELETE, "/1/derived_columns/{datasetSlug}/{derivedColumnId}"),
    (MethodFilter::GET, "/2/teams/{teamSlug}/api-keys"),
    (MethodFilter::POST, "/2/teams/{teamSlug}/api-keys"),
    (MethodFilter::GET, "/2/teams/{teamSlug}/api-keys/{ID}"),
    (MethodFilter::PATCH, "/2/teams/{teamSlug}/api-keys/{ID}"),
    (MethodFilter::DELETE, "/2/teams/{teamSlug}/api-keys/{ID}"),
    (MethodFilter::GET, "/2/teams/{teamSlug}/environments"),
    (MethodFilter::POST, "/2/teams/{teamSlug}/environments"),
    (MethodFilter::GET, "/2/teams/{teamSlug}/environments/{ID}"),
    (MethodFilter::PATCH, "/2/teams/{teamSlug}/environments/{ID}"),
    (MethodFilter::DELETE, "/2/teams/{teamSlug}/environments/{ID}"),
    (MethodFilter::POST, "/2/teams/{teamSlug}/markers"),
    (MethodFilter::PATCH, "/2/teams/{teamSlug}/markers/{ID}"),
    (
        MethodFilter::GET,
        "/2/teams/{teamSlug}/pipelines/{pipelineId}/configurations/{configurationId}",
    ),
    (MethodFilter::PATCH, "/2/teams/{teamSlug}/pipelines/{pipelineId}/rollouts/{rolloutId}"),
    (MethodFilter::POST, "/2/teams/{teamSlug}/pipelines/{pipelineId}/health"),
    (MethodFilter::POST, "/2/teams/{teamSlug}/enhance_indexer_usage"),
];

/// A route for each.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    OPERATIONS
        .into_iter()
        .fold(Router::new(), |routes, (method, path)| routes.route(path, on(method, handle)))
}

async fn handle(State(desk): State<Arc<Desk>>, path: MatchedPath, request: Request) -> Problem {
    if let Err(refused) = desk.admit(request.headers(), Permission::Query) {
        return refused;
    }
    let (method, path) = (request.method(), path.as_str());
    Problem::not_found(format!(
        "{method} {path} is an operation of Honeycomb's that this server does not have yet"
    ))
}
