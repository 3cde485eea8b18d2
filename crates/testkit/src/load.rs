//! Load: a reproducible hour of a web shop's traces, and a sender that measures a server with it.
//!
//! [`Generator`] makes OTLP/HTTP export requests: twenty services of three instances each, traces
//! of 6 to 62 spans that cross services, 12.3 attributes a span and 17 a resource, 494 bytes a
//! span and 79 when gzipped. It counts what it makes, and [`Generator::truth`] tells what a server
//! that holds everything must answer. [`send`] posts requests and measures acknowledgements.
//!
//! What it costs: half a CPU-second a million spans, and memory for the spans that run or wait
//! for their exporter (tens of megabytes, whatever the total).
//!
//! ```
//! use testkit::load::{Generator, Plan};
//!
//! let mut generator = Generator::new(Plan::new(1, 1_000));
//! let spans: u32 = generator.by_ref().map(|request| request.spans).sum();
//! assert_eq!(spans, 1_000);
//! assert_eq!(generator.truth().spans, 1_000);
//! ```

mod catalogue;
mod crowd;
mod digits;
mod draw;
mod encode;
mod encoding;
mod exporter;
mod failure;
mod faults;
mod generator;
mod halt;
mod http;
mod incident;
mod instance;
mod language;
mod line;
mod operation;
mod path;
mod pending;
mod report;
mod sender;
mod shape;
mod shop;
mod span;
mod summary;
mod timing;
mod tree;
mod truth;
mod users;
mod wire;

pub use crowd::{Crowd, CrowdSummary};
pub use encoding::Encoding;
pub use exporter::REQUEST_SPANS_MAX;
pub use generator::{DEFAULT_START, FLUSH_NS, FLUSH_REFERENCE_SPANS, Generator, Plan, Request};
pub use http::Target;
pub use report::{
    IncidentReport, RouteReport, ServiceReport, TraceReport, TruthReport, UserReport, UsersReport,
};
pub use sender::{Run, Settings, discard, send};
pub use shape::Shape;
pub use summary::{Latencies, Summary};
pub use users::USERS;
