//! `opentelemetry.proto.collector.trace.v1.TraceService/Export` and its siblings for logs and
//! metrics: OpenTelemetry's export over gRPC.
//!
//! A call goes the way of an export over HTTP: its message is the request in protobuf, compressed
//! or not, under the same limits, and it stands in the log as it came. The key and the dataset are
//! in the call's metadata, under the names of the headers.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Version};
use axum::response::{IntoResponse as _, Response};
use body::{ContentType, Encoding};
use model::{Error, Signal};
use otlp::Problem;
use otlp::grpc::{self, Message, Status};

use crate::counts::Doorway;
use crate::door::Door;
use crate::{auth, error, ingest};

/// What is said of requests on the paths of calls that are no calls.
const NO_CALL: &str = "this is a method of gRPC: call it with the content type application/grpc";
/// What is said to clients that speak HTTP/1.1 there.
const NO_HTTP2: &str = "gRPC is spoken over HTTP/2";

/// The path of the method for a signal of OpenTelemetry's.
pub(crate) const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
pub(crate) const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
pub(crate) const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

pub(crate) async fn handle(
    State(door): State<Arc<Door>>,
    signal: Signal,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let doorway = Doorway::grpc(signal);
    if let Some((status, text)) = no_call(&head) {
        door.count_refused(doorway, &head.headers, error::CONTENT_TYPE, text);
        return (status, text).into_response();
    }
    let refused = match export(&door, signal, &head.headers, body).await {
        Ok(problems) => {
            let answer = otlp::success(signal, ContentType::Protobuf, &problems);
            return grpc::answer(&answer.body).map(Body::new);
        }
        Err(refused) => refused,
    };
    door.count_refused(doorway, &head.headers, refused.reason, refused.status.words());
    grpc::refuse(&refused.status)
}

/// Why and how a call was refused.
struct Refused {
    reason: &'static str,
    status: Status,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { reason: error::reason(error.kind()), status: Status::from(&error) }
    }
}

impl Refused {
    /// What was asked for is not there, whatever the request holds.
    fn unimplemented(reason: &'static str, words: impl Into<String>) -> Self {
        Self { reason, status: Status::new(otlp::StatusCode::Unimplemented, words) }
    }
}

async fn export(
    door: &Door,
    signal: Signal,
    headers: &HeaderMap,
    body: Body,
) -> Result<Vec<Problem>, Refused> {
    let named = headers.get("grpc-encoding").map(|value| value.to_str().unwrap_or("?"));
    let named = Encoding::parse(named)
        .map_err(|error| Refused::unimplemented(error::CONTENT_ENCODING, error.to_string()))?;
    let admission = auth::admit_sender(&door.parts.keys, headers, signal)?;
    let message = Message::begin(body).await?;
    let encoding = message.encoding(named)?;
    let (limits, budget) = (door.parts.limits, &door.parts.budget);
    let received = body::receive(message, encoding, limits, budget).await?;
    let (doorway, content) = (Doorway::grpc(signal), ContentType::Protobuf);
    let sent = ingest::Sent { doorway, signal, content, encoding, headers };
    Ok(ingest::take(door, &sent, &admission, received).await?)
}

/// The answer to what is no call at all: gRPC wants it in HTTP's own words.
fn no_call(head: &Parts) -> Option<(StatusCode, &'static str)> {
    if head.version != Version::HTTP_2 {
        return Some((StatusCode::HTTP_VERSION_NOT_SUPPORTED, NO_HTTP2));
    }
    if !grpc::is_call(&head.headers) {
        return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, NO_CALL));
    }
    None
}
