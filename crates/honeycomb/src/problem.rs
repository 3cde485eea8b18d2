//! What is said when an operation of the management interface fails: Honeycomb's kinds of problems
//! with their statuses, and the two shapes in which its clients read them.
//!
//! Paths under `/1/` get a problem as RFC 7807 describes it, with Honeycomb's own `error` and
//! `type_detail` beside it; paths under `/2/` get JSON:API errors. Operations fail with a
//! [`Problem`]; the words are put together at the very end, where the URL that the client used is
//! known, because the `type` of a problem begins with it.

mod base;
mod body;

use std::fmt;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Error, ErrorKind};
use registry::{Permission, Refusal};

pub(crate) use base::Base;
pub(crate) use body::{http_date, in_honeycombs_words};

use crate::language;

/// A failed operation on its way to the client.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    /// What went wrong.
    pub(crate) error: String,
    /// What more there is to say of it.
    pub(crate) detail: Option<String>,
    /// Which members of the request are wrong.
    pub(crate) fields: Vec<FieldProblem>,
    /// When the same request may succeed.
    pub(crate) retry_after: Option<Duration>,
}

/// What kind of problem it is: what the client must do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unparseable,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Stalled,
    Conflict,
    TooLarge,
    Invalid,
    RateLimited,
    Unavailable,
    Fault,
}

/// What is wrong with one member of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldProblem {
    pub(crate) field: String,
    pub(crate) code: Code,
    pub(crate) description: String,
}

/// What kind of wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Invalid,
    Missing,
    IncorrectType,
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Missing => "missing",
            Self::IncorrectType => "incorrect_type",
        }
    }
}

/// The words for a request that fails its checks; which check it was is said of each member.
const INVALID: &str = "The provided input is invalid.";
/// The words for a body that is not JSON.
const UNPARSEABLE: &str = "could not parse request body";

impl Kind {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Unparseable => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Its name in the `type` of a problem and the `code` of a JSON:API error.
    fn name(self) -> &'static str {
        match self {
            Self::Unparseable => "unparseable",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Stalled => "request-timeout",
            Self::Conflict => "conflict",
            Self::TooLarge => "payload-too-large",
            Self::Invalid => "validation-failed",
            Self::RateLimited => "rate-limited",
            Self::Unavailable => "unavailable",
            Self::Fault => "internal",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Unparseable => "The request body could not be parsed.",
            Self::Unauthorized => "The API key is missing or not known.",
            Self::Forbidden => "The API key does not have the permission for this.",
            Self::NotFound => "The requested resource cannot be found.",
            Self::MethodNotAllowed => "The resource does not have this method.",
            Self::Stalled => "The request body did not arrive in time.",
            Self::Conflict => {
                "Request could not be completed due to a conflict with the current state of the \
                 target resource."
            }
            Self::TooLarge => "Request body is too large.",
            Self::Invalid => INVALID,
            Self::RateLimited => "You have exceeded your rate limit.",
            Self::Unavailable => "The server cannot do this for now.",
            Self::Fault => "The server failed.",
        }
    }
}

impl Problem {
    pub(crate) fn new(kind: Kind, error: impl Into<String>) -> Self {
        Self { kind, error: error.into(), detail: None, fields: Vec::new(), retry_after: None }
    }

    /// Something that the client names is not there.
    pub(crate) fn not_found(error: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, error)
    }

    /// A body that is not JSON.
    pub(crate) fn unparseable(detail: impl fmt::Display) -> Self {
        Self { detail: Some(detail.to_string()), ..Self::new(Kind::Unparseable, UNPARSEABLE) }
    }

    /// A member that is wrong.
    pub(crate) fn of_field(field: &str, code: Code, description: impl Into<String>) -> Self {
        let description = description.into();
        Self {
            detail: Some(match description.contains(field) {
                true => description.clone(),
                false => format!("{field}: {description}"),
            }),
            fields: vec![FieldProblem { field: field.to_owned(), code, description }],
            ..Self::new(Kind::Invalid, INVALID)
        }
    }

    /// A query that cannot be asked: the member that is wrong is named in the error.
    pub(crate) fn of_query(error: Error) -> Self {
        let text = error.to_string();
        match error.kind() {
            ErrorKind::Invalid => {
                let code = if text.contains(" is missing") { Code::Missing } else { Code::Invalid };
                let field = language::place_of(&text).to_owned();
                Self::of_field(&field, code, text)
            }
            _ => error.into(),
        }
    }

    /// A request whose key does not open this operation.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        let may_not = |need| {
            let error = format!("this API key may not {need}: it was made without that permission");
            Self::new(Kind::Forbidden, error)
        };
        match refusal {
            Refusal::Missing => Self::new(
                Kind::Unauthorized,
                "missing 'x-honeycomb-team' header: this server wants a key made by `trackway key \
                 create`",
            ),
            Refusal::Unknown => {
                Self::new(Kind::Unauthorized, "unknown API key - check your credentials")
            }
            Refusal::Revoked => Self::new(
                Kind::Unauthorized,
                "this API key was revoked - create another with `trackway key create`",
            ),
            Refusal::NotPermitted(Permission::Send) => may_not("send events"),
            Refusal::NotPermitted(Permission::Query) => may_not("ask questions"),
            Refusal::NotPermitted(Permission::Manage) => may_not("change what is set up"),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error.kind() {
            ErrorKind::Stalled => Self::new(Kind::Stalled, text),
            ErrorKind::Invalid | ErrorKind::TooCostly => {
                Self { detail: Some(text.clone()), ..Self::new(Kind::Invalid, text) }
            }
            ErrorKind::Missing => Self::new(Kind::NotFound, text),
            ErrorKind::Conflict => Self::new(Kind::Conflict, text),
            ErrorKind::Denied => Self::new(Kind::Unauthorized, text),
            ErrorKind::TooLarge => Self::new(Kind::TooLarge, text),
            ErrorKind::Throttled { retry_after } => {
                Self { retry_after: Some(retry_after), ..Self::new(Kind::RateLimited, text) }
            }
            ErrorKind::Unavailable { retry_after } => {
                Self { retry_after: Some(retry_after), ..Self::new(Kind::Unavailable, text) }
            }
            ErrorKind::Corrupt | ErrorKind::Bug => {
                tracing::error!("a request failed: {text}");
                Self::new(Kind::Fault, text)
            }
        }
    }
}

impl IntoResponse for Problem {
    /// A response without words, which [`in_honeycombs_words`] puts in.
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests;
