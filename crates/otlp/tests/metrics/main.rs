//! Metrics of OpenTelemetry as rows: beside prost and a plain translation, by cases of the rule by
//! which points are joined, and in JSON.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

mod against_prost;
mod faults;
mod joining;
mod json;
mod naive;
mod rows;
