//! Every path of the service, one file to a group.

mod activities;
mod failing;
mod liveness;
mod messages;
mod posting;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use crate::request_span::observe;

/// The largest body is a message of 1,024 characters; the rest is room for JSON's escapes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The whole service, instrumented.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/api/activities", post(posting::create_activity))
        .route("/api/activities/home", get(activities::home))
        .route("/api/activities/notifications", get(activities::notifications))
        .route("/api/activities/search", get(activities::search))
        .route("/api/activities/failing", get(failing::failing))
        .route("/api/activities/@", get(activities::of_nobody))
        .route("/api/activities/@{handle}", get(activities::of_user))
        .route("/api/activities/{uuid}", get(activities::show))
        .route("/api/activities/{uuid}/reply", post(posting::create_reply))
        .route("/api/message_groups", get(messages::groups))
        .route("/api/messages", post(posting::create_message))
        .route("/api/messages/@{handle}", get(messages::with_user))
        .route("/api/health-check", get(liveness::health_check))
        .route("/rollbar/test", get(liveness::rollbar_test))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(observe))
}

#[cfg(test)]
mod tests;
