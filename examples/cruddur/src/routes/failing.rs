//! The route that fails on purpose, so that there is an error to look at.

use std::error::Error;
use std::fmt;
use std::num::ParseIntError;

use opentelemetry::trace::Status;
use tracing::info_span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::failure::Failure;

/// A like counter as no database should hand it out.
const LIKES: &str = "five";

/// A row of an activity that cannot be read.
#[derive(Debug)]
struct UnreadableActivity {
    column: &'static str,
    source: ParseIntError,
}

impl fmt::Display for UnreadableActivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reading the column {} of an activity", self.column)
    }
}

impl Error for UnreadableActivity {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// `GET /api/activities/failing`: always 500, with an exception on the request's span.
pub(crate) async fn failing() -> Result<String, Failure> {
    let span = info_span!("failing-mock-data");
    let likes = span.in_scope(likes);
    if likes.is_err() {
        span.set_status(Status::error("the mock data is unreadable"));
    }
    Ok(likes?.to_string())
}

fn likes() -> Result<u32, UnreadableActivity> {
    LIKES.parse().map_err(|source| UnreadableActivity { column: "likes_count", source })
}
