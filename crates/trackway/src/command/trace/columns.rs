//! The columns of a trace, as the server says them.

use model::Timestamp;
use serde_json::Value;

use crate::output::printable;
use crate::stop::Stop;

/// The outcome of a span that failed.
const ERROR: i64 = 2;

/// A trace's columns. What is missing or strange reads as nothing.
pub(super) struct Columns<'a> {
    trace: &'a Value,
    spans: &'a Value,
    /// Spans.
    pub(super) count: usize,
    /// Events of each span.
    events: Vec<u64>,
    /// Microseconds from the start to the last end.
    pub(super) length: f64,
    /// The ids of spans above others that did not come.
    pub(super) missing: Vec<String>,
}

/// What a span hangs from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parent {
    /// Nothing: it is a root.
    Nobody,
    /// Another span.
    Span(usize),
    /// One that did not come, by its place among these.
    Missing(usize),
}

impl<'a> Columns<'a> {
    pub(super) fn read(trace: &'a Value) -> Result<Self, Stop> {
        let spans = trace.get("spans").unwrap_or(&Value::Null);
        let count = spans.get("parent").and_then(Value::as_array).map(Vec::len);
        let count = count.ok_or_else(|| Stop::cannot("the server's answer is not a trace"))?;
        let mut events = vec![0; count];
        let owners = trace.pointer("/events/span").and_then(Value::as_array);
        for owner in owners.into_iter().flatten().filter_map(place) {
            if let Some(events) = events.get_mut(owner) {
                *events += 1;
            }
        }
        let mut columns = Self { trace, spans, count, events, length: 0.0, missing: Vec::new() };
        let end = |span| columns.begin(span) + columns.duration(span);
        columns.length = (0..count).map(end).fold(0.0, f64::max);
        columns.missing = columns.texts("missing");
        Ok(columns)
    }

    pub(super) fn trace_id(&self) -> String {
        printable(self.trace.get("trace_id").and_then(Value::as_str).unwrap_or_default())
    }

    /// When the earliest of it happened.
    pub(super) fn start(&self) -> Timestamp {
        let t0 = self.trace.get("t0").and_then(Value::as_str).and_then(|nanos| nanos.parse().ok());
        Timestamp::from_nanos(t0.unwrap_or(0))
    }

    pub(super) fn parent(&self, span: usize) -> Parent {
        let parent = self.value("parent", span).and_then(place);
        if let Some(parent) = parent.filter(|parent| *parent < self.count && *parent != span) {
            return Parent::Span(parent);
        }
        let missing = self.value("missing_parent", span).and_then(place);
        let missing = missing.filter(|missing| *missing < self.missing.len());
        missing.map_or(Parent::Nobody, Parent::Missing)
    }

    pub(super) fn name(&self, span: usize) -> String {
        self.text("name", "names", span)
    }

    pub(super) fn service(&self, span: usize) -> String {
        self.text("svc", "svcs", span)
    }

    /// The place of its service among all.
    pub(super) fn service_place(&self, span: usize) -> usize {
        self.value("svc", span).and_then(place).unwrap_or(0)
    }

    pub(super) fn services(&self) -> Vec<String> {
        let services = self.spans.get("svcs").and_then(Value::as_array);
        services.into_iter().flatten().filter_map(Value::as_str).map(printable).collect()
    }

    /// Microseconds after the start.
    pub(super) fn begin(&self, span: usize) -> f64 {
        self.number("start", span)
    }

    /// Microseconds.
    pub(super) fn duration(&self, span: usize) -> f64 {
        self.number("dur", span)
    }

    pub(super) fn is_error(&self, span: usize) -> bool {
        self.value("status", span).and_then(Value::as_i64) == Some(ERROR)
    }

    pub(super) fn exceptions(&self, span: usize) -> u64 {
        self.value("errs", span).and_then(Value::as_u64).unwrap_or(0)
    }

    /// Its events that are no exceptions.
    pub(super) fn other_events(&self, span: usize) -> u64 {
        self.events[span].saturating_sub(self.exceptions(span))
    }

    pub(super) fn logs(&self, span: usize) -> u64 {
        self.value("logs", span).and_then(Value::as_u64).unwrap_or(0)
    }

    /// Log lines of the whole trace.
    pub(super) fn all_logs(&self) -> usize {
        self.trace.pointer("/logs/span").and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// Rows that came twice.
    pub(super) fn doubled(&self) -> u64 {
        self.trace.get("doubled").and_then(Value::as_u64).unwrap_or(0)
    }

    /// Files that could not be read.
    pub(super) fn unreadable(&self) -> Vec<String> {
        self.texts("unreadable")
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let list = self.trace.get(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(printable).collect()
    }

    fn value(&self, column: &str, span: usize) -> Option<&'a Value> {
        self.spans.get(column)?.get(span)
    }

    fn number(&self, column: &str, span: usize) -> f64 {
        self.value(column, span).and_then(Value::as_f64).unwrap_or(0.0)
    }

    /// A text of a list that spans point into.
    fn text(&self, column: &str, list: &str, span: usize) -> String {
        let place = self.value(column, span).and_then(place).unwrap_or(usize::MAX);
        let text = self.spans.get(list).and_then(|list| list.get(place)).and_then(Value::as_str);
        printable(text.unwrap_or_default())
    }
}

/// A place in a list; none where it is negative, as that of nothing is.
fn place(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}
