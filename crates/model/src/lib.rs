//! The nouns of Trackway: events in sparse batches, times, ids, datasets, errors.
//!
//! Every dialect translates its vendor's wire form into these types, the store keeps them and the
//! query engine answers with them. The crate does no I/O, starts no thread and knows no vendor's
//! field names; time and randomness come in through [`Clock`] and [`Random`], so that a simulation
//! or a replay decides them.

mod base;
mod batch;
mod clock;
mod dataset;
mod error;
mod ids;
mod random;
mod signal;
mod time;
mod value;

pub use base::Base;
pub use batch::{
    Batch, BatchBuilder, Cell, Column, DatasetRun, HourRows, Key, Mark, Row, RowHead, Run, TextRef,
    Values,
};
pub use clock::{Clock, SystemClock};
pub use dataset::{
    DATASET_NAME_BYTES_MAX, Dataset, DatasetId, EnvironmentId, dataset_key, dataset_slug,
};
pub use error::{Error, ErrorKind, Result};
pub use ids::{SpanId, TraceId};
pub use random::{Random, SeededRandom, SystemRandom};
pub use signal::{RowKind, Signal, SpanKind};
pub use time::{Hour, NANOS_PER_HOUR, NANOS_PER_SECOND, Timestamp};
pub use value::{Scalar, Value, ValueType, number_text};
