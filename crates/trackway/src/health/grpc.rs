//! `grpc.health.v1.Health`: how the server is, for whoever watches over it by gRPC.
//!
//! It is served on every port and needs no key, like its siblings over HTTP. A watcher is told of
//! every change, and its call ends when the server stops.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use body::{Encoding, Limits};
use http_body::Frame;
use model::{Error, Result};
use otlp::grpc::health::{self, Health};
use otlp::grpc::{self, Message, Status};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::readiness::Phase;

/// Most bytes of a request, which is the name of a service.
const REQUEST_BYTES_MAX: usize = 4 << 10;
/// How often a watcher's server is looked at: its disk fails and recovers without telling.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The services that can be asked about. They are as well as the server as a whole.
const SERVICES: [&str; 4] = [
    "",
    "opentelemetry.proto.collector.trace.v1.TraceService",
    "opentelemetry.proto.collector.logs.v1.LogsService",
    "opentelemetry.proto.collector.metrics.v1.MetricsService",
];

/// The methods of the service.
pub(crate) fn routes(app: &Arc<App>) -> Router {
    Router::new()
        .route(health::CHECK, post(check))
        .route(health::WATCH, post(watch))
        .with_state(Arc::clone(app))
}

async fn check(State(app): State<Arc<App>>, request: Request) -> Response {
    let service = match service(&app, request).await {
        Ok(service) => service,
        Err(refusal) => return refusal,
    };
    match health_of(&app, &service) {
        Health::Unknown => {
            let words = format!("there is no service {service:?}");
            grpc::refuse(&Status::new(otlp::StatusCode::NotFound, words))
        }
        health => grpc::answer(&health.message()).map(Body::new),
    }
}

async fn watch(State(app): State<Arc<App>>, request: Request) -> Response {
    let service = match service(&app, request).await {
        Ok(service) => service,
        Err(refusal) => return refusal,
    };
    let (changes, body) = mpsc::channel(1);
    tokio::spawn(tell(app, service, changes));
    grpc::begin(Body::new(Changes(body)))
}

/// Tells of every change until nobody listens or the server stops.
async fn tell(app: Arc<App>, service: String, changes: mpsc::Sender<Frame<Bytes>>) {
    let mut phase = app.readiness.watch();
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        let now = health_of(&app, &service);
        if told != Some(now) {
            let message = Bytes::from(grpc::frame(&now.message()));
            if changes.send(Frame::data(message)).await.is_err() {
                return;
            }
            told = Some(now);
        }
        if *phase.borrow_and_update() == Phase::Stopping {
            let status = Status::new(otlp::StatusCode::Unavailable, "the server is stopping");
            // Whoever has gone needs no end.
            changes.send(grpc::end(&status)).await.ok();
            return;
        }
        tokio::select! {
            () = changes.closed() => return,
            // The phase cannot go away before the server does.
            _ = phase.changed() => {}
            _ = looks.tick() => {}
        }
    }
}

fn health_of(app: &App, service: &str) -> Health {
    match app.check_ready() {
        _ if !SERVICES.contains(&service) => Health::Unknown,
        Ok(()) => Health::Serving,
        Err(_) => Health::NotServing,
    }
}

/// The service that a call asks about, or the answer to what is no such call.
async fn service(app: &App, request: Request) -> Result<String, Response> {
    if !grpc::is_call(request.headers()) {
        let text = "call this method of gRPC with the content type application/grpc";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response());
    }
    let read = read(app, request).await;
    read.map_err(|error| grpc::refuse(&Status::from(&error)))
}

async fn read(app: &App, request: Request) -> Result<String> {
    let (head, body) = request.into_parts();
    let named = head.headers.get("grpc-encoding").map(|value| value.to_str().unwrap_or("?"));
    let named = Encoding::parse(named)?;
    let message = Message::begin(body).await?;
    let encoding = message.encoding(named)?;
    let limits = Limits { body_bytes: REQUEST_BYTES_MAX, ..Limits::default() };
    let received = body::receive(message, encoding, limits, &app.budget).await?;
    let service = health::service(&received.plain);
    service.map_err(|error: Error| error.while_doing("reading the request"))
}

/// What a watcher is told.
struct Changes(mpsc::Receiver<Frame<Bytes>>);

impl HttpBody for Changes {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|frame| frame.map(Ok))
    }
}
