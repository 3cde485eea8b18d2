//! The dialect of Honeycomb's clients: OpenTelemetry in, queries in Honeycomb's language.
//!
//! Tested with the OpenTelemetry SDKs for Python and Rust over HTTP. What is not here answers with
//! an error that says so.
//!
//! | operation | path | file |
//! |---|---|---|
//! | export traces | `POST /v1/traces` | `api/export.rs` |
//! | export logs | `POST /v1/logs` | `api/export.rs` |
//! | export metrics | `POST /v1/metrics` (refused: not kept yet) | `api/export_metrics.rs` |
//!
//! Beside its doors it lends its words to others: [`language`] reads queries in Honeycomb's form,
//! and [`render`] writes answers under Honeycomb's field names, for the server's own interface.

mod api;
mod auth;
mod counts;
mod decoder;
mod door;
mod error;
mod fields;
mod ingest;
pub mod language;
pub mod render;
mod routing;

pub use counts::{Account, Amount, Counts, Doorway, REFUSALS_MAX, Refusal, RefusedFor};
pub use decoder::{DOOR, Decoder};
pub use door::{Door, Parts};
pub use fields::field;
