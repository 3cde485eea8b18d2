//! OpenTelemetry's protocol on the wire: requests into the model, and the answers it prescribes.
//!
//! Protobuf is read where it lies, by hand; JSON is rewritten as protobuf first, so that there is
//! one translation. What a request as a whole must be, and is not, is an error that names the byte
//! and the field; what is wrong with one span, log record or point of a metric costs only that one,
//! which is counted by reason.
//!
//! The translation follows what Honeycomb makes of OpenTelemetry data, because every dialect
//! answers from the same events: span events and links are rows of their own, an exception's fields
//! are also on its span, maps are flattened, lists become JSON text. Not kept are counts of what a
//! client itself dropped, span flags, and the trace state of links: no dialect shows them. Of
//! metrics, units, descriptions, temporality and exemplars are not kept either.

mod attributes;
pub mod grpc;
mod json;
mod json_text;
mod logs;
mod metrics;
mod problems;
mod response;
mod sample_rate;
mod scope;
mod traces;
mod unpack;
mod walk;
mod wire;

use body::ContentType;
use bytes::Bytes;
use model::{Batch, Error, Result, Signal, Timestamp};

use logs::Logs;
use traces::Spans;

pub use problems::{Problem, REASONS};
pub use response::{Answer, StatusCode, failure, success};
pub use sample_rate::of_value as sample_rate;
pub use unpack::{TakeApart, Unpacking};

/// The version of the translation. Replay decodes a request with the one it was accepted under.
pub const DECODER_VERSION: u16 = 1;

/// What decoding takes from outside the body.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// When the request arrived.
    pub arrival: Timestamp,
    /// Decides what is left to chance: the rounding of fractional sample rates.
    pub seed: u64,
    /// The dataset of a resource, by its `service.name` if that is text.
    pub dataset: &'a dyn Fn(Option<&str>) -> String,
    /// Which JSON within texts of spans and log records is taken apart; none if unset.
    pub unpacking: Option<Unpacking<'a>>,
}

/// A decoded request.
#[derive(Debug)]
pub struct Decoded {
    /// Its events.
    pub batch: Batch,
    /// Spans, log records or points that were refused, by reason.
    pub problems: Vec<Problem>,
    /// Points of metrics that say that there is no value. They are as they should be, so that a
    /// client is not told of them, and there is nothing in them to keep.
    pub unrecorded: u64,
}

impl Decoded {
    /// How many spans, log records or points were refused.
    pub fn rejected(&self) -> u64 {
        self.problems.iter().map(|problem| problem.count).sum()
    }
}

/// An export request of one signal in protobuf, in whichever form it came.
pub fn to_protobuf(signal: Signal, content: ContentType, body: &Bytes) -> Result<Bytes> {
    match content {
        ContentType::Protobuf => Ok(body.clone()),
        ContentType::Json => json::to_protobuf(signal, body).map(Bytes::from),
    }
}

/// Decodes an export request of one signal.
pub fn decode(
    signal: Signal,
    content: ContentType,
    body: &Bytes,
    context: &Context<'_>,
) -> Result<Decoded> {
    let protobuf = to_protobuf(signal, content, body)?;
    match signal {
        Signal::Spans => walk::decode(&Spans::new(context), &protobuf, context),
        Signal::Logs => walk::decode(&Logs::new(context), &protobuf, context),
        Signal::Metrics => metrics::decode(&protobuf, context),
        Signal::Events => Err(not_carried(signal)),
    }
}

/// Signals that no request of OpenTelemetry's has.
fn not_carried(signal: Signal) -> Error {
    Error::bug(format!("decoding {signal} as OpenTelemetry"))
}
