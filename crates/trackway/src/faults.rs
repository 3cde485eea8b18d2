//! What is wrong with the server itself: counted, logged, and answered with 500, or with INTERNAL
//! where a call of gRPC asked.
//!
//! A panic is a bug of ours in one request; the others go on. Its words are in the log and not in
//! the answer, which goes to strangers.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use otlp::grpc::{self, Status};
use tower_http::catch_panic::{CatchPanicLayer, ResponseForPanic};

use crate::api::Failure;

/// What is said of a panic.
const SAID: &str = "an error in the server, whose log says more";

/// How often something was wrong.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    panics: AtomicU64,
    answers: AtomicU64,
}

impl Faults {
    /// Handlers that panicked.
    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Requests answered with 500 or INTERNAL, panics among them.
    pub(crate) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }
}

/// Lets the routes' panics and other faults be answered and counted.
pub(crate) fn catch(routes: Router, faults: &Arc<Faults>) -> Router {
    routes
        .layer(CatchPanicLayer::custom(Panicked(Arc::clone(faults))))
        .layer(from_fn_with_state(Arc::clone(faults), count))
}

async fn count(State(faults): State<Arc<Faults>>, request: Request, next: Next) -> Response<Body> {
    let is_call = grpc::is_call(request.headers());
    let response = next.run(request).await;
    let is_fault = response.status() == StatusCode::INTERNAL_SERVER_ERROR;
    if is_fault || grpc::is_internal(response.headers()) {
        faults.answers.fetch_add(1, Ordering::Relaxed);
    }
    if is_fault && is_call {
        // Who panicked did not say in whose words.
        return grpc::refuse(&Status::new(otlp::StatusCode::Internal, SAID));
    }
    response
}

/// Answers for handlers that panicked.
#[derive(Clone)]
struct Panicked(Arc<Faults>);

impl ResponseForPanic for Panicked {
    type ResponseBody = Body;

    fn response_for_panic(&mut self, panic: Box<dyn Any + Send>) -> Response<Body> {
        self.0.panics.fetch_add(1, Ordering::Relaxed);
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
        tracing::error!("a handler panicked: {text}");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, SAID).answer()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::routing::{get, post};
    use tower::ServiceExt as _;

    use super::*;

    /// Guarantees: a handler that panics answers 500 with JSON and without the panic's words, is
    /// counted, and the next request is answered as ever.
    #[tokio::test]
    async fn panics_are_answered() {
        let faults = Arc::new(Faults::default());
        let routes = Router::new()
            .route("/panic", get(|| async { panic!("the secret is 42") as &str }))
            .route("/fine", get(|| async { "fine" }));
        let routes = catch(routes, &faults);
        let ask = |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            routes.clone().oneshot(request)
        };
        let response = ask("/panic").await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let text = to_bytes(response.into_body(), 1_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert!(!body["error"].as_str().unwrap().contains("42"), "{body}");
        assert_eq!((faults.panics(), faults.answers()), (1, 1));
        assert_eq!(ask("/fine").await.unwrap().status(), StatusCode::OK);
        assert_eq!((faults.panics(), faults.answers()), (1, 1));
    }

    /// Guarantees: a call whose handler panics is answered INTERNAL in gRPC's own form and without
    /// the panic's words; it is counted, and so is one whose handler says INTERNAL itself, but no
    /// other refusal.
    #[tokio::test]
    async fn calls_that_fail_are_internal() {
        let faults = Arc::new(Faults::default());
        let refuse =
            |code| post(move || async move { grpc::refuse::<Body>(&Status::new(code, "")) });
        let routes = Router::new()
            .route("/panic", post(|| async { panic!("the secret is 42") as &str }))
            .route("/wrong", refuse(otlp::StatusCode::Internal))
            .route("/denied", refuse(otlp::StatusCode::Unauthenticated));
        let routes = catch(routes, &faults);
        let call = |path: &str| {
            let request = Request::post(path).header("content-type", "application/grpc+proto");
            routes.clone().oneshot(request.body(Body::empty()).unwrap())
        };
        let counts = || (faults.panics(), faults.answers());
        let response = call("/panic").await.unwrap();
        let headers = response.headers();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(headers["grpc-status"], "13");
        assert_eq!(headers["content-type"], "application/grpc");
        assert!(!headers["grpc-message"].to_str().unwrap().contains("42"), "{headers:?}");
        assert_eq!(counts(), (1, 1));
        let response = call("/wrong").await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "13");
        assert_eq!(counts(), (1, 2));
        let response = call("/denied").await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "16");
        assert_eq!(counts(), (1, 2));
    }
}
