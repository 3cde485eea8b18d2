//! `POST /v1/traces`, `/v1/logs` and `/v1/metrics`: OpenTelemetry's export over HTTP.
//!
//! The content type is looked at before the key, as Honeycomb does. Answers are in the request's
//! content type; an unknown one is answered in plain text.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use body::{ContentType, Encoding};
use http_body_util::BodyExt as _;
use model::Signal;
use otlp::Problem;

use crate::counts::Doorway;
use crate::door::Door;
use crate::{error, ingest};

/// What is said of content types that are none of OpenTelemetry's.
const UNSUPPORTED_CONTENT: &str = "unsupported content-type, valid types are: \
     application/protobuf, application/x-protobuf, application/json";

/// How much of a refused request is read and thrown away before it is answered: as much as any
/// client that means well sends. One that is cut off while it sends sees a broken connection, tries
/// again, and never learns the reason.
const READ_OFF_BYTES_MAX: usize = 128 << 20;

/// How long that may take.
const READ_OFF_PATIENCE: Duration = Duration::from_secs(5);

pub(crate) async fn handle(
    State(door): State<Arc<Door>>,
    signal: Signal,
    request: Request,
) -> Response {
    let (head, mut body) = request.into_parts();
    let doorway = Doorway::http(signal);
    let text = |name| head.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let response = match ContentType::parse(text(header::CONTENT_TYPE)) {
        None => {
            door.count_refused(doorway, &head.headers, error::CONTENT_TYPE, UNSUPPORTED_CONTENT);
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, UNSUPPORTED_CONTENT).into_response()
        }
        Some(content) => match Encoding::parse(text(header::CONTENT_ENCODING)) {
            Ok(encoding) => {
                let headers = &head.headers;
                let sent = ingest::Sent { doorway, signal, content, encoding, headers };
                match ingest::export(&door, &sent, &mut body).await {
                    Ok(problems) => return accepted(&sent, &problems),
                    Err(error) => {
                        let reason = error::reason(error.kind());
                        door.count_refused(doorway, headers, reason, &error.to_string());
                        error::response(&error, content)
                    }
                }
            }
            Err(error) => {
                let text = error.to_string();
                door.count_refused(doorway, &head.headers, error::CONTENT_ENCODING, &text);
                let mut response = error::response(&error, content);
                *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
                response
            }
        },
    };
    read_off(body).await;
    response
}

fn accepted(sent: &ingest::Sent<'_>, problems: &[Problem]) -> Response {
    let answer = otlp::success(sent.signal, sent.content, problems);
    ([(header::CONTENT_TYPE, error::media_type(sent.content))], answer.body).into_response()
}

/// Reads what is left of a refused request, within bounds.
pub(crate) async fn read_off(mut body: Body) {
    let mut bytes = 0;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, bytes::Bytes::len);
            if bytes > READ_OFF_BYTES_MAX {
                break;
            }
        }
    };
    // Whether it came to an end or not, the answer is next.
    drop(tokio::time::timeout(READ_OFF_PATIENCE, reading).await);
}
