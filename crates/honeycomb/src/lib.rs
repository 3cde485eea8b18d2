//! The dialect of Honeycomb's clients: OpenTelemetry in, queries in Honeycomb's language.
//!
//! Tested with the OpenTelemetry SDKs for Python, JavaScript, Go and Rust, the Collector, libhoney
//! for Python and JavaScript, and PyPI's `honeycomb-api`.
//!
//! These are its operations: those of OpenTelemetry, and all that Honeycomb's description of its
//! own interface has (`captures/honeycomb/openapi-2026-01.yaml`). The file of each is
//! `api/<name>.rs`, and what it promises stands in `specs/honeycomb/<name>.md`. One that is not
//! built answers with an error that says so (`api/not_built.rs`).
//!
//! <!-- operations -->
//! | operation | name |
//! |---|---|
//! | `POST /v1/traces` | `export` |
//! | `POST /v1/logs` | `export` |
//! | `POST /v1/metrics` | `export` |
//! | `POST /opentelemetry.proto.collector.trace.v1.TraceService/Export` | `export_grpc` |
//! | `POST /opentelemetry.proto.collector.logs.v1.LogsService/Export` | `export_grpc` |
//! | `POST /opentelemetry.proto.collector.metrics.v1.MetricsService/Export` | `export_grpc` |
//! | `GET /1/auth` | `get_auth` |
//! | `GET /2/auth` | `get_v2_auth` |
//! | `POST /1/boards` | not built |
//! | `GET /1/boards` | not built |
//! | `GET /1/boards/{boardId}` | not built |
//! | `PUT /1/boards/{boardId}` | not built |
//! | `DELETE /1/boards/{boardId}` | not built |
//! | `GET /1/boards/{boardId}/views` | not built |
//! | `POST /1/boards/{boardId}/views` | not built |
//! | `GET /1/boards/{boardId}/views/{viewId}` | not built |
//! | `DELETE /1/boards/{boardId}/views/{viewId}` | not built |
//! | `PUT /1/boards/{boardId}/views/{viewId}` | not built |
//! | `POST /1/maps/dependencies/requests` | not built |
//! | `GET /1/maps/dependencies/requests/{requestId}` | not built |
//! | `POST /1/burn_alerts/{datasetSlug}` | not built |
//! | `GET /1/burn_alerts/{datasetSlug}` | not built |
//! | `GET /1/burn_alerts/{datasetSlug}/{burnAlertId}` | not built |
//! | `PUT /1/burn_alerts/{datasetSlug}/{burnAlertId}` | not built |
//! | `DELETE /1/burn_alerts/{datasetSlug}/{burnAlertId}` | not built |
//! | `POST /1/datasets` | `create_dataset` |
//! | `GET /1/datasets` | `list_datasets` |
//! | `GET /1/datasets/{datasetSlug}` | `get_dataset` |
//! | `DELETE /1/datasets/{datasetSlug}` | `delete_dataset` |
//! | `PUT /1/datasets/{datasetSlug}` | `update_dataset` |
//! | `POST /1/batch/{datasetSlug}` | `create_events` |
//! | `PATCH /1/dataset_definitions/{datasetSlug}` | not built |
//! | `GET /1/dataset_definitions/{datasetSlug}` | not built |
//! | `POST /1/events/{datasetSlug}` | `create_event` |
//! | `POST /1/kinesis_events/{datasetSlug}` | not built |
//! | `POST /1/markers/{datasetSlug}` | not built |
//! | `GET /1/markers/{datasetSlug}` | not built |
//! | `PUT /1/markers/{datasetSlug}/{markerId}` | not built |
//! | `DELETE /1/markers/{datasetSlug}/{markerId}` | not built |
//! | `POST /1/marker_settings/{datasetSlug}` | not built |
//! | `GET /1/marker_settings/{datasetSlug}` | not built |
//! | `PUT /1/marker_settings/{datasetSlug}/{markerSettingId}` | not built |
//! | `DELETE /1/marker_settings/{datasetSlug}/{markerSettingId}` | not built |
//! | `POST /1/queries/{datasetSlug}` | `create_query` |
//! | `GET /1/queries/{datasetSlug}/{queryId}` | `get_query` |
//! | `POST /1/query_annotations/{datasetSlug}` | not built |
//! | `GET /1/query_annotations/{datasetSlug}` | not built |
//! | `GET /1/query_annotations/{datasetSlug}/{queryAnnotationId}` | not built |
//! | `PUT /1/query_annotations/{datasetSlug}/{queryAnnotationId}` | not built |
//! | `DELETE /1/query_annotations/{datasetSlug}/{queryAnnotationId}` | not built |
//! | `POST /1/query_results/{datasetSlug}` | `create_query_result` |
//! | `GET /1/query_results/{datasetSlug}/{queryResultId}` | `get_query_result` |
//! | `POST /1/recipients` | not built |
//! | `GET /1/recipients` | not built |
//! | `GET /1/recipients/{recipientId}` | not built |
//! | `PUT /1/recipients/{recipientId}` | not built |
//! | `DELETE /1/recipients/{recipientId}` | not built |
//! | `POST /1/slos/{datasetSlug}` | not built |
//! | `GET /1/slos/{datasetSlug}` | not built |
//! | `GET /1/slos/{datasetSlug}/{sloId}` | not built |
//! | `PUT /1/slos/{datasetSlug}/{sloId}` | not built |
//! | `DELETE /1/slos/{datasetSlug}/{sloId}` | not built |
//! | `POST /1/reporting/slos/historical` | not built |
//! | `GET /1/triggers/{datasetSlug}` | not built |
//! | `POST /1/triggers/{datasetSlug}` | not built |
//! | `GET /1/triggers/{datasetSlug}/{triggerId}` | not built |
//! | `PUT /1/triggers/{datasetSlug}/{triggerId}` | not built |
//! | `DELETE /1/triggers/{datasetSlug}/{triggerId}` | not built |
//! | `GET /1/recipients/{recipientId}/triggers` | not built |
//! | `POST /1/derived_columns/{datasetSlug}` | not built |
//! | `GET /1/derived_columns/{datasetSlug}` | not built |
//! | `GET /1/derived_columns/{datasetSlug}/{derivedColumnId}` | not built |
//! | `PUT /1/derived_columns/{datasetSlug}/{derivedColumnId}` | not built |
//! | `DELETE /1/derived_columns/{datasetSlug}/{derivedColumnId}` | not built |
//! | `POST /1/columns/{datasetSlug}` | `create_column` |
//! | `GET /1/columns/{datasetSlug}` | `list_columns` |
//! | `GET /1/columns/{datasetSlug}/{columnId}` | `get_column` |
//! | `PUT /1/columns/{datasetSlug}/{columnId}` | `update_column` |
//! | `DELETE /1/columns/{datasetSlug}/{columnId}` | `delete_column` |
//! | `GET /2/teams/{teamSlug}/api-keys` | not built |
//! | `POST /2/teams/{teamSlug}/api-keys` | not built |
//! | `GET /2/teams/{teamSlug}/api-keys/{ID}` | not built |
//! | `PATCH /2/teams/{teamSlug}/api-keys/{ID}` | not built |
//! | `DELETE /2/teams/{teamSlug}/api-keys/{ID}` | not built |
//! | `GET /2/teams/{teamSlug}/environments` | not built |
//! | `POST /2/teams/{teamSlug}/environments` | not built |
//! | `GET /2/teams/{teamSlug}/environments/{ID}` | not built |
//! | `PATCH /2/teams/{teamSlug}/environments/{ID}` | not built |
//! | `DELETE /2/teams/{teamSlug}/environments/{ID}` | not built |
//! | `POST /2/teams/{teamSlug}/markers` | not built |
//! | `PATCH /2/teams/{teamSlug}/markers/{ID}` | not built |
//! | `GET /2/teams/{teamSlug}/pipelines/{pipelineId}/configurations/{configurationId}` | not built
//! | `PATCH /2/teams/{teamSlug}/pipelines/{pipelineId}/rollouts/{rolloutId}` | not built |
//! | `POST /2/teams/{teamSlug}/pipelines/{pipelineId}/health` | not built |
//! | `POST /2/teams/{teamSlug}/enhance_indexer_usage` | not built |
//! <!-- /operations -->
//!
//! Beside its doors it lends its words to others: [`language`] reads queries in Honeycomb's form,
//! and [`render`] writes answers under Honeycomb's field names, for the server's own interface.

mod api;
mod auth;
mod columns;
mod cors;
mod counts;
mod dataset_settings;
mod datasets;
mod decoder;
mod delivery;
mod desk;
mod door;
mod error;
mod events;
mod fields;
mod ids;
mod ingest;
pub mod language;
mod members;
mod problem;
mod queries;
pub mod render;
mod results;
mod routing;
mod shelf;

pub use auth::{StrangeCredential, credential};
pub use columns::{FieldSeen, fields_seen};
pub use counts::{Account, Amount, Counts, Doorway, REFUSALS_MAX, Refusal, RefusedFor};
pub use dataset_settings::{DatasetSettings, DatasetSettingsTable};
pub use decoder::{DOOR, Decoder};
pub use desk::{Desk, DeskParts, Ready};
pub use door::{Door, Parts};
pub use fields::field;
