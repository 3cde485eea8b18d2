//! Tests only: a request through the router, and everything that it left behind.
//!
//! Each test has exporters of its own that keep spans and log records in memory. Tests that look
//! at answers alone come through here too: `tracing` remembers for each call site whether anybody
//! listens, and may ask only the thread that gets there first. A test without a listener would
//! silence the others.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use opentelemetry::Value;
use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tower::ServiceExt;
use tracing::instrument::WithSubscriber;

/// More than any answer of the service.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The answer to one request and the telemetry of it.
pub(crate) struct Recorded {
    /// The answer's status.
    pub(crate) status: StatusCode,
    /// The answer's body, as text where it is not JSON.
    pub(crate) body: serde_json::Value,
    /// In the order in which they ended.
    pub(crate) spans: Vec<SpanData>,
    /// In the order in which they were said.
    pub(crate) logs: Vec<Line>,
}

/// A log record: how grave, which words, said in which span of which trace.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) severity: Severity,
    pub(crate) text: String,
    pub(crate) context: Option<(TraceId, SpanId)>,
}

impl Recorded {
    /// The span called `name`.
    pub(crate) fn span(&self, name: &str) -> &SpanData {
        let names: Vec<_> = self.spans.iter().map(|span| &span.name).collect();
        let found = self.spans.iter().find(|span| span.name == name);
        found.unwrap_or_else(|| panic!("{name} is not among {names:?}"))
    }
}

/// The attribute `name` of `span`.
pub(crate) fn attribute<'span>(span: &'span SpanData, name: &str) -> Option<&'span Value> {
    let mut attributes = span.attributes.iter();
    let found = attributes.find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| &attribute.value)
}

/// Sends a `GET` for `path`.
pub(crate) async fn get(path: &str) -> Recorded {
    send(Request::get(path).body(Body::empty()).unwrap()).await
}

/// Sends `request` from 192.0.2.7 through the router.
pub(crate) async fn send(mut request: Request<Body>) -> Recorded {
    let spans = InMemorySpanExporter::default();
    let logs = InMemoryLogExporter::default();
    let traces = SdkTracerProvider::builder().with_simple_exporter(spans.clone());
    let records = SdkLoggerProvider::builder().with_simple_exporter(logs.clone());
    let (traces, records) = (traces.build(), records.build());
    let subscriber = crate::telemetry::subscriber(&traces, &records);

    let peer: SocketAddr = "192.0.2.7:51000".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    let answer = crate::routes::router().oneshot(request);
    let answer = answer.with_subscriber(subscriber).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), BODY_BYTES_MAX).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let body = serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));

    let spans = spans.get_finished_spans().unwrap();
    let mut lines = Vec::new();
    for log in logs.get_emitted_logs().unwrap() {
        let text = match log.record.body() {
            Some(AnyValue::String(text)) => text.to_string(),
            other => panic!("a log line is text, not {other:?}"),
        };
        let severity = log.record.severity_number().unwrap();
        let context = log.record.trace_context();
        let context = context.map(|found| (found.trace_id, found.span_id));
        lines.push(Line { severity, text, context });
    }
    Recorded { status, body, spans, logs: lines }
}
