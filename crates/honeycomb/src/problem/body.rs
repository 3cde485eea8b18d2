//! Puts the words into answers of operations that failed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jiff::fmt::rfc2822::DateTimePrinter;
use model::{NANOS_PER_SECOND, Timestamp};
use serde_json::{Map, Value, json};

use super::{Base, Kind, Problem};
use crate::desk::Desk;

/// What begins the paths of the second version.
const SECOND_VERSION: &str = "/2/";
/// Longest text of the framework that is passed on.
const WORDS_BYTES_MAX: usize = 16 << 10;

/// Answers in Honeycomb's words where an operation failed, or the framework refused before there
/// was any.
pub(crate) async fn in_honeycombs_words(
    State(desk): State<Arc<Desk>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut head, body) = request.into_parts();
    let base = desk.base(&head);
    let second = head.uri.path().starts_with(SECOND_VERSION);
    // Operations that answer with links take it from there.
    head.extensions.insert(base.clone());
    let mut response = next.run(Request::from_parts(head, body)).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return written(&desk, &problem, &base, second);
    }
    let kind = match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => Kind::MethodNotAllowed,
        // Whoever made the answer with another status gave it words.
        _ => return response,
    };
    let text = to_bytes(response.into_body(), WORDS_BYTES_MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    let error = if text.is_empty() { kind.title().to_owned() } else { text };
    written(&desk, &Problem::new(kind, error), &base, second)
}

fn written(desk: &Desk, problem: &Problem, base: &Base, second: bool) -> Response {
    let (content_type, body) = match second {
        false => (first_type(problem.kind), first(problem, base)),
        true => ("application/vnd.api+json", second_version(problem, &desk.token())),
    };
    let mut response = (problem.kind.status(), Body::from(body.to_string())).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(wait) = problem.retry_after
        && let Some(date) = date_in(desk, wait)
    {
        headers.insert(RETRY_AFTER, date);
    }
    response
}

/// The content type of a problem of the first version. Two kinds are older than the others.
fn first_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Unauthorized | Kind::TooLarge => "application/json",
        _ => "application/problem+json",
    }
}

fn first(problem: &Problem, base: &Base) -> Value {
    let Problem { kind, error, detail, fields, .. } = problem;
    let mut body = Map::new();
    body.insert("status".to_owned(), kind.status().as_u16().into());
    body.insert("type".to_owned(), format!("{}/problems/{}", base.0, kind.name()).into());
    body.insert("title".to_owned(), kind.title().into());
    body.insert("error".to_owned(), error.as_str().into());
    body.insert("detail".to_owned(), detail.as_ref().unwrap_or(error).as_str().into());
    if !fields.is_empty() {
        let fields = fields.iter().map(|field| {
            json!({
                "field": field.field,
                "code": field.code.name(),
                "description": field.description,
            })
        });
        body.insert("type_detail".to_owned(), fields.collect());
    }
    Value::Object(body)
}

fn second_version(problem: &Problem, id: &str) -> Value {
    let Problem { kind, error, detail, fields, .. } = problem;
    let error_of = |detail: &str, pointer: Option<&str>| {
        let mut error = json!({
            "id": id,
            "status": kind.status().as_u16().to_string(),
            "code": kind.name(),
            "title": kind.title(),
            "detail": detail,
        });
        if let Some(pointer) = pointer {
            error["source"] = json!({ "pointer": pointer });
        }
        error
    };
    let errors: Vec<Value> = match fields.as_slice() {
        [] => vec![error_of(detail.as_ref().unwrap_or(error), None)],
        fields => fields
            .iter()
            .map(|field| {
                let pointer = format!("/data/attributes/{}", field.field);
                error_of(&field.description, Some(&pointer))
            })
            .collect(),
    };
    json!({ "errors": errors })
}

/// The moment from which on a client may try again, as a date of HTTP. These have whole seconds, so
/// it is one more.
fn date_in(desk: &Desk, wait: Duration) -> Option<HeaderValue> {
    let nanos = i64::try_from(wait.as_nanos()).ok()?.saturating_add(NANOS_PER_SECOND);
    http_date(desk.parts.clock.now().saturating_add(nanos))
}

/// A moment as a date of HTTP, cut to the second.
pub(crate) fn http_date(time: Timestamp) -> Option<HeaderValue> {
    let time = jiff::Timestamp::from_second(time.nanos().div_euclid(NANOS_PER_SECOND)).ok()?;
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()?;
    HeaderValue::from_str(&text).ok()
}
