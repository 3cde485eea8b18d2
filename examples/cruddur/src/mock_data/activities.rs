//! Activities: short posts that expire.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// A post.
#[derive(Debug, Serialize)]
pub(crate) struct Activity {
    uuid: String,
    handle: String,
    message: String,
    /// RFC 3339, UTC, as are the other times.
    created_at: String,
    expires_at: String,
    likes_count: u32,
    replies_count: u32,
    reposts_count: u32,
    replies: Vec<Reply>,
}

/// An answer beneath a post.
#[derive(Debug, Serialize)]
struct Reply {
    uuid: String,
    reply_to_activity_uuid: String,
    handle: String,
    message: String,
    likes_count: u32,
    replies_count: u32,
    reposts_count: u32,
    created_at: String,
}

impl Activity {
    fn new(
        uuid: &str,
        handle: &str,
        message: &str,
        now: Timestamp,
        hours: (i64, i64),
        likes_count: u32,
    ) -> Self {
        let (age, left) = hours;
        Self {
            uuid: uuid.to_owned(),
            handle: handle.to_owned(),
            message: message.to_owned(),
            created_at: (now - SignedDuration::from_hours(age)).to_string(),
            expires_at: (now + SignedDuration::from_hours(left)).to_string(),
            likes_count,
            replies_count: 0,
            reposts_count: 0,
            replies: Vec::new(),
        }
    }

    fn replied(mut self, uuid: &str, handle: &str, message: &str) -> Self {
        self.replies.push(Reply {
            uuid: uuid.to_owned(),
            reply_to_activity_uuid: self.uuid.clone(),
            handle: handle.to_owned(),
            message: message.to_owned(),
            likes_count: 0,
            replies_count: 0,
            reposts_count: 0,
            created_at: self.created_at.clone(),
        });
        self.replies_count += 1;
        self
    }
}

/// The three posts of the home page.
pub(crate) fn home(now: Timestamp) -> Vec<Activity> {
    vec![
        one(now, "0b8f5f3c-6c0e-4a55-9d0d-3f1c7f0a9b11", "grace"),
        Activity::new(
            "5a1d7c0e-91b4-4f6e-8a2f-6f2f8f1f0c22",
            "alan",
            "The kettle and the deadline came to the boil together.",
            now,
            (7 * 24, 9 * 24),
            0,
        ),
        Activity::new(
            "c7e2b9d4-3e57-47b1-b6d1-0d9c4b6a2e33",
            "edsger",
            "Fountain pen refilled. Ready for production.",
            now,
            (1, 12),
            0,
        ),
    ]
}

/// The one thing that the mock user was notified of.
pub(crate) fn notifications(now: Timestamp) -> Vec<Activity> {
    let activity = Activity::new(
        "9d4b2a60-7f3a-4d0b-8c55-1b7e6d5c4f44",
        "coco",
        "Somebody liked the unicorn picture.",
        now,
        (2 * 24, 5 * 24),
        5,
    );
    vec![activity.replied("e1f0c3b2-2d4a-4c6b-9a7f-8e5d4c3b2a55", "grace", "It was me.")]
}

/// What a search for `term` finds: always one post, which contains it.
pub(crate) fn search(now: Timestamp, term: &str) -> Vec<Activity> {
    let message = format!("Everything I know about {term} fits in one post.");
    let uuid = "3c6f9e1a-5b8d-4e2c-a1f7-2d3e4f5a6b66";
    vec![Activity::new(uuid, "grace", &message, now, (24, 6 * 24), 2)]
}

/// The post `uuid` of `handle`, with its one reply.
pub(crate) fn one(now: Timestamp, uuid: &str, handle: &str) -> Activity {
    let message = "Found the bug. It was a moth, and it had no traceparent.";
    Activity::new(uuid, handle, message, now, (2 * 24, 5 * 24), 5).replied(
        "7f8e9d0c-1b2a-4c3d-9e4f-5a6b7c8d9e77",
        "edsger",
        "Please let it go home.",
    )
}
