//! What users write: activities, replies, private messages.
//!
//! Nothing is kept. A key that is missing counts as blank, and of several mistakes the one about
//! the message is told first, as the model user's front end expects.

use axum::extract::Path;
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tracing::info_span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::mock_data::new_uuid;
use crate::refusal::{Refusal, message, present};
use crate::user::{self, User};

/// What fits into an activity, as the front end counts down.
const ACTIVITY_CHARS_MAX: usize = 280;
/// What fits into a reply or a private message.
const MESSAGE_CHARS_MAX: usize = 1024;

/// What was written, given back. Fields that the kind of post does not have are left out.
#[derive(Debug, Serialize)]
pub(crate) struct Posted {
    uuid: String,
    display_name: &'static str,
    handle: &'static str,
    message: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to_activity_uuid: Option<String>,
}

impl Posted {
    fn new(message: String, now: Timestamp) -> Self {
        Self {
            uuid: new_uuid(),
            display_name: user::DISPLAY_NAME,
            handle: user::HANDLE,
            message,
            created_at: now.to_string(),
            expires_at: None,
            reply_to_activity_uuid: None,
        }
    }
}

/// The body of a new activity.
#[derive(Debug, Deserialize)]
pub(crate) struct NewActivity {
    message: Option<String>,
    ttl: Option<String>,
}

/// `POST /api/activities`: the created activity, or what is wrong with it.
pub(crate) async fn create_activity(
    Extension(user): Extension<User>,
    Json(body): Json<NewActivity>,
) -> Result<Json<Posted>, Refusal> {
    let message = message(body.message, ACTIVITY_CHARS_MAX)?;
    let ttl = body.ttl.unwrap_or_default();
    let lifetime = lifetime(&ttl).ok_or_else(|| Refusal::new("ttl_blank"))?;
    let span = info_span!("create-activity");
    span.set_attribute("app.user_id", user.id);
    span.set_attribute("app.ttl", ttl);
    span.set_attribute("app.message_length", message.chars().count() as i64);
    let now = Timestamp::now();
    let mut posted = Posted::new(message, now);
    posted.expires_at = Some((now + lifetime).to_string());
    Ok(Json(posted))
}

/// How long an activity lives: the choices that the front end offers, nothing else.
fn lifetime(ttl: &str) -> Option<SignedDuration> {
    let hours = match ttl {
        "30-days" => 30 * 24,
        "7-days" => 7 * 24,
        "3-days" => 3 * 24,
        "1-day" => 24,
        "12-hours" => 12,
        "3-hours" => 3,
        "1-hour" => 1,
        _ => return None,
    };
    Some(SignedDuration::from_hours(hours))
}

/// The body of a reply.
#[derive(Debug, Deserialize)]
pub(crate) struct NewReply {
    message: Option<String>,
}

/// `POST /api/activities/<uuid>/reply`: the created reply, or what is wrong with it.
pub(crate) async fn create_reply(
    Extension(user): Extension<User>,
    Path(uuid): Path<String>,
    Json(body): Json<NewReply>,
) -> Result<Json<Posted>, Refusal> {
    let message = message(body.message, MESSAGE_CHARS_MAX)?;
    let span = info_span!("create-reply");
    span.set_attribute("app.user_id", user.id);
    span.set_attribute("app.activity_uuid", uuid.clone());
    span.set_attribute("app.message_length", message.chars().count() as i64);
    let mut posted = Posted::new(message, Timestamp::now());
    posted.reply_to_activity_uuid = Some(uuid);
    Ok(Json(posted))
}

/// The body of a private message.
#[derive(Debug, Deserialize)]
pub(crate) struct NewMessage {
    message: Option<String>,
    user_receiver_handle: Option<String>,
}

/// `POST /api/messages`: the created message, or what is wrong with it.
pub(crate) async fn create_message(
    Extension(user): Extension<User>,
    Json(body): Json<NewMessage>,
) -> Result<Json<Posted>, Refusal> {
    let message = message(body.message, MESSAGE_CHARS_MAX)?;
    let receiver = present(body.user_receiver_handle, "user_reciever_handle_blank")?;
    let span = info_span!("create-message");
    span.set_attribute("app.user_id", user.id);
    span.set_attribute("app.user_handle", receiver);
    span.set_attribute("app.message_length", message.chars().count() as i64);
    Ok(Json(Posted::new(message, Timestamp::now())))
}
