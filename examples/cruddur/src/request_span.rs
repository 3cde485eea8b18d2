//! One server span and one log line for every request.
//!
//! The span is named `{method} {route}`, carries the current HTTP conventions of OpenTelemetry,
//! and continues the caller's trace where a `traceparent` header names one. What handlers open
//! become its children. The line is logged inside the span, so that both find each other.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::Status;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::failure::Exception;
use crate::request_line::request_line;
use crate::user::User;

/// The methods that have a name in the conventions; others are `_OTHER`, since a client could
/// otherwise make up as many span names as it likes.
const METHODS: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
    Method::CONNECT,
];

/// What is known of a request before it is handled, kept for the line after.
struct Asked {
    method: Method,
    uri: Uri,
    route: Option<String>,
    client: Option<String>,
    user: User,
}

/// The layer: runs the rest of the service inside the request's span.
pub(crate) async fn observe(mut request: Request, next: Next) -> Response {
    let asked = Asked {
        method: request.method().clone(),
        uri: request.uri().clone(),
        route: request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()),
        client: request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|peer| peer.0.ip().to_string()),
        user: User::of(request.headers()),
    };
    let span = open_span(&asked, request.headers());
    request.extensions_mut().insert(asked.user.clone());
    let response = next.run(request).instrument(span.clone()).await;
    record_answer(&span, &response);
    span.in_scope(|| log(&asked, &response));
    response
}

fn open_span(asked: &Asked, headers: &HeaderMap) -> Span {
    let known = METHODS.contains(&asked.method);
    let name = match (known, &asked.route) {
        (true, Some(route)) => format!("{} {route}", asked.method),
        (true, None) => asked.method.to_string(),
        (false, Some(route)) => format!("HTTP {route}"),
        (false, None) => "HTTP".to_owned(),
    };
    let span = tracing::info_span!("request", otel.name = name, otel.kind = "server");
    let parent = TraceContextPropagator::new().extract(&Headers(headers));
    // Fails where nobody listens to the span, which then needs no parent either.
    span.set_parent(parent).ok();

    let set = |name: &'static str, value: String| span.set_attribute(name, value);
    if known {
        set("http.request.method", asked.method.to_string());
    } else {
        set("http.request.method", "_OTHER".to_owned());
        set("http.request.method_original", asked.method.to_string());
    }
    if let Some(route) = &asked.route {
        set("http.route", route.clone());
    }
    set("url.scheme", "http".to_owned());
    set("url.path", asked.uri.path().to_owned());
    if let Some(query) = asked.uri.query() {
        set("url.query", query.to_owned());
    }
    if let Some(client) = &asked.client {
        set("client.address", client.clone());
    }
    if let Some(agent) = text(headers, header::USER_AGENT.as_str()) {
        set("user_agent.original", agent.to_owned());
    }
    set("app.user_id", asked.user.id.clone());
    if let Some(server) = text(headers, "host").and_then(|host| host.parse::<Authority>().ok()) {
        set("server.address", server.host().trim_matches(['[', ']']).to_owned());
        if let Some(port) = server.port_u16() {
            span.set_attribute("server.port", i64::from(port));
        }
    }
    span
}

fn record_answer(span: &Span, response: &Response) {
    let status = response.status();
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if let Some(exception) = response.extensions().get::<Arc<Exception>>() {
        exception.record_on(span);
        return;
    }
    // The conventions: for a server, what the client did wrong is not an error.
    if status.is_server_error() {
        span.set_attribute("error.type", status.as_str().to_owned());
        span.set_status(Status::error(""));
    }
}

/// Logs the request, and before it the exception that ended it, where there was one.
fn log(asked: &Asked, response: &Response) {
    if let Some(exception) = response.extensions().get::<Arc<Exception>>() {
        tracing::error!(
            name: "exception",
            { exception.type = exception.kind, exception.message = exception.message },
            "{}",
            exception.message
        );
    }
    let client = asked.client.as_deref().unwrap_or("-");
    let status = response.status();
    let line = request_line(Timestamp::now(), client, &asked.method, &asked.uri, status);
    tracing::info!(
        name: "http.request",
        {
            http.request.method = asked.method.as_str(),
            http.route = asked.route.as_deref(),
            url.path = asked.uri.path(),
            http.response.status_code = status.as_u16(),
            client.address = client,
            app.user_id = asked.user.id,
        },
        "{line}"
    );
}

fn text<'headers>(headers: &'headers HeaderMap, name: &str) -> Option<&'headers str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Headers as the propagator reads them.
struct Headers<'request>(&'request HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        text(self.0, key)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests;
