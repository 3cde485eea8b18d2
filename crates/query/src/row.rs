//! A whole event, away from its columns.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;
use model::{Base, DatasetId, RowKind, SpanId, SpanKind, Timestamp, TraceId};

use crate::datum::Datum;
use crate::field::{View, severity_name};

/// An event with everything that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct WholeRow {
    /// When it happened.
    pub time: Timestamp,
    /// Its dataset.
    pub dataset: DatasetId,
    /// What it is.
    pub kind: RowKind,
    /// Its trace.
    pub trace_id: TraceId,
    /// Its own id, if it is a span.
    pub span_id: SpanId,
    /// The span above it, or the one it belongs to.
    pub parent_id: SpanId,
    /// The name of a span or span event.
    pub name: Option<String>,
    /// The part a span plays.
    pub span_kind: Option<SpanKind>,
    /// A span's outcome, also on its events and links.
    pub status: Option<u8>,
    /// A span's duration, ns.
    pub duration: Option<i64>,
    /// How many events it stands for.
    pub sample_rate: u32,
    /// Where the log has it: request and place in it, where that is kept.
    pub position: Option<(u64, u64)>,
    /// Its sparse base columns.
    pub sparse: Vec<(Base, Datum)>,
    /// Its attributes, by name.
    pub attributes: Vec<(String, Datum)>,
}

impl Default for WholeRow {
    fn default() -> Self {
        Self {
            time: Timestamp::from_nanos(0),
            dataset: DatasetId(0),
            kind: RowKind::Span,
            trace_id: TraceId::NONE,
            span_id: SpanId::NONE,
            parent_id: SpanId::NONE,
            name: None,
            span_kind: None,
            status: None,
            duration: None,
            sample_rate: 1,
            position: None,
            sparse: Vec::new(),
            attributes: Vec::new(),
        }
    }
}

impl WholeRow {
    /// The value of a sparse base column.
    pub fn sparse(&self, base: Base) -> Option<&Datum> {
        self.sparse.iter().find(|(known, _)| *known == base).map(|(_, value)| value)
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&Datum> {
        let place = self.attributes.binary_search_by(|(known, _)| known.as_str().cmp(name));
        place.ok().map(|place| &self.attributes[place].1)
    }

    /// What a view shows of it.
    pub fn view(&self, view: &View) -> Option<Datum> {
        let text = |text: &str| Datum::Text(text.to_owned());
        let millis = |nanos: i64| Datum::Float(nanos as f64 / 1e6);
        match view {
            View::Base(base) => self.base(*base),
            View::Name => self.name.as_deref().map(text),
            View::TraceId => {
                self.trace_id.is_some().then(|| Datum::Text(self.trace_id.to_string()))
            }
            View::SpanId => self.span_id.is_some().then(|| Datum::Text(self.span_id.to_string())),
            View::ParentId => {
                self.parent_id.is_some().then(|| Datum::Text(self.parent_id.to_string()))
            }
            View::SpanKind => self.span_kind.map(|kind| text(kind.name())),
            View::Status => {
                let status = self.status.filter(|_| self.kind == RowKind::Span);
                status.map(|status| Datum::Int(status.into()))
            }
            View::IsError => (self.status == Some(2)).then_some(Datum::Bool(true)),
            View::DurationMillis => self.duration.map(millis),
            View::SinceSpanStartMillis => {
                self.sparse(Base::SinceSpanStart).and_then(Datum::int).map(millis)
            }
            View::IntOrZero(base, kind) => {
                let zero = || (self.kind == *kind).then_some(Datum::Int(0));
                self.base(*base).or_else(zero)
            }
            View::SeverityName => (self.kind == RowKind::Log).then(|| {
                let number = self.sparse(Base::SeverityNumber).and_then(Datum::int);
                text(severity_name(number.unwrap_or(0)))
            }),
            View::KindName(names) => names
                .iter()
                .find(|name| name.kind == self.kind)
                .filter(|name| !name.traced_only || self.trace_id.is_some())
                .map(|name| text(name.name)),
        }
    }

    fn base(&self, base: Base) -> Option<Datum> {
        match base {
            Base::Time => Some(Datum::Int(self.time.nanos())),
            Base::Duration => self.duration.map(Datum::Int),
            Base::SampleRate => Some(Datum::Int(self.sample_rate.into())),
            base => self.sparse(base).cloned(),
        }
    }

    /// Puts it in order once everything is in it.
    pub(crate) fn settle(&mut self) {
        self.attributes.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        self.sparse.sort_unstable_by_key(|(base, _)| *base);
    }

    /// Orders events of one time, the same way wherever they lie. Those with a position: the last
    /// one first. Others by a hash of all that they say.
    pub(crate) fn tie(&self) -> u64 {
        if let Some((request, place)) = self.position {
            // A request has fewer lines than 16 million: it would need more bytes than it may have.
            return !(request << 24 | (place & 0xff_ffff));
        }
        self.identity()
    }

    /// A hash of all that it says, whenever and however often it came.
    pub(crate) fn identity(&self) -> u64 {
        let mut hasher = FixedState::with_seed(0).build_hasher();
        hasher.write_i64(self.time.nanos());
        hasher.write_u32(self.dataset.0);
        hasher.write_u8(self.kind.code());
        hasher.write(self.trace_id.bytes());
        hasher.write(self.span_id.bytes());
        hasher.write(self.parent_id.bytes());
        hasher.write(self.name.as_deref().unwrap_or_default().as_bytes());
        hasher.write_u8(self.span_kind.map_or(u8::MAX, SpanKind::code));
        hasher.write_u8(self.status.unwrap_or(u8::MAX));
        hasher.write_i64(self.duration.unwrap_or(-1));
        hasher.write_u32(self.sample_rate);
        for (base, value) in &self.sparse {
            hasher.write_u8(base.code());
            write(value, &mut hasher);
        }
        for (name, value) in &self.attributes {
            hasher.write(name.as_bytes());
            write(value, &mut hasher);
        }
        hasher.finish()
    }
}

fn write(value: &Datum, hasher: &mut impl Hasher) {
    match value {
        Datum::Text(text) => hasher.write(text.as_bytes()),
        Datum::Int(int) => hasher.write_i64(*int),
        Datum::Float(float) => hasher.write_u64(float.to_bits()),
        Datum::Bool(bool) => hasher.write_u8(u8::from(*bool)),
    }
}
