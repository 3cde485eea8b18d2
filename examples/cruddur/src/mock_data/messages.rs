//! Private messages and the conversations they belong to.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::user;

/// A conversation, as the list of conversations shows it.
#[derive(Debug, Serialize)]
pub(crate) struct MessageGroup {
    uuid: &'static str,
    display_name: &'static str,
    handle: &'static str,
    created_at: String,
}

/// One message of a conversation.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    uuid: &'static str,
    display_name: String,
    handle: String,
    message: &'static str,
    created_at: String,
}

/// The two conversations of the mock user.
pub(crate) fn groups(now: Timestamp) -> Vec<MessageGroup> {
    let group = |uuid, display_name, handle| MessageGroup {
        uuid,
        display_name,
        handle,
        created_at: now.to_string(),
    };
    vec![
        group("2b4d6f80-1a3c-4e5d-8f7a-9b0c1d2e3f88", "Grace H.", "grace"),
        group("4f6e8d7c-5b4a-4392-8170-6f5e4d3c2b99", "Edsger D.", "edsger"),
    ]
}

/// The two messages exchanged with `handle`, the latest first.
pub(crate) fn messages(now: Timestamp, handle: &str) -> Vec<Message> {
    let earlier = now - SignedDuration::from_mins(5);
    vec![
        Message {
            uuid: "6a5b4c3d-2e1f-4a0b-9c8d-7e6f5a4b3caa",
            display_name: handle.to_owned(),
            handle: handle.to_owned(),
            message: "Which span was it in the end?",
            created_at: now.to_string(),
        },
        Message {
            uuid: "8c7d6e5f-4a3b-4c2d-8e1f-0a9b8c7d6ebb",
            display_name: user::DISPLAY_NAME.to_owned(),
            handle: user::HANDLE.to_owned(),
            message: "The home page is slow again.",
            created_at: earlier.to_string(),
        },
    ]
}
