//! Traces and logs over OTLP: what is sent where, made from the `OTEL_*` variables.
//!
//! The application speaks `tracing` alone. Its spans become OpenTelemetry spans, its events become
//! OTLP log records that carry the trace and span they were said in, and the console shows the
//! events as plain lines. An event is therefore in the logs and not once more on the span; only
//! exceptions are recorded on spans, by [`crate::failure`].

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{InstrumentationScope, Key};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::delivery::{Announced, Outage};

/// How long the last spans and log records may take to leave when the service stops: what the
/// drain before it leaves of five seconds, less half a second to end in.
pub(crate) const FLUSH_TIME_MAX: Duration = Duration::from_millis(2_500);

/// What the console shows unless `RUST_LOG` says otherwise. The SDK reports every failed batch
/// under `opentelemetry`; [`crate::delivery`] says it once instead.
const CONSOLE_DEFAULT: &str = "info,opentelemetry=off";

/// The service's name where no variable gives one.
const SERVICE_NAME_DEFAULT: &str = "cruddur";

/// The two signals on their way out.
pub(crate) struct Telemetry {
    traces: SdkTracerProvider,
    logs: SdkLoggerProvider,
    outage: Arc<Outage>,
}

impl Telemetry {
    /// Exporters for OTLP over HTTP in protobuf, each with its queue and thread. Nothing is
    /// connected yet; a variable that cannot be read is an error that names it.
    pub(crate) fn from_environment() -> Result<Self, Box<dyn Error>> {
        let outage = Arc::new(Outage::default());
        let resource = resource();
        let spans =
            SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).build()?;
        let traces = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_batch_exporter(Announced::new(spans, Arc::clone(&outage)))
            .build();
        let records =
            LogExporter::builder().with_http().with_protocol(Protocol::HttpBinary).build()?;
        let logs = SdkLoggerProvider::builder()
            .with_resource(resource)
            .with_batch_exporter(Announced::new(records, Arc::clone(&outage)))
            .build();
        Ok(Self { traces, logs, outage })
    }

    /// Makes these the destination of everything the process says through `tracing`.
    pub(crate) fn install(&self) -> Result<(), Box<dyn Error>> {
        let wanted = std::env::var("RUST_LOG").unwrap_or_else(|_| CONSOLE_DEFAULT.to_owned());
        let wanted: Targets =
            wanted.parse().map_err(|error| format!("reading RUST_LOG={wanted:?}: {error}"))?;
        // Dotted names are attributes of the OTLP records, and the message has their gist; plain
        // ones are how the SDK tells its own troubles.
        let brief = debug_fn(|writer, field, value| match field.name() {
            "message" => write!(writer, "{value:?}"),
            name if name.contains('.') => Ok(()),
            name => write!(writer, "{name}={value:?} "),
        });
        let console = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .with_target(false)
            .fmt_fields(brief)
            // Without spans, of which the console would repeat the fields before each line.
            .with_filter(filter_fn(move |metadata| {
                metadata.is_event() && wanted.would_enable(metadata.target(), metadata.level())
            }));
        subscriber(&self.traces, &self.logs).with(console).try_init()?;
        Ok(())
    }

    /// Sends what is still queued, both signals at once, for [`FLUSH_TIME_MAX`] at the most. What
    /// could not be sent by then is lost, which is said once.
    pub(crate) fn shutdown(self) {
        let flushed = std::thread::scope(|scope| {
            let logs = scope.spawn(|| self.logs.shutdown_with_timeout(FLUSH_TIME_MAX));
            let traces = self.traces.shutdown_with_timeout(FLUSH_TIME_MAX);
            traces.and(logs.join().expect("flushing the logs does not panic"))
        });
        if let Err(error) = flushed {
            self.outage.announce(&error);
        }
    }
}

/// Everything in `tracing` that leaves the process: spans to `traces`, events to `logs`.
pub(crate) fn subscriber(
    traces: &SdkTracerProvider,
    logs: &SdkLoggerProvider,
) -> impl Subscriber + for<'span> LookupSpan<'span> + Send + Sync + use<> {
    let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
        .with_version(env!("CARGO_PKG_VERSION"))
        .build();
    let spans = tracing_opentelemetry::layer()
        .with_tracer(traces.tracer_with_scope(scope))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false)
        .with_filter(filter_fn(|metadata| metadata.is_span() && is_ours(metadata)));
    let records = OpenTelemetryTracingBridge::new(logs)
        .with_filter(filter_fn(|metadata| metadata.is_event() && is_ours(metadata)));
    tracing_subscriber::registry().with(spans).with(records)
}

/// Whether this crate said it. What the HTTP client of the exporters says must not be exported:
/// each export would cause the next.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO && metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
}

/// Who is speaking: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`, else our own name.
fn resource() -> Resource {
    // The specification gives this variable precedence over a `service.name` among the resource
    // attributes; the SDK as of 0.33 has it the other way round.
    if let Some(name) = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty()) {
        return Resource::builder().with_service_name(name).build();
    }
    let found = Resource::builder().build();
    let unnamed = found
        .get(&Key::from_static_str("service.name"))
        .is_none_or(|name| name.as_str().starts_with("unknown_service"));
    if unnamed {
        return Resource::builder().with_service_name(SERVICE_NAME_DEFAULT).build();
    }
    found
}
