//! Why single spans, log records and points of metrics were refused.

use std::borrow::Cow;

/// A reason, and how often it applied in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The reason, the same words each time, so that it can be counted over requests.
    pub reason: &'static str,
    /// The first case in this request, with its place and value.
    pub sample: String,
    /// How many spans, records or points.
    pub count: u64,
}

/// Every reason for which a span, log record or point is refused, in the words that
/// [`Problem::reason`] has.
pub const REASONS: [&str; 13] = [
    "trace id is not 16 bytes",
    "span id is not 8 bytes",
    "status code does not exist",
    "text is not UTF-8",
    "values nest too deeply",
    "metric has no name",
    "metric's name is too long",
    "metric has the name of an attribute",
    "point has no value",
    "buckets do not fit their bounds",
    "bounds are not finite and ascending",
    "quantile is not between 0 and 1",
    "quantile is there twice",
];

/// A reason, by its place among [`REASONS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    TraceId,
    SpanId,
    StatusCode,
    TextNotUtf8,
    NestedTooDeeply,
    MetricWithoutName,
    MetricNameTooLong,
    MetricLikeAttribute,
    PointWithoutValue,
    BucketsUnlikeBounds,
    BoundsNotAscending,
    QuantileOutside,
    QuantileTwice,
}

impl Reason {
    pub(crate) const fn words(self) -> &'static str {
        REASONS[self as usize]
    }
}

/// Reasons collected while a request is decoded.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
}

/// The fault of one span, record or point.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) reason: Reason,
    pub(crate) detail: Cow<'static, str>,
}

impl Fault {
    pub(crate) fn new(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

impl Problems {
    /// Notes a fault of the span, record or point that begins at `offset`.
    pub(crate) fn add(&mut self, fault: Fault, offset: usize) {
        let reason = fault.reason.words();
        match self.found.iter_mut().find(|problem| problem.reason == reason) {
            Some(problem) => problem.count += 1,
            None => self.found.push(Problem {
                reason,
                sample: format!("{} (byte {offset})", fault.detail),
                count: 1,
            }),
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.found
    }
}
