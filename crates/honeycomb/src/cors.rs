//! What pages in browsers may do here: send, wherever they come from.
//!
//! A page's own telemetry goes to a server that is not the one it came from, so a browser asks that
//! server first ("preflight") and shows the page its answers only if it is allowed. These paths
//! take events in and say what a key may do, and no cookie counts here, so every page is allowed
//! and none is told more than it knows. Nothing else on the server answers so.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};

const ANY: HeaderValue = HeaderValue::from_static("*");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
/// What clients in browsers send: keys and datasets, how a body is written, and what tracing adds
/// to each request of a page.
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, baggage, content-encoding, content-type, traceparent, tracestate, user-agent, \
     x-honeycomb-dataset, x-honeycomb-event-time, x-honeycomb-samplerate, x-honeycomb-team, \
     x-hny-event-time, x-hny-samplerate, x-hny-team, x-requested-with",
);
/// What a page may read of an answer beside its body: when to try again.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after");
/// How long a browser need not ask again, seconds: a day, which is the most that one of them takes.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");

/// Lets pages use these routes.
pub(crate) fn allow<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes.layer(from_fn(answer))
}

async fn answer(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !headers.contains_key(ORIGIN) {
        return next.run(request).await;
    }
    let is_preflight =
        request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if is_preflight {
        let allowed = [
            (ACCESS_CONTROL_ALLOW_ORIGIN, ANY),
            (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
            (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        ];
        return (StatusCode::NO_CONTENT, allowed).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    response
}
