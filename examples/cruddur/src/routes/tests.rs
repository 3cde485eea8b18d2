use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use super::*;
use crate::recorded::{self, send};

async fn get_json(path: &str) -> (StatusCode, Value) {
    let answer = recorded::get(path).await;
    (answer.status, answer.body)
}

async fn post(path: &str, body: String) -> (StatusCode, Value) {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    let answer = send(request.body(Body::from(body)).unwrap()).await;
    (answer.status, answer.body)
}

async fn post_json(path: &str, body: Value) -> (StatusCode, Value) {
    post(path, body.to_string()).await
}

fn refused(code: &str) -> (StatusCode, Value) {
    (StatusCode::UNPROCESSABLE_ENTITY, json!([code]))
}

fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Guarantees: the home page gets three activities with every field it shows, the first with a
/// reply that points back to it.
#[tokio::test]
async fn home() {
    let (status, body) = get_json("/api/activities/home").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body.as_array().unwrap().len(), 3);
    let mut fields = names(&body[0]);
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "created_at",
            "expires_at",
            "handle",
            "likes_count",
            "message",
            "replies",
            "replies_count",
            "reposts_count",
            "uuid"
        ]
    );
    assert_eq!(body[0]["replies"][0]["reply_to_activity_uuid"], body[0]["uuid"]);
    assert_eq!(body[1]["replies"], json!([]));
    assert!(body[0]["created_at"].as_str() < body[0]["expires_at"].as_str());
}

/// Guarantees: there is one notification, with one reply.
#[tokio::test]
async fn notifications() {
    let (status, body) = get_json("/api/activities/notifications").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body.as_array().unwrap().len(), 1);
    assert_eq!(body[0]["handle"], "coco");
    assert_eq!(body[0]["replies"].as_array().unwrap().len(), 1);
}

/// Guarantees: a search finds a post about its term, and a search for nothing is refused.
#[tokio::test]
async fn search() {
    let (status, body) = get_json("/api/activities/search?term=span%20links").await;
    assert_eq!(status, StatusCode::OK);
    assert!(body[0]["message"].as_str().unwrap().contains("span links"));
    for path in ["/api/activities/search", "/api/activities/search?term=%20"] {
        assert_eq!(get_json(path).await, refused("search_term_blank"), "{path}");
    }
}

/// Guarantees: a user's page shows that user's activity, and a blank handle is refused.
#[tokio::test]
async fn activities_of_a_user() {
    let (status, body) = get_json("/api/activities/@grace").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body[0]["handle"], "grace");
    for path in ["/api/activities/@", "/api/activities/@%20"] {
        assert_eq!(get_json(path).await, refused("blank_user_handle"), "{path}");
    }
}

/// Guarantees: an activity is found by its id, which upstream's own code never managed.
#[tokio::test]
async fn show() {
    let (status, body) = get_json("/api/activities/0b8f5f3c-6c0e-4a55-9d0d-3f1c7f0a9b11").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body.as_array().unwrap().len(), 1);
    assert_eq!(body[0]["uuid"], "0b8f5f3c-6c0e-4a55-9d0d-3f1c7f0a9b11");
}

/// Guarantees: a created activity comes back with an id and the lifetime that was asked for.
#[tokio::test]
async fn create_activity() {
    let asked = json!({"message": "é".repeat(280), "ttl": "12-hours"});
    let (status, body) = post_json("/api/activities", asked).await;
    assert_eq!(status, StatusCode::OK);
    let time = |name: &str| body[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let lifetime = time("expires_at").duration_since(time("created_at"));
    assert_eq!(lifetime, jiff::SignedDuration::from_hours(12));
    let uuid = body["uuid"].as_str().unwrap();
    assert_eq!((uuid.len(), uuid.split('-').count(), uuid.as_bytes()[14]), (36, 5, b'4'));
    assert!(body.get("reply_to_activity_uuid").is_none());
}

/// Guarantees: each mistake in a new activity has its code, that of the message first, and a
/// missing key is a blank one, not a server error.
#[tokio::test]
async fn refused_activities() {
    for (body, code) in [
        (json!({"message": "hello", "ttl": ""}), "ttl_blank"),
        (json!({"message": "hello", "ttl": "2-hours"}), "ttl_blank"),
        (json!({"message": "hello"}), "ttl_blank"),
        (json!({"message": "", "ttl": "1-day"}), "message_blank"),
        (json!({"ttl": "1-day"}), "message_blank"),
        (json!({}), "message_blank"),
        (json!({"message": "x".repeat(281), "ttl": "1-day"}), "message_exceed_max_chars"),
    ] {
        assert_eq!(post_json("/api/activities", body.clone()).await, refused(code), "{body}");
    }
}

/// Guarantees: a reply names the activity it answers, and a bad one is refused instead of failing.
#[tokio::test]
async fn create_reply() {
    let path = "/api/activities/0b8f5f3c-6c0e-4a55-9d0d-3f1c7f0a9b11/reply";
    let (status, body) = post_json(path, json!({"message": "agreed"})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["message"], "agreed");
    assert_eq!(body["reply_to_activity_uuid"], "0b8f5f3c-6c0e-4a55-9d0d-3f1c7f0a9b11");
    assert_eq!(post_json(path, json!({})).await, refused("message_blank"));
    let long = json!({"message": "x".repeat(1025)});
    assert_eq!(post_json(path, long).await, refused("message_exceed_max_chars"));
}

/// Guarantees: there are two conversations, and each has two messages.
#[tokio::test]
async fn conversations() {
    let (status, groups) = get_json("/api/message_groups").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(groups.as_array().unwrap().len(), 2);
    for group in groups.as_array().unwrap() {
        let handle = group["handle"].as_str().unwrap();
        let (status, messages) = get_json(&format!("/api/messages/@{handle}")).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(messages.as_array().unwrap().len(), 2);
        assert_eq!(messages[0]["handle"], handle);
    }
}

/// Guarantees: a message is created, and each mistake in one has its code.
#[tokio::test]
async fn create_message() {
    let asked = json!({"message": "x".repeat(1024), "user_receiver_handle": "grace"});
    let (status, body) = post_json("/api/messages", asked.clone()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["message"], asked["message"]);
    assert!(body.get("expires_at").is_none());
    for (body, code) in [
        (json!({"message": "hello", "user_receiver_handle": ""}), "user_reciever_handle_blank"),
        (json!({"message": "hello"}), "user_reciever_handle_blank"),
        (json!({"message": " ", "user_receiver_handle": "grace"}), "message_blank"),
        (
            json!({"message": "x".repeat(1025), "user_receiver_handle": "grace"}),
            "message_exceed_max_chars",
        ),
    ] {
        assert_eq!(post_json("/api/messages", body.clone()).await, refused(code), "{body}");
    }
}

/// Guarantees: the health check and the greeting answer as their callers expect.
#[tokio::test]
async fn liveness() {
    let health = json!({"success": true, "ver": 1});
    assert_eq!(get_json("/api/health-check").await, (StatusCode::OK, health));
    assert_eq!(get_json("/rollbar/test").await, (StatusCode::OK, json!("Hello World!")));
}

/// Guarantees: the failing route fails, and tells the client nothing of why.
#[tokio::test]
async fn failing() {
    let answer = get_json("/api/activities/failing").await;
    let expected = json!(["internal_server_error"]);
    assert_eq!(answer, (StatusCode::INTERNAL_SERVER_ERROR, expected));
}

/// Guarantees: a body beyond the limit, one that is not JSON and an unknown path are the client's
/// fault.
#[tokio::test]
async fn not_understood() {
    let huge = json!({"message": "x".repeat(BODY_BYTES_MAX)});
    assert_eq!(post_json("/api/messages", huge).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let (status, _) = post("/api/messages", "{".to_owned()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(get_json("/api/nothing").await.0, StatusCode::NOT_FOUND);
}
