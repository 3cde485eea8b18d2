//! One warning when telemetry does not arrive.
//!
//! The exporters retry briefly, then drop the batch; requests never wait for them. Saying so for
//! every batch would drown the console, and saying nothing would leave the user wondering, so the
//! first loss of the process is announced and later ones are not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::{LogBatch, LogExporter};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Whether a loss of telemetry was announced, shared by both signals.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    announced: AtomicBool,
}

impl Outage {
    /// Warns of `error`, unless something was announced before.
    pub(crate) fn announce(&self, error: &OTelSdkError) {
        if self.announced.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::warn!(
            "telemetry does not arrive and is dropped ({error}): is OTEL_EXPORTER_OTLP_ENDPOINT \
             right and reachable? This is said once."
        );
    }
}

/// An exporter whose first failure is announced.
#[derive(Debug)]
pub(crate) struct Announced<E> {
    exporter: E,
    outage: Arc<Outage>,
}

impl<E> Announced<E> {
    /// `exporter`, its failures announced to `outage`.
    pub(crate) fn new(exporter: E, outage: Arc<Outage>) -> Self {
        Self { exporter, outage }
    }

    fn announce(&self, result: OTelSdkResult) -> OTelSdkResult {
        result.inspect_err(|error| self.outage.announce(error))
    }
}

impl<E: SpanExporter> SpanExporter for Announced<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.announce(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: LogExporter> LogExporter for Announced<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        self.announce(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
