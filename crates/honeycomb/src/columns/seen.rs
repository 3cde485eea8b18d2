//! The fields that the events of a dataset have, under Honeycomb's names, with the types that they
//! were seen with.
//!
//! Names and types come from what the catalog says of segments and datasets, and from the events in
//! memory; no event on the disk is read. A segment holds several datasets, so a column is one of a
//! dataset if the segment has it and the dataset has had it in any. What remains inexact is a
//! column that a dataset has no more, because its events with it expired, while another dataset in
//! the same segments still has it; and what was flushed by a version that did not note it, where a
//! dataset has every column of its segments.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use model::{
    Base, Batch, Dataset, DatasetId, EnvironmentId, Key, RowKind, Signal, Timestamp, ValueType,
};
use query::View;
use store::{MemBatch, Segment, SegmentDataset, Snapshot};

use crate::fields::FIELDS;

/// A column that events have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSeen {
    /// The type that all its values fit in.
    pub(crate) kind: ValueType,
    /// The types that its values have.
    pub types: BTreeSet<ValueType>,
    /// The signals whose events have it.
    pub signals: BTreeSet<Signal>,
    /// The time of the last event that has it.
    pub(crate) last: Timestamp,
}

/// The columns of a dataset by name.
pub(crate) fn seen(snapshot: &Snapshot, dataset: &Dataset) -> BTreeMap<String, FieldSeen> {
    fields_seen(snapshot, dataset.environment, Some(&[dataset.id]))
}

/// The columns of some datasets of an environment by name; of all if unset.
pub fn fields_seen(
    snapshot: &Snapshot,
    environment: EnvironmentId,
    datasets: Option<&[DatasetId]>,
) -> BTreeMap<String, FieldSeen> {
    let live: BTreeSet<DatasetId> =
        snapshot.datasets().live_in(environment).map(|dataset| dataset.id).collect();
    let wanted = |id: DatasetId| {
        live.contains(&id) && datasets.is_none_or(|datasets| datasets.contains(&id))
    };
    let mut found = BTreeMap::new();
    for signal in Signal::ALL {
        let mut part = Part::new(signal, &mut found);
        for segment in snapshot.segments(environment, signal) {
            part.add_segment(snapshot, segment, &wanted);
        }
        for batch in snapshot.batches(environment, signal) {
            for (rows, _) in batch.dataset_runs().filter(|(_, id)| wanted(*id)) {
                part.add_rows(batch, &rows);
            }
        }
        part.add_views();
    }
    found
}

/// The columns that one signal gives a dataset.
struct Part<'a> {
    signal: Signal,
    found: &'a mut BTreeMap<String, FieldSeen>,
    bases: BTreeMap<Base, Timestamp>,
    last: Option<Timestamp>,
}

impl<'a> Part<'a> {
    fn new(signal: Signal, found: &'a mut BTreeMap<String, FieldSeen>) -> Self {
        Self { signal, found, bases: BTreeMap::new(), last: None }
    }

    fn add_segment(
        &mut self,
        snapshot: &Snapshot,
        segment: &Segment,
        wanted: &dyn Fn(DatasetId) -> bool,
    ) {
        let meta = &segment.meta;
        let parts: Vec<&SegmentDataset> =
            meta.datasets.iter().filter(|part| wanted(part.id())).collect();
        let time = |part: &&SegmentDataset| Timestamp::from_nanos(part.time_max);
        let Some(last) = parts.iter().map(time).max() else { return };
        self.last = self.last.max(Some(last.min(meta.arrival_max)));
        // Where all are asked about, every column is one of theirs.
        let all = parts.len() == meta.datasets.len();
        let known = snapshot.dataset_fields();
        for field in meta.columns.iter().chain(&meta.rest) {
            let having = parts.iter().filter(|part| all || known.has(part.id(), *field));
            let Some(last) = having.map(time).max() else { continue };
            let last = last.min(meta.arrival_max);
            if let Some(base) = field.base() {
                self.add_base(base, last);
            } else if let Some(attribute) = snapshot.attributes().by_id(*field) {
                self.add(&attribute.name, attribute.kind, last);
            }
        }
    }

    fn add_rows(&mut self, batch: &MemBatch, rows: &Range<u32>) {
        let (events, range) = (&batch.batch, rows.start as usize..rows.end as usize);
        let Some(last) = events.times()[range.clone()].iter().copied().max() else { return };
        let last = last.min(batch.arrival);
        self.last = self.last.max(Some(last));
        for column in events.columns().iter().filter(|column| column.has_any(rows)) {
            match column.key() {
                Key::Base(base) => self.add_base(base, last),
                Key::Attribute(name) => self.add(events.text(name), column.value_type(), last),
            }
        }
        for base in heads(self.signal, events, range) {
            self.add_base(base, last);
        }
    }

    fn add_base(&mut self, base: Base, last: Timestamp) {
        let known = self.bases.entry(base).or_insert(last);
        *known = (*known).max(last);
    }

    /// The fields that are made of base columns.
    fn add_views(&mut self) {
        let Some(last) = self.last else { return };
        for (name, view) in &FIELDS {
            let base = match view_of(view, self.signal) {
                Given::Always => Some(last),
                Given::Never => None,
                Given::With(base) => self.bases.get(&base).copied(),
            };
            if let Some(last) = base {
                self.add(name, view.value_type(), last);
            }
        }
    }

    fn add(&mut self, name: &str, kind: ValueType, last: Timestamp) {
        match self.found.get_mut(name) {
            Some(seen) => {
                seen.kind = joined(seen.kind, kind);
                seen.types.insert(kind);
                seen.signals.insert(self.signal);
                seen.last = seen.last.max(last);
            }
            None => {
                let seen = FieldSeen {
                    kind,
                    types: BTreeSet::from([kind]),
                    signals: BTreeSet::from([self.signal]),
                    last,
                };
                self.found.insert(name.to_owned(), seen);
            }
        }
    }
}

/// The type that values of both types fit in.
fn joined(one: ValueType, other: ValueType) -> ValueType {
    match (one, other) {
        _ if one == other => one,
        (ValueType::Int, ValueType::Float) | (ValueType::Float, ValueType::Int) => ValueType::Float,
        _ => ValueType::Text,
    }
}

/// The base columns that lie in memory on every row, where any of these rows has a value.
fn heads(signal: Signal, events: &Batch, rows: Range<usize>) -> BTreeSet<Base> {
    let mut bases = BTreeSet::new();
    if events.trace_ids()[rows.clone()].iter().any(model::TraceId::is_some) {
        bases.insert(Base::TraceId);
    }
    if events.span_ids()[rows.clone()].iter().any(model::SpanId::is_some) {
        bases.insert(Base::SpanId);
    }
    if events.parent_ids()[rows].iter().any(model::SpanId::is_some) {
        bases.insert(Base::ParentId);
    }
    if signal == Signal::Spans {
        bases.extend([Base::Name, Base::SpanKind, Base::Status, Base::Duration]);
    }
    bases
}

/// When the rows of a signal have a field that is made of base columns.
enum Given {
    /// On every row, or on those of some kind that the signal has anyway.
    Always,
    Never,
    /// Where they have this column.
    With(Base),
}

fn view_of(view: &View, signal: Signal) -> Given {
    let on = |of: Signal| if signal == of { Given::Always } else { Given::Never };
    match view {
        View::Base(base) => Given::With(*base),
        View::TraceId => Given::With(Base::TraceId),
        View::SpanId => Given::With(Base::SpanId),
        View::ParentId => Given::With(Base::ParentId),
        View::SinceSpanStartMillis => Given::With(Base::SinceSpanStart),
        View::Name | View::SpanKind | View::Status | View::IsError | View::DurationMillis => {
            on(Signal::Spans)
        }
        View::SeverityName => on(Signal::Logs),
        View::IntOrZero(_, RowKind::Log) => on(Signal::Logs),
        View::IntOrZero(..) => on(Signal::Spans),
        View::KindName(names) => {
            let of_signal = |kind| match kind {
                RowKind::Span | RowKind::SpanEvent | RowKind::SpanLink => Signal::Spans,
                RowKind::Log => Signal::Logs,
                RowKind::MetricPoint => Signal::Metrics,
                RowKind::Event => Signal::Events,
            };
            let mut named = names.iter().filter(|name| of_signal(name.kind) == signal);
            match named.next() {
                None => Given::Never,
                Some(first) if first.traced_only => Given::With(Base::TraceId),
                // Events and links of spans keep the name of their span.
                Some(first) if first.kind == RowKind::SpanEvent => Given::With(Base::ParentName),
                Some(_) => Given::Always,
            }
        }
    }
}
