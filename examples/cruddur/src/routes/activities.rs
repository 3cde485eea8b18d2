//! Reading activities: home, notifications, search, one user's, one by its id.

use axum::extract::{Path, Query};
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::Deserialize;
use tracing::info_span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::mock_data::{self, Activity};
use crate::refusal::{Refusal, present};
use crate::user::User;

/// `GET /api/activities/home`: three activities.
pub(crate) async fn home(Extension(user): Extension<User>) -> Json<Vec<Activity>> {
    let now = Timestamp::now();
    let span = info_span!("home-activities-mock-data");
    Json(mock_data::read(&span, &user, now, || {
        tracing::info!("reading the home activities");
        mock_data::home(now)
    }))
}

/// `GET /api/activities/notifications`: one activity with a reply.
pub(crate) async fn notifications(Extension(user): Extension<User>) -> Json<Vec<Activity>> {
    let now = Timestamp::now();
    let span = info_span!("notifications-mock-data");
    Json(mock_data::read(&span, &user, now, || mock_data::notifications(now)))
}

/// The query of a search.
#[derive(Debug, Deserialize)]
pub(crate) struct Search {
    term: Option<String>,
}

/// `GET /api/activities/search?term=`: one activity, or `search_term_blank`.
pub(crate) async fn search(
    Extension(user): Extension<User>,
    Query(search): Query<Search>,
) -> Result<Json<Vec<Activity>>, Refusal> {
    let term = present(search.term, "search_term_blank")?;
    let now = Timestamp::now();
    let span = info_span!("search-mock-data");
    span.set_attribute("app.search_term", term.clone());
    Ok(Json(mock_data::read(&span, &user, now, || mock_data::search(now, &term))))
}

/// `GET /api/activities/@<handle>`: one activity of that user, or `blank_user_handle`.
pub(crate) async fn of_user(
    Extension(user): Extension<User>,
    Path(handle): Path<String>,
) -> Result<Json<Vec<Activity>>, Refusal> {
    let handle = present(Some(handle), "blank_user_handle")?;
    let now = Timestamp::now();
    let span = info_span!("mock-data");
    span.set_attribute("app.user_handle", handle.clone());
    let uuid = "1e2d3c4b-5a69-4788-8f96-a5b4c3d2e1cc";
    Ok(Json(mock_data::read(&span, &user, now, || vec![mock_data::one(now, uuid, &handle)])))
}

/// `GET /api/activities/@`: nobody's activities, always `blank_user_handle`.
pub(crate) async fn of_nobody() -> Refusal {
    Refusal::new("blank_user_handle")
}

/// `GET /api/activities/<uuid>`: that activity, in a list of one.
pub(crate) async fn show(
    Extension(user): Extension<User>,
    Path(uuid): Path<String>,
) -> Json<Vec<Activity>> {
    let now = Timestamp::now();
    let span = info_span!("show-activity-mock-data");
    span.set_attribute("app.activity_uuid", uuid.clone());
    Json(mock_data::read(&span, &user, now, || vec![mock_data::one(now, &uuid, "grace")]))
}
