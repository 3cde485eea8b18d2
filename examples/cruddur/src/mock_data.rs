//! The data that a database would give, made up afresh for every request.
//!
//! Each read runs in a span of its own, as the model user has it around the code that a query will
//! replace one day.

mod activities;
mod messages;
mod uuid;

use jiff::Timestamp;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

pub(crate) use activities::{Activity, home, notifications, one, search};
pub(crate) use messages::{Message, MessageGroup, groups, messages};
pub(crate) use uuid::new_uuid;

use crate::user::User;

/// Runs `rows` inside `span` and notes there for whom it ran, at which time, and how many rows it
/// gave.
pub(crate) fn read<T>(
    span: &Span,
    user: &User,
    now: Timestamp,
    rows: impl FnOnce() -> Vec<T>,
) -> Vec<T> {
    let rows = span.in_scope(rows);
    span.set_attribute("app.user_id", user.id.clone());
    span.set_attribute("app.now", now.to_string());
    span.set_attribute("app.result_length", rows.len() as i64);
    rows
}
