use super::*;

/// Guarantees: the line is the model user's to the letter, with and without a query.
#[test]
fn line() {
    let now: Timestamp = "2026-11-20T21:43:59Z".parse().unwrap();
    let line = |uri: &'static str, status| {
        request_line(now, "127.0.0.1", &Method::GET, &Uri::from_static(uri), status)
    };
    assert_eq!(
        line("/api/activities/home", StatusCode::OK),
        "[2026-Nov-20 21:43] 127.0.0.1 GET http /api/activities/home? 200 OK"
    );
    assert_eq!(
        line("/api/activities/search?term=", StatusCode::UNPROCESSABLE_ENTITY),
        "[2026-Nov-20 21:43] 127.0.0.1 GET http /api/activities/search?term= \
         422 Unprocessable Entity"
    );
}
