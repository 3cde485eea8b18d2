//! What is wrong with the server itself: counted, logged, and answered with 500.
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
use tower_http::catch_panic::{CatchPanicLayer, ResponseForPanic};

use crate::api::Failure;

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

    /// Requests answered with 500, panics among them.
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
    let response = next.run(request).await;
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        faults.answers.fetch_add(1, Ordering::Relaxed);
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
        let said = "an error in the server, whose log says more";
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, said).answer()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::routing::get;
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
}
