//! How a call ended, in the headers that say so.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue};
use model::{Error, ErrorKind};

use crate::response::StatusCode;
use crate::wire::Writer;

/// Most bytes of an error's words. Clients take 8 KiB of headers, in which words stand up to three
/// times as long, and once more in the details.
const WORDS_BYTES_MAX: usize = 1_024;

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// How long to wait before the next attempt, as a detail of a status.
const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    code: StatusCode,
    words: String,
    retry_after: Option<Duration>,
}

impl Status {
    /// It succeeded.
    pub const OK: Self = Self { code: StatusCode::Ok, words: String::new(), retry_after: None };

    /// It failed with these words, which are cut if they are long.
    pub fn new(code: StatusCode, words: impl Into<String>) -> Self {
        let mut words = words.into();
        if words.len() > WORDS_BYTES_MAX {
            words.truncate(words.floor_char_boundary(WORDS_BYTES_MAX));
            words.push('…');
        }
        Self { code, words, retry_after: None }
    }

    /// It can be tried again after this time.
    #[must_use]
    pub fn retry_after(mut self, time: Duration) -> Self {
        self.retry_after = Some(time);
        self
    }

    /// Its code.
    pub fn code(&self) -> StatusCode {
        self.code
    }

    /// Its words, empty if it succeeded.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The headers or trailers that say so.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(3);
        headers.insert(STATUS, HeaderValue::from(self.code as u16));
        if self.code != StatusCode::Ok {
            headers.insert(MESSAGE, ascii(percent_encode(&self.words)));
        }
        if let Some(time) = self.retry_after {
            headers.insert(DETAILS, ascii(STANDARD_NO_PAD.encode(self.details(time))));
        }
        headers
    }

    /// A `google.rpc.Status` with a `google.rpc.RetryInfo`.
    fn details(&self, retry_after: Duration) -> Vec<u8> {
        let mut info = Writer::default();
        info.message(1, |delay| {
            delay.varint(1, retry_after.as_secs());
            if retry_after.subsec_nanos() > 0 {
                delay.varint(2, u64::from(retry_after.subsec_nanos()));
            }
        });
        let mut status = Writer::default();
        status.varint(1, self.code as u64);
        status.bytes(2, self.words.as_bytes());
        status.message(3, |any| {
            any.bytes(1, RETRY_INFO.as_bytes());
            any.bytes(2, &info.into_bytes());
        });
        status.into_bytes()
    }
}

impl From<&Error> for Status {
    fn from(error: &Error) -> Self {
        let status = Self::new(code(error.kind()), error.to_string());
        match error.kind() {
            ErrorKind::Throttled { retry_after } | ErrorKind::Unavailable { retry_after } => {
                status.retry_after(retry_after)
            }
            _ => status,
        }
    }
}

/// The code of an error's kind. What is to be sent again unchanged is `Unavailable`, whatever kept
/// it out: OpenTelemetry's exporters try again on that alone without looking at details.
const fn code(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Invalid => StatusCode::InvalidArgument,
        ErrorKind::Missing => StatusCode::NotFound,
        ErrorKind::Conflict => StatusCode::Aborted,
        ErrorKind::Denied => StatusCode::Unauthenticated,
        ErrorKind::TooLarge | ErrorKind::TooCostly => StatusCode::ResourceExhausted,
        ErrorKind::Stalled => StatusCode::DeadlineExceeded,
        ErrorKind::Throttled { .. } | ErrorKind::Unavailable { .. } => StatusCode::Unavailable,
        ErrorKind::Corrupt | ErrorKind::Bug => StatusCode::Internal,
    }
}

/// Whether the headers of an answer say that the server itself failed.
pub fn is_internal(headers: &HeaderMap) -> bool {
    headers
        .get(STATUS)
        .is_some_and(|status| *status == HeaderValue::from(StatusCode::Internal as u16))
}

/// Text as `grpc-message` has it: printable ASCII but for the percent sign, and everything else in
/// hexadecimal.
fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (b' '..=b'~').contains(&byte) && byte != b'%' {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn ascii(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("printable ASCII is a header's value")
}
