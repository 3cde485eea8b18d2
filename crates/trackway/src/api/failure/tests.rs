//! Tests of how failures are said.

use std::time::Duration;

use super::*;

async fn said(error: Error) -> (StatusCode, Option<String>, String) {
    let response = Failure::from(error).answer();
    let status = response.status();
    let retry = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
    let bytes = to_bytes(response.into_body(), 10_000).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    (status, retry, body["error"].as_str().unwrap().to_owned())
}

/// Guarantees: every kind of error has the status that tells the caller what to do.
#[tokio::test]
async fn kinds_have_statuses() {
    let cases = [
        (ErrorKind::Invalid, 400),
        (ErrorKind::Denied, 403),
        (ErrorKind::Missing, 404),
        (ErrorKind::Conflict, 409),
        (ErrorKind::TooLarge, 413),
        (ErrorKind::TooCostly, 422),
        (ErrorKind::Corrupt, 500),
        (ErrorKind::Bug, 500),
    ];
    for (kind, expected) in cases {
        let (status, retry, text) = said(Error::new(kind, "what was done")).await;
        assert_eq!(status.as_u16(), expected, "{kind:?}");
        assert_eq!(retry, None, "{kind:?}");
        assert!(text.contains("what was done"), "{kind:?}: {text}");
    }
}

/// Guarantees: what may be tried again says when, in whole seconds and never at once.
#[tokio::test]
async fn later_says_when() {
    let cases = [(0, "1"), (1_000, "1"), (1_001, "2"), (30_000, "30")];
    for (millis, expected) in cases {
        let time = Duration::from_millis(millis);
        let (status, retry, _) = said(Error::throttled(time, "full")).await;
        assert_eq!((status.as_u16(), retry.as_deref()), (429, Some(expected)));
        let (status, retry, _) = said(Error::unavailable(time, "starting")).await;
        assert_eq!((status.as_u16(), retry.as_deref()), (503, Some(expected)));
    }
}

/// Guarantees: a question that costs too much is told which settings bound it, and told once.
#[tokio::test]
async fn costly_questions_hear_of_bounds() {
    let (_, _, text) = said(Error::new(ErrorKind::TooCostly, "too much")).await;
    assert!(text.contains("--query-memory") && text.contains("--query-seconds"), "{text}");
    let (_, _, text) = said(Error::new(ErrorKind::TooCostly, "raise --query-seconds")).await;
    assert_eq!(text, "raise --query-seconds");
}
