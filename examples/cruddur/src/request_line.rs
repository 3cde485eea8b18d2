//! The line that is logged for every request.
//!
//! `[2026-Nov-20 21:43] 127.0.0.1 GET http /api/activities/home? 200 OK`: the model user's own
//! format, in UTC, with the question mark there whether or not a query follows.

use axum::http::{Method, StatusCode, Uri};
use jiff::Timestamp;

/// The line for one answered request. `client` is an address, `-` where it is not known.
pub(crate) fn request_line(
    now: Timestamp,
    client: &str,
    method: &Method,
    uri: &Uri,
    status: StatusCode,
) -> String {
    let time = now.strftime("%Y-%b-%d %H:%M");
    let path = uri.path();
    let query = uri.query().unwrap_or("");
    // `StatusCode` displays as "200 OK".
    format!("[{time}] {client} {method} http {path}?{query} {status}")
}

#[cfg(test)]
mod tests;
