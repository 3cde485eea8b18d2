use axum::body::Body;
use axum::http::StatusCode;
use opentelemetry::Value;
use opentelemetry::logs::Severity;
use opentelemetry::trace::{SpanId, SpanKind, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::*;
use crate::recorded::{attribute, get, send};

/// A trace that a caller began, and the span it called from.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

fn words(span: &SpanData, name: &str) -> String {
    attribute(span, name).map(|value| value.as_str().into_owned()).unwrap_or_default()
}

/// Guarantees: a request continues the caller's trace in a server span with the current HTTP
/// conventions, and the mock data's span lies inside it with its `app.*` attributes.
#[tokio::test]
async fn spans_of_the_home_page() {
    let request = Request::get("/api/activities/home?page=2")
        .header("host", "cruddur.example:4567")
        .header("user-agent", "curl/8.5.0")
        .header("x-user-id", "user-42")
        .header("traceparent", format!("00-{TRACE}-{CALLER}-01"))
        .body(Body::empty())
        .unwrap();
    let seen = send(request).await;
    assert_eq!((seen.status, seen.spans.len()), (StatusCode::OK, 2));

    let server = seen.span("GET /api/activities/home");
    assert_eq!(server.span_kind, SpanKind::Server);
    assert_eq!(server.span_context.trace_id(), TraceId::from_hex(TRACE).unwrap());
    assert_eq!(server.parent_span_id, SpanId::from_hex(CALLER).unwrap());
    assert!(server.parent_span_is_remote);
    assert_eq!(server.status, Status::Unset);
    let mut attributes: Vec<_> = server
        .attributes
        .iter()
        .map(|found| (found.key.as_str(), found.value.as_str().into_owned()))
        .collect();
    attributes.sort_unstable();
    let expected = [
        ("app.user_id", "user-42"),
        ("client.address", "192.0.2.7"),
        ("http.request.method", "GET"),
        ("http.response.status_code", "200"),
        ("http.route", "/api/activities/home"),
        ("server.address", "cruddur.example"),
        ("server.port", "4567"),
        ("url.path", "/api/activities/home"),
        ("url.query", "page=2"),
        ("url.scheme", "http"),
        ("user_agent.original", "curl/8.5.0"),
    ];
    assert_eq!(attributes, expected.map(|(name, value)| (name, value.to_owned())));
    assert_eq!(attribute(server, "http.response.status_code"), Some(&Value::I64(200)));

    let data = seen.span("home-activities-mock-data");
    assert_eq!(data.parent_span_id, server.span_context.span_id());
    assert_eq!(data.span_context.trace_id(), server.span_context.trace_id());
    assert_eq!(attribute(data, "app.result_length"), Some(&Value::I64(3)));
    assert_eq!(words(data, "app.user_id"), "user-42");
    assert!(words(data, "app.now").parse::<Timestamp>().is_ok());
}

/// Guarantees: log lines are OTLP records of the trace and span they were said in, and the line
/// for the request is the model user's.
#[tokio::test]
async fn logs_of_the_home_page() {
    let seen = get("/api/activities/home").await;
    let of = |name| {
        let context = &seen.span(name).span_context;
        Some((context.trace_id(), context.span_id()))
    };
    let [inner, outer] = &seen.logs[..] else {
        panic!("two lines, not {:?}", seen.logs);
    };
    assert_eq!(inner.text, "reading the home activities");
    assert_eq!(inner.context, of("home-activities-mock-data"));
    assert_eq!(outer.severity, Severity::Info);
    let (_, rest) = outer.text.split_once("] ").unwrap();
    assert_eq!(rest, "192.0.2.7 GET http /api/activities/home? 200 OK");
    assert_eq!(outer.context, of("GET /api/activities/home"));
}

/// Guarantees: the activities of a user are read in a span called `mock-data`.
#[tokio::test]
async fn span_of_user_activities() {
    let seen = get("/api/activities/@grace").await;
    let server = seen.span("GET /api/activities/@{handle}");
    let data = seen.span("mock-data");
    assert_eq!(data.parent_span_id, server.span_context.span_id());
    assert_eq!(words(data, "app.user_handle"), "grace");
}

/// Guarantees: the failing route leaves one `exception` event on a failed server span, a failed
/// span inside it, and an error among the logs.
#[tokio::test]
async fn exception_of_the_failing_route() {
    let seen = get("/api/activities/failing").await;
    assert_eq!(seen.status, StatusCode::INTERNAL_SERVER_ERROR);
    let server = seen.span("GET /api/activities/failing");
    let message = "reading the column likes_count of an activity: invalid digit found in string";
    assert_eq!(server.status, Status::error(message));
    assert_eq!(attribute(server, "http.response.status_code"), Some(&Value::I64(500)));

    let [event] = &server.events[..] else {
        panic!("one event, not {:?}", server.events);
    };
    assert_eq!(event.name, "exception");
    let of_event = |name: &str| {
        let found = event.attributes.iter().find(|found| found.key.as_str() == name).unwrap();
        found.value.as_str().into_owned()
    };
    assert_eq!(of_event("exception.type"), "cruddur::routes::failing::UnreadableActivity");
    assert_eq!(of_event("exception.type"), words(server, "error.type"));
    assert_eq!(of_event("exception.message"), message);
    let stack = of_event("exception.stacktrace");
    assert!(stack.contains("cruddur::routes::failing::failing"), "{stack}");

    let data = seen.span("failing-mock-data");
    assert!(matches!(data.status, Status::Error { .. }));
    assert!(data.events.is_empty());
    let [error, _] = &seen.logs[..] else {
        panic!("two lines, not {:?}", seen.logs);
    };
    assert_eq!((error.severity, error.text.as_str()), (Severity::Error, message));
    let server = &server.span_context;
    assert_eq!(error.context, Some((server.trace_id(), server.span_id())));
}

/// Guarantees: what the client did wrong is not an error of the server, an unknown path makes no
/// route, and an invented method makes no span name.
#[tokio::test]
async fn mistakes_of_clients() {
    let refused = get("/api/activities/search").await;
    let server = refused.span("GET /api/activities/search");
    assert_eq!(server.status, Status::Unset);
    assert_eq!(words(server, "app.refusal"), "search_term_blank");
    assert_eq!(words(server, "app.user_id"), "1815-12-10");

    let lost = get("/nowhere").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    assert_eq!(attribute(lost.span("GET"), "http.route"), None);

    let odd = Request::builder().method("BREW").uri("/nowhere").body(Body::empty()).unwrap();
    let odd = send(odd).await;
    assert_eq!(words(odd.span("HTTP"), "http.request.method"), "_OTHER");
    assert_eq!(words(odd.span("HTTP"), "http.request.method_original"), "BREW");
}
