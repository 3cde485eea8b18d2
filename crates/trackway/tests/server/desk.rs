//! Honeycomb's management interface: what its clients read and what they trip over.

mod columns;
mod datasets;
mod problems;
mod queries;
mod query_results;

use serde_json::Value;
use ureq::http::Method;

use super::world::{Answer, Server, ask};

/// Asks as a client of Honeycomb's does.
pub(crate) fn call(server: &Server, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let body = body.map(Value::to_string);
    let url = format!("{}{path}", server.url);
    ask(method, &url, &[], body.as_deref()).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The body of an answer, which has this status.
pub(crate) fn read(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

pub(crate) fn get(server: &Server, path: &str) -> Value {
    read(&call(server, Method::GET, path, None), 200)
}

pub(crate) fn post(server: &Server, path: &str, body: &Value, status: u16) -> Value {
    read(&call(server, Method::POST, path, Some(body)), status)
}

pub(crate) fn put(server: &Server, path: &str, body: &Value, status: u16) -> Value {
    read(&call(server, Method::PUT, path, Some(body)), status)
}
