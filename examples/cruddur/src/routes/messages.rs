//! Reading private messages: the conversations, and one of them.

use axum::extract::Path;
use axum::{Extension, Json};
use jiff::Timestamp;
use tracing::info_span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::mock_data::{self, Message, MessageGroup};
use crate::user::User;

/// `GET /api/message_groups`: two conversations.
pub(crate) async fn groups(Extension(user): Extension<User>) -> Json<Vec<MessageGroup>> {
    let now = Timestamp::now();
    let span = info_span!("message-groups-mock-data");
    Json(mock_data::read(&span, &user, now, || mock_data::groups(now)))
}

/// `GET /api/messages/@<handle>`: the two messages exchanged with that user.
pub(crate) async fn with_user(
    Extension(user): Extension<User>,
    Path(handle): Path<String>,
) -> Json<Vec<Message>> {
    let now = Timestamp::now();
    let span = info_span!("messages-mock-data");
    span.set_attribute("app.user_handle", handle.clone());
    Json(mock_data::read(&span, &user, now, || mock_data::messages(now, &handle)))
}
