//! The door: what it stands on, and the paths it answers.

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;
use model::{Clock, Random, Signal};
use registry::Keys;
use store::Intake;

use crate::api::{create_event, create_events, export, export_grpc};
use crate::counts::{Counted, Counts, Doorway};
use crate::dataset_settings::DatasetSettingsTable;
use crate::{auth, cors};

/// Paths that take events in, and give back nothing but whether they were taken; and those that say
/// what the key may do which a sender presents. Everything below them is one of them too.
const EVENT_PATHS: [&str; 7] = [
    "/v1/",
    "/opentelemetry.proto.collector.",
    "/grpc.health.v1.",
    "/1/events/",
    "/1/batch/",
    "/1/auth",
    "/2/auth",
];

/// What the door stands on.
pub struct Parts {
    /// Who may come in.
    pub keys: Arc<Keys>,
    /// What people have said about datasets.
    pub datasets: Arc<DatasetSettingsTable>,
    /// Where events go.
    pub intake: Arc<Intake>,
    /// Memory of request bodies and their events, until these are in segments.
    pub budget: body::Budget,
    /// What one body may take.
    pub limits: body::Limits,
    /// The time of arrivals.
    pub clock: Arc<dyn Clock>,
    /// Seeds of requests.
    pub random: Arc<dyn Random>,
}

/// The open door.
pub struct Door {
    pub(crate) parts: Parts,
    pub(crate) counted: Counted,
}

impl Door {
    /// A door on these parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        let counted = Counted::new(Arc::clone(&parts.clock));
        Arc::new(Self { parts, counted })
    }

    /// Whether a path is one that senders use: nothing can be read or managed there, so it is open
    /// to all names that this machine goes by and to the pages of other sites.
    pub fn takes_events(path: &str) -> bool {
        EVENT_PATHS.iter().any(|prefix| path.starts_with(prefix))
    }

    /// Counts a request that was refused, with its reason in fixed words and in those that its
    /// client was told.
    pub(crate) fn count_refused(
        &self,
        doorway: Doorway,
        headers: &HeaderMap,
        reason: &'static str,
        text: &str,
    ) {
        let sender = self.parts.keys.sender(auth::presented(headers));
        self.counted.refused(doorway, &sender, reason, text);
    }

    /// What has come in since the start.
    pub fn counts(&self) -> Counts {
        self.counted.read()
    }

    /// The paths that clients send to. With and without a slash behind them: both are configured.
    pub fn routes(self: &Arc<Self>) -> Router {
        let spans = |door, request| export::handle(door, Signal::Spans, request);
        let logs = |door, request| export::handle(door, Signal::Logs, request);
        let metrics = |door, request| export::handle(door, Signal::Metrics, request);
        let call = |signal| post(move |door, request| export_grpc::handle(door, signal, request));
        let calls = Router::new()
            .route(export_grpc::TRACES, call(Signal::Spans))
            .route(export_grpc::LOGS, call(Signal::Logs))
            .route(export_grpc::METRICS, call(Signal::Metrics));
        let paths = Router::new()
            .route("/v1/traces", post(spans))
            .route("/v1/traces/", post(spans))
            .route("/v1/logs", post(logs))
            .route("/v1/logs/", post(logs))
            .route("/v1/metrics", post(metrics))
            .route("/v1/metrics/", post(metrics))
            .route("/1/events/{datasetSlug}", post(create_event::handle))
            .route("/1/batch/{datasetSlug}", post(create_events::handle));
        cors::allow(paths).merge(calls).with_state(Arc::clone(self))
    }
}
