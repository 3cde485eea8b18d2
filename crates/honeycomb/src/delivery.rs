//! Plain events on their way in, alone or as a batch: judged, received, decoded, written.
//!
//! Errors are in the older of Honeycomb's shapes, an object with the one member `error`, which is
//! what its clients read here. What exactly is wrong stands beside it as `detail`.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, http};
use body::{Encoding, Limits};
use bytes::Bytes;
use model::{Error, ErrorKind, Result, Signal, Value};
use registry::{KeyClass, Permission, Refusal, Sender};
use serde_json::json;

use crate::api::export::read_off;
use crate::counts::Doorway;
use crate::decoder::EVENTS_DOOR;
use crate::door::Door;
use crate::events::{
    Count, EMPTY, EVENT_BYTES_MAX, EVENTS_VERSION, Facts, Form, MALFORMED, Outcome, TOO_LARGE,
    msgpack_events, problems,
};
use crate::ingest::{Letter, OBJECT_BYTES, Opened, keep, objects_of_json};
use crate::{auth, error, routing};

/// When an event happened that is alone in its request.
const EVENT_TIME: HeaderName = HeaderName::from_static("x-honeycomb-event-time");
/// How many events it stands for.
const SAMPLE_RATE: HeaderName = HeaderName::from_static("x-honeycomb-samplerate");
/// Stands for all datasets together, where questions are asked.
const ALL_DATASETS: &str = "__all__";
/// What is said where there is no memory for a request now.
const RATE_LIMITED: &str = "Request dropped due to rate limiting.";

/// Why a delivery was refused.
struct Refused {
    status: StatusCode,
    reason: &'static str,
    error: Error,
}

/// Takes a delivery in. Returns, once it is durable, what became of each event.
pub(crate) async fn take(
    door: &Door,
    doorway: Doorway,
    dataset: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Vec<Outcome>, Response> {
    let (head, mut body) = request.into_parts();
    let refused = match accept(door, doorway, dataset, &head, &mut body).await {
        Ok(outcomes) => return Ok(outcomes),
        Err(refused) => refused,
    };
    door.count_refused(doorway, &head.headers, refused.reason, &refused.error.to_string());
    read_off(body).await;
    Err(refused.response())
}

async fn accept(
    door: &Door,
    doorway: Doorway,
    dataset: Result<Path<String>, PathRejection>,
    head: &http::request::Parts,
    body: &mut Body,
) -> Result<Vec<Outcome>, Refused> {
    let headers = &head.headers;
    let presented = auth::presented(headers);
    let admission = door.parts.keys.admit(presented, Permission::Send)?;
    let dataset = dataset_name(dataset)?;
    let encoding = Encoding::parse(text(headers, header::CONTENT_ENCODING)).map_err(|error| {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Refused { status, reason: error::CONTENT_ENCODING, error }
    })?;
    let is_one = doorway == Doorway::Events;
    let limits = match door.parts.limits {
        limits if is_one => Limits { body_bytes: EVENT_BYTES_MAX, ..limits },
        limits => limits,
    };
    let received = body::receive(body, encoding, limits, &door.parts.budget);
    let received = received.await.map_err(malformed)?;
    let form = Form::of(text(headers, header::CONTENT_TYPE));
    let count = if is_one { one(headers) } else { Count::Many };
    let depth = door.parts.datasets.expand_json_depth(admission.environment, &dataset);
    let facts = Facts { form, encoding, depth, count, dataset };
    let letter = Letter {
        doorway,
        sender: Sender::admitted(&admission, presented),
        door: EVENTS_DOOR,
        decoder_version: EVENTS_VERSION,
        context: facts.encode(),
        decoding_bytes: match form {
            Form::Json => objects_of_json(&received.plain),
            Form::Msgpack => msgpack_events(&received.plain) * OBJECT_BYTES,
        },
        points_into_body: true,
        received,
    };
    let open = move |body: &Bytes, arrival, seed| {
        let decoded = facts.events(body, arrival, seed).map_err(malformed)?;
        if decoded.is_blank {
            return Err(Error::invalid(EMPTY));
        }
        if is_one && let Some(words) = decoded.outcomes.first().and_then(|one| one.error()) {
            return Err(Error::invalid(words));
        }
        let problems = problems(&decoded.outcomes);
        Ok(Opened { batch: decoded.batch, problems, found: None, more: decoded.outcomes })
    };
    let (_, outcomes) = keep(door, letter, open).await?;
    Ok(outcomes)
}

/// The name of the dataset in a path.
fn dataset_name(path: Result<Path<String>, PathRejection>) -> Result<String, Refused> {
    let Path(path) = path.map_err(|error| Error::invalid("the dataset's name").because(error))?;
    let name = routing::dataset(Signal::Events, KeyClass::Environment, path.trim(), None);
    if name.is_empty() {
        return Err(Error::invalid("the dataset's name is blank: name it in the path").into());
    }
    if name == ALL_DATASETS {
        let text = "the dataset __all__ stands for all of them: name one to send to";
        return Err(Error::invalid(text).into());
    }
    Ok(name)
}

/// What the headers say of an event that is alone.
fn one(headers: &HeaderMap) -> Count {
    let rate = text(headers, SAMPLE_RATE).map_or(1, |rate| otlp::sample_rate(&Value::Text(rate)));
    let time = text(headers, EVENT_TIME).unwrap_or_default().to_owned();
    Count::One { time, sample_rate: rate }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// What cannot be read, in the words that Honeycomb uses, with ours behind them.
fn malformed(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Invalid => Error::invalid(MALFORMED).because(error),
        _ => error,
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::NotPermitted(_) => StatusCode::FORBIDDEN,
            _ => StatusCode::UNAUTHORIZED,
        };
        let error = Error::new(ErrorKind::Denied, auth::words(refusal));
        Self { status, reason: error::reason(ErrorKind::Denied), error }
    }
}

impl From<Error> for Refused {
    /// Gives an error of a bound Honeycomb's words, with ours behind them.
    fn from(error: Error) -> Self {
        let kind = error.kind();
        let (status, words) = match kind {
            ErrorKind::Invalid => (StatusCode::BAD_REQUEST, None),
            ErrorKind::TooLarge => (StatusCode::BAD_REQUEST, Some(TOO_LARGE)),
            ErrorKind::Throttled { .. } => (StatusCode::TOO_MANY_REQUESTS, Some(RATE_LIMITED)),
            ErrorKind::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, None),
            ErrorKind::Denied => (StatusCode::UNAUTHORIZED, None),
            ErrorKind::Missing => (StatusCode::NOT_FOUND, None),
            ErrorKind::Conflict => (StatusCode::CONFLICT, None),
            ErrorKind::Stalled => (StatusCode::REQUEST_TIMEOUT, None),
            ErrorKind::TooCostly => (StatusCode::BAD_REQUEST, None),
            ErrorKind::Corrupt | ErrorKind::Bug => (StatusCode::INTERNAL_SERVER_ERROR, None),
        };
        let error = match words {
            Some(words) => Error::new(kind, words).because(error),
            None => error,
        };
        Self { status, reason: error::reason(kind), error }
    }
}

impl Refused {
    fn response(&self) -> Response {
        let (words, all) = (self.error.context(), self.error.to_string());
        let body = if words == all {
            json!({ "error": words })
        } else {
            json!({ "error": words, "detail": all })
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.error.kind().retry_after_seconds() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
