//! Writes down what tests ask and what the server answers, so that all of it can be held against
//! the vendor's own description of its interface.
//!
//! Where the variable names a file, every exchange under `/1/` and `/2/` becomes a line of it:
//! `tests/clients/openapi_check.py` reads them. Otherwise nothing happens.

use std::fs::OpenOptions;
use std::io::Write as _;

use serde_json::{Value, json};

/// The file to append to.
const VARIABLE: &str = "TRACKWAY_TEST_EXCHANGES";

/// What was asked, if it is to be written down.
pub(crate) fn asked(method: &str, url: &str, body: Option<&str>) -> Option<Value> {
    std::env::var_os(VARIABLE)?;
    let path = url.splitn(4, '/').nth(3)?;
    let path = format!("/{path}");
    let described = path.starts_with("/1/") || path.starts_with("/2/");
    described.then(|| json!({"method": method, "path": path, "request": body}))
}

/// Writes it down with its answer.
pub(crate) fn answered(
    asked: Option<Value>,
    status: u16,
    content_type: Option<&str>,
    answer: &str,
) {
    let Some(mut exchange) = asked else { return };
    exchange["status"] = status.into();
    exchange["content_type"] = content_type.into();
    exchange["answer"] = answer.into();
    let path = std::env::var_os(VARIABLE).unwrap();
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    // In one piece: tests run beside each other.
    file.write_all(format!("{exchange}\n").as_bytes()).unwrap();
}
