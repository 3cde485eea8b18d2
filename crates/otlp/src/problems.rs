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

/// Reasons collected while a request is decoded.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
}

/// The fault of one span, record or point.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) reason: &'static str,
    pub(crate) detail: Cow<'static, str>,
}

impl Fault {
    pub(crate) fn new(reason: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

impl Problems {
    /// Notes a fault of the span, record or point that begins at `offset`.
    pub(crate) fn add(&mut self, fault: Fault, offset: usize) {
        match self.found.iter_mut().find(|problem| problem.reason == fault.reason) {
            Some(problem) => problem.count += 1,
            None => self.found.push(Problem {
                reason: fault.reason,
                sample: format!("{} (byte {offset})", fault.detail),
                count: 1,
            }),
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.found
    }
}
