//! What the protocol answers: an empty or partial success, or a status in words.

use body::ContentType;
use model::Signal;
use serde_json::json;

use crate::problems::Problem;
use crate::wire::Writer;

/// google.rpc codes that doors for OpenTelemetry use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusCode {
    /// It succeeded.
    Ok = 0,
    /// The request is wrong.
    InvalidArgument = 3,
    /// The request did not come, or go on, in time.
    DeadlineExceeded = 4,
    /// Something named does not exist.
    NotFound = 5,
    /// The key may not do this.
    PermissionDenied = 7,
    /// A bound is reached; try again.
    ResourceExhausted = 8,
    /// The request contradicts what is there.
    Aborted = 10,
    /// Not built.
    Unimplemented = 12,
    /// A fault of the server's.
    Internal = 13,
    /// Not at present; try again.
    Unavailable = 14,
    /// There is no key, or not one that is known.
    Unauthenticated = 16,
}

/// An answer's body, in the request's content type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its content type.
    pub content: ContentType,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// The answer to a request that was accepted, but for what `problems` say.
pub fn success(signal: Signal, content: ContentType, problems: &[Problem]) -> Answer {
    let rejected: u64 = problems.iter().map(|problem| problem.count).sum();
    let message = match problems {
        [] => String::new(),
        problems => {
            let reasons = problems
                .iter()
                .map(|problem| format!("{} {}: {}", problem.count, problem.reason, problem.sample));
            reasons.collect::<Vec<_>>().join("; ")
        }
    };
    let body = match content {
        ContentType::Protobuf if rejected == 0 => Vec::new(),
        ContentType::Protobuf => {
            let mut writer = Writer::default();
            writer.message(1, |partial| {
                partial.varint(1, rejected);
                partial.bytes(2, message.as_bytes());
            });
            writer.into_bytes()
        }
        ContentType::Json if rejected == 0 => b"{}".to_vec(),
        ContentType::Json => {
            let field = match signal {
                Signal::Spans => "rejectedSpans",
                Signal::Logs => "rejectedLogRecords",
                Signal::Metrics => "rejectedDataPoints",
                Signal::Events => "rejectedEvents",
            };
            json!({"partialSuccess": {field: rejected.to_string(), "errorMessage": message}})
                .to_string()
                .into_bytes()
        }
    };
    Answer { content, body }
}

/// A google.rpc.Status.
pub fn failure(code: StatusCode, message: &str, content: ContentType) -> Answer {
    let body = match content {
        ContentType::Protobuf => {
            let mut writer = Writer::default();
            writer.varint(1, code as u64);
            writer.bytes(2, message.as_bytes());
            writer.into_bytes()
        }
        ContentType::Json => {
            json!({"code": code as u32, "message": message}).to_string().into_bytes()
        }
    };
    Answer { content, body }
}
