//! Spans, their events and links, into rows.
//!
//! Rows come in the order events, links, span. A span with a fault is refused whole, with its
//! events and links; the other spans of the request stay.

mod parts;

use model::{
    Base, BatchBuilder, RowHead, RowKind, SeededRandom, Signal, SpanId, SpanKind, Timestamp,
    TraceId, Value,
};

use crate::Context;
use crate::attributes::{AnyValue, KeyValue, Trouble, flatten, text};
use crate::problems::{Fault, Reason};
use crate::sample_rate::{self, CHOSEN_FIRST, CHOSEN_SECOND};
use crate::scope::{RateValue, RunRates};
use crate::unpack::Unpack;
use crate::walk::{Items, Names};
use crate::wire::{Message, WireResult};
use parts::{EventParts, LinkParts, SpanParts};

/// Fields of an exception that its span carries as well; whether they are text or a truth value.
const EXCEPTION_FIELDS: [(&str, bool); 4] = [
    ("exception.message", true),
    ("exception.type", true),
    ("exception.stacktrace", true),
    ("exception.escaped", false),
];

/// Spans of an ExportTraceServiceRequest.
pub(crate) struct Spans<'a> {
    context: &'a Context<'a>,
    chance: SeededRandom,
}

impl Items for Spans<'_> {
    type Parts<'a> = SpanParts<'a>;
    const SIGNAL: Signal = Signal::Spans;
    const NAMES: Names =
        Names { resources: "resource_spans", scopes: "scope_spans", items: "spans" };

    fn parse<'a>(parts: &mut SpanParts<'a>, item: Message<'a>) -> WireResult<()> {
        parts.parse(item)
    }

    fn add<U: Unpack>(
        &self,
        builder: &mut BatchBuilder,
        span: &SpanParts<'_>,
        run: &RunRates,
        unpack: &U,
    ) -> Result<(), Trouble> {
        let head = Head::of(span, self.context.arrival)?;
        let rates = Rates::of(span, run, &self.chance, head.trace_state);
        for (at, event) in span.events.iter().enumerate() {
            let added = self.event(builder, &head, &rates, *event, unpack);
            added.map_err(|error| within(error, "events", at))?;
        }
        for (at, link) in span.links.iter().enumerate() {
            let added = add_link(builder, &head, &rates, *link, unpack);
            added.map_err(|error| within(error, "links", at))?;
        }
        builder.start_row(&RowHead {
            time: head.time,
            kind: RowKind::Span,
            trace_id: head.trace_id,
            span_id: head.span_id,
            parent_id: head.parent_id,
            name: head.name,
            span_kind: SpanKind::from_code(span.kind),
            status: head.status,
            duration: head.duration,
            sample_rate: rates.rate,
        });
        for attribute in &span.attributes {
            flatten(attribute, &mut |name, value| match name {
                CHOSEN_FIRST | CHOSEN_SECOND => {}
                _ => unpack.each(name, value, &mut |name, value| builder.attribute(name, value)),
            })?;
        }
        if let Some(kept) = &rates.kept {
            builder.attribute(CHOSEN_SECOND, kept.value());
        }
        head.put_on_span(span, builder);
        for event in &span.events {
            copy_exception(builder, *event)?;
        }
        Ok(())
    }
}

impl<'a> Spans<'a> {
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Self { context, chance: SeededRandom::new(context.seed) }
    }

    fn event(
        &self,
        builder: &mut BatchBuilder,
        head: &Head<'_>,
        rates: &Rates,
        message: Message<'_>,
        unpack: &impl Unpack,
    ) -> Result<(), Trouble> {
        let event = EventParts::parse(message)?;
        let name = text(event.name, "a span event's name")?;
        let (time, original) = time_of(event.time, self.context.arrival);
        builder.start_row(&head.row_beneath(RowKind::SpanEvent, time, name, rates.rate));
        put_attributes(builder, &event.attributes, unpack)?;
        rates.put_kept_of_run(builder);
        put_original_time(builder, original);
        builder.base(Base::ParentName, Value::Text(head.name));
        if event.time > 0 && head.start > 0 {
            let since = event.time.saturating_sub(head.start);
            let since = i64::try_from(since).unwrap_or(i64::MAX);
            builder.base(Base::SinceSpanStart, Value::Int(since));
            if event.time < head.start {
                builder.base(Base::InvalidSinceSpanStart, Value::Bool(true));
            }
        }
        Ok(())
    }
}

fn add_link(
    builder: &mut BatchBuilder,
    head: &Head<'_>,
    rates: &Rates,
    message: Message<'_>,
    unpack: &impl Unpack,
) -> Result<(), Trouble> {
    let link = LinkParts::parse(message)?;
    builder.start_row(&head.row_beneath(RowKind::SpanLink, head.time, "", rates.rate));
    put_attributes(builder, &link.attributes, unpack)?;
    rates.put_kept_of_run(builder);
    builder.base(Base::ParentName, Value::Text(head.name));
    let trace_id = link.trace_id.bytes;
    if !trace_id.is_empty() {
        let short = trace_id.len() == 16 && trace_id.starts_with(&[0; 8]);
        let id = if short { &trace_id[8..] } else { trace_id };
        builder.base(Base::LinkTraceId, Value::Text(&hex(id)));
    }
    if !link.span_id.bytes.is_empty() {
        builder.base(Base::LinkSpanId, Value::Text(&hex(link.span_id.bytes)));
    }
    Ok(())
}

fn put_attributes(
    builder: &mut BatchBuilder,
    attributes: &[KeyValue<'_>],
    unpack: &impl Unpack,
) -> Result<(), Trouble> {
    for attribute in attributes {
        flatten(attribute, &mut |name, value| {
            unpack.each(name, value, &mut |name, value| builder.attribute(name, value));
        })?;
    }
    Ok(())
}

fn within(trouble: Trouble, field: &str, at: usize) -> Trouble {
    match trouble {
        Trouble::Wire(error) => Trouble::Wire(error.within(format!("{field}[{at}]"))),
        fault => fault,
    }
}

/// The first exception of a span is also on the span, as it came; later ones fill what it does not
/// say.
fn copy_exception(builder: &mut BatchBuilder, message: Message<'_>) -> Result<(), Trouble> {
    let event = EventParts::parse(message)?;
    if event.name.bytes != b"exception" {
        return Ok(());
    }
    for attribute in &event.attributes {
        let known =
            EXCEPTION_FIELDS.iter().find(|(name, _)| attribute.key.bytes == name.as_bytes());
        let Some((name, is_text)) = known else { continue };
        if builder.row_has(name) {
            continue;
        }
        match (attribute.value, is_text) {
            (AnyValue::Text(value), true) => {
                builder.attribute(name, Value::Text(text(value, "an exception's field")?));
            }
            (AnyValue::Bool(value), false) => builder.attribute(name, Value::Bool(value)),
            _ => {}
        }
    }
    Ok(())
}

/// What a span says of itself, checked.
struct Head<'a> {
    trace_id: TraceId,
    span_id: SpanId,
    parent_id: SpanId,
    name: &'a str,
    trace_state: &'a str,
    status_message: &'a str,
    status: u8,
    start: u64,
    time: Timestamp,
    original_time: Option<u64>,
    duration: i64,
    is_backwards: bool,
}

impl<'a> Head<'a> {
    fn of(span: &SpanParts<'a>, arrival: Timestamp) -> Result<Self, Fault> {
        let (time, original_time) = time_of(span.start, arrival);
        let is_known = span.start > 0 && span.end > 0;
        let duration = if is_known { span.end.saturating_sub(span.start) } else { 0 };
        let status = u8::try_from(span.status_code).map_err(|_| {
            let code = span.status_code;
            Fault::new(Reason::StatusCode, format!("status.code is {code}"))
        })?;
        Ok(Self {
            trace_id: trace_id_of(span.trace_id)?,
            span_id: span_id_of(span.span_id, "span_id")?,
            parent_id: match span.parent_id.bytes.iter().all(|byte| *byte == 0) {
                true => SpanId::NONE,
                false => span_id_of(span.parent_id, "parent_span_id")?,
            },
            name: text(span.name, "a span's name")?,
            trace_state: text(span.trace_state, "a trace state")?,
            status_message: text(span.status_message, "a status message")?,
            status,
            start: span.start,
            time,
            original_time,
            duration: i64::try_from(duration).unwrap_or(i64::MAX),
            is_backwards: is_known && span.end < span.start,
        })
    }

    /// A row of an event or link of this span.
    fn row_beneath<'r>(
        &self,
        kind: RowKind,
        time: Timestamp,
        name: &'r str,
        sample_rate: u32,
    ) -> RowHead<'r> {
        RowHead {
            time,
            kind,
            trace_id: self.trace_id,
            span_id: SpanId::NONE,
            parent_id: self.span_id,
            name,
            span_kind: SpanKind::Unspecified,
            status: self.status,
            duration: 0,
            sample_rate,
        }
    }

    fn put_on_span(&self, span: &SpanParts<'_>, builder: &mut BatchBuilder) {
        if !self.status_message.is_empty() {
            builder.base(Base::StatusMessage, Value::Text(self.status_message));
        }
        if !self.trace_state.is_empty() {
            builder.base(Base::TraceState, Value::Text(self.trace_state));
        }
        if self.is_backwards {
            builder.base(Base::InvalidDuration, Value::Bool(true));
        }
        if !span.events.is_empty() {
            builder.base(Base::EventCount, Value::Int(span.events.len() as i64));
        }
        if !span.links.is_empty() {
            builder.base(Base::LinkCount, Value::Int(span.links.len() as i64));
        }
        put_original_time(builder, self.original_time);
    }
}

fn trace_id_of(message: Message<'_>) -> Result<TraceId, Fault> {
    let fault = || {
        let length = message.bytes.len();
        let zero = if message.bytes.iter().all(|byte| *byte == 0) { ", all zero" } else { "" };
        Fault::new(Reason::TraceId, format!("trace_id has {length} bytes{zero}"))
    };
    TraceId::from_slice(message.bytes).filter(TraceId::is_some).ok_or_else(fault)
}

fn span_id_of(message: Message<'_>, field: &str) -> Result<SpanId, Fault> {
    let fault = || {
        let length = message.bytes.len();
        let zero = if message.bytes.iter().all(|byte| *byte == 0) { ", all zero" } else { "" };
        Fault::new(Reason::SpanId, format!("{field} has {length} bytes{zero}"))
    };
    SpanId::from_slice(message.bytes).filter(SpanId::is_some).ok_or_else(fault)
}

/// A time as sent; zero and what lies beyond the year 2262 become the arrival, and the latter is
/// kept as it was sent.
pub(crate) fn time_of(nanos: u64, arrival: Timestamp) -> (Timestamp, Option<u64>) {
    match i64::try_from(nanos) {
        Ok(0) => (arrival, None),
        Ok(nanos) => (Timestamp::from_nanos(nanos), None),
        Err(_) => (arrival, Some(nanos)),
    }
}

pub(crate) fn put_original_time(builder: &mut BatchBuilder, original: Option<u64>) {
    if let Some(original) = original {
        builder.base(Base::OriginalTime, Value::Text(&original.to_string()));
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How many spans a span stands for, and what is left of the attributes that could have said so.
struct Rates {
    rate: u32,
    /// `SampleRate` of the span or its run, where `sampleRate` decided.
    kept: Option<RateValue>,
    /// The same, if the run has it.
    kept_of_run: Option<RateValue>,
}

impl Rates {
    fn of(span: &SpanParts<'_>, run: &RunRates, chance: &SeededRandom, trace_state: &str) -> Self {
        let own = |name: &str| {
            let found = span.attributes.iter().rfind(|a| a.key.bytes == name.as_bytes())?;
            rate_value(found.value)
        };
        let first = own(CHOSEN_FIRST).or_else(|| run.first.clone());
        let second = own(CHOSEN_SECOND).or_else(|| run.second.clone());
        match (first, second) {
            (Some(first), second) => Self {
                rate: sample_rate::of_value(&first.value()),
                kept: second,
                kept_of_run: run.second.clone(),
            },
            (None, Some(second)) => {
                Self { rate: sample_rate::of_value(&second.value()), kept: None, kept_of_run: None }
            }
            (None, None) => Self {
                rate: sample_rate::of_trace_state(trace_state, chance).unwrap_or(1),
                kept: None,
                kept_of_run: None,
            },
        }
    }

    fn put_kept_of_run(&self, builder: &mut BatchBuilder) {
        if let Some(kept) = &self.kept_of_run
            && !builder.row_has(CHOSEN_SECOND)
        {
            builder.attribute(CHOSEN_SECOND, kept.value());
        }
    }
}

/// The value of a rate attribute; what is no number at all still decides, as nonsense.
pub(crate) fn rate_value(value: AnyValue<'_>) -> Option<RateValue> {
    match value {
        AnyValue::Missing | AnyValue::Map(_) => None,
        AnyValue::Text(text) => Some(RateValue::Text(text.text().unwrap_or_default().to_owned())),
        AnyValue::Bool(value) => Some(RateValue::Bool(value)),
        AnyValue::Int(value) => Some(RateValue::Int(value)),
        AnyValue::Float(value) => Some(RateValue::Float(value)),
        AnyValue::List(_) | AnyValue::Bytes(_) => Some(RateValue::Text(String::new())),
    }
}
