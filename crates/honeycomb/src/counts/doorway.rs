//! The ways by which telemetry comes in: what is counted apart, and by which name.

use std::fmt;

use model::Signal;

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doorway {
    /// Spans of OpenTelemetry over HTTP.
    HttpTraces,
    /// Log records of OpenTelemetry over HTTP.
    HttpLogs,
    /// Points of OpenTelemetry's metrics over HTTP.
    HttpMetrics,
    /// Spans of OpenTelemetry over gRPC.
    GrpcTraces,
    /// Log records of OpenTelemetry over gRPC.
    GrpcLogs,
    /// Points of OpenTelemetry's metrics over gRPC.
    GrpcMetrics,
    /// Single events of Honeycomb's clients.
    Events,
    /// Batches of Honeycomb's clients.
    Batch,
}

impl Doorway {
    /// Every way in.
    pub const ALL: [Self; 8] = [
        Self::HttpTraces,
        Self::HttpLogs,
        Self::HttpMetrics,
        Self::GrpcTraces,
        Self::GrpcLogs,
        Self::GrpcMetrics,
        Self::Events,
        Self::Batch,
    ];

    /// The way of a signal over HTTP.
    pub const fn http(signal: Signal) -> Self {
        match signal {
            Signal::Spans => Self::HttpTraces,
            Signal::Logs => Self::HttpLogs,
            Signal::Metrics => Self::HttpMetrics,
            Signal::Events => Self::Events,
        }
    }

    /// The way of a signal over gRPC.
    pub const fn grpc(signal: Signal) -> Self {
        match signal {
            Signal::Spans => Self::GrpcTraces,
            Signal::Logs => Self::GrpcLogs,
            Signal::Metrics => Self::GrpcMetrics,
            Signal::Events => Self::Events,
        }
    }

    /// Its name in answers and numbers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HttpTraces => "otlp/http traces",
            Self::HttpLogs => "otlp/http logs",
            Self::HttpMetrics => "otlp/http metrics",
            Self::GrpcTraces => "otlp/grpc traces",
            Self::GrpcLogs => "otlp/grpc logs",
            Self::GrpcMetrics => "otlp/grpc metrics",
            Self::Events => "events",
            Self::Batch => "batch",
        }
    }
}

impl fmt::Display for Doorway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
