//! Questions to the measured server, over one kept connection.
//!
//! Answers are timed until their last byte is there. What is read from them is read after that.

use std::time::Duration;

use serde_json::{Value, json};

use super::connection::Connection;
use super::hour::Range;
use super::subject::Subject;

/// Every dataset at once: a question about the whole shop.
const ALL_DATASETS: &str = "__all__";

/// A connection to the main port of a server.
#[derive(Debug)]
pub(super) struct Asking(Connection);

impl Asking {
    pub(super) fn open(subject: &Subject) -> Result<Self, String> {
        Connection::open(&subject.server.main_url).map(Self)
    }

    /// Asks about groups: how long it took, and the answer. A series comes only with a granularity.
    pub(super) fn query(
        &mut self,
        spec: &Value,
        range: Range,
    ) -> Result<(Duration, Value), String> {
        let has_series = spec["granularity"].is_u64();
        let query = within(spec, range);
        let body = json!({
            "dataset": ALL_DATASETS, "query": query, "rows": false, "disable_series": !has_series,
        });
        self.post(&body)
    }

    /// Asks for rows as they are, newest first, as many as the query's limit says.
    pub(super) fn rows(&mut self, spec: &Value, range: Range) -> Result<(Duration, Value), String> {
        let query = within(spec, range);
        self.post(&json!({ "dataset": ALL_DATASETS, "query": query, "rows": true }))
    }

    /// Asks for a whole trace.
    pub(super) fn trace(&mut self, id: &str) -> Result<(Duration, Value), String> {
        let answer = self.0.get(&format!("/api/v1/traces/{id}?attributes=all"))?;
        Ok((answer.took, read(&answer.body)?))
    }

    /// Asks for a trace that does not exist: how long it takes to find that out.
    pub(super) fn missing_trace(&mut self, id: &str) -> Result<Duration, String> {
        let answer = self.0.get_any(&format!("/api/v1/traces/{id}?attributes=all"))?;
        if answer.status == 404 {
            return Ok(answer.took);
        }
        Err(format!("a trace that was never sent was answered with status {}", answer.status))
    }

    fn post(&mut self, body: &Value) -> Result<(Duration, Value), String> {
        let answer = self.0.post("/api/v1/query", &body.to_string())?;
        Ok((answer.took, read(&answer.body)?))
    }
}

fn within(spec: &Value, range: Range) -> Value {
    let mut query = spec.clone();
    query["start_time"] = json!(range.from);
    query["end_time"] = json!(range.to);
    query
}

fn read(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("the answer is not JSON: {error}"))
}
