//! Log records into rows.

use model::{Base, BatchBuilder, RowHead, RowKind, Signal, SpanId, SpanKind, TraceId, Value};

use crate::Context;
use crate::attributes::{AnyValue, KeyValue, Trouble, flatten, flatten_deep, push_attribute, text};
use crate::json_text;
use crate::problems::{Fault, Reason};
use crate::sample_rate::{self, CHOSEN_FIRST, CHOSEN_SECOND};
use crate::scope::RunRates;
use crate::traces::{put_original_time, rate_value, time_of};
use crate::unpack::Unpack;
use crate::walk::{Items, Names};
use crate::wire::{Message, WireResult};

/// The name under which a body that is not text has its parts.
const BODY: &str = "body";

/// Log records of an ExportLogsServiceRequest.
pub(crate) struct Logs<'a> {
    context: &'a Context<'a>,
}

impl<'a> Logs<'a> {
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Self { context }
    }
}

impl Items for Logs<'_> {
    type Parts<'a> = RecordParts<'a>;
    const SIGNAL: Signal = Signal::Logs;
    const NAMES: Names =
        Names { resources: "resource_logs", scopes: "scope_logs", items: "log_records" };

    fn parse<'a>(parts: &mut RecordParts<'a>, item: Message<'a>) -> WireResult<()> {
        parts.parse(item)
    }

    fn add<U: Unpack>(
        &self,
        builder: &mut BatchBuilder,
        record: &RecordParts<'_>,
        run: &RunRates,
        unpack: &U,
    ) -> Result<(), Trouble> {
        let sent = if record.time > 0 { record.time } else { record.observed };
        let (time, original) = time_of(sent, self.context.arrival);
        let own = |name: &str| {
            let found = record.attributes.iter().rfind(|a| a.key.bytes == name.as_bytes())?;
            rate_value(found.value)
        };
        let first = own(CHOSEN_FIRST).or_else(|| run.first.clone());
        let second = own(CHOSEN_SECOND).or_else(|| run.second.clone());
        let decides = first.as_ref().or(second.as_ref());
        builder.start_row(&RowHead {
            time,
            kind: RowKind::Log,
            trace_id: trace_id_of(record.trace_id)?,
            span_id: SpanId::NONE,
            parent_id: span_id_of(record.span_id)?,
            name: "",
            span_kind: SpanKind::Unspecified,
            status: 0,
            duration: 0,
            sample_rate: decides.map_or(1, |rate| sample_rate::of_value(&rate.value())),
        });
        put_body(builder, record.body, unpack)?;
        for attribute in &record.attributes {
            flatten(attribute, &mut |name, value| match name {
                CHOSEN_FIRST | CHOSEN_SECOND => {}
                _ => unpack.each(name, value, &mut |name, value| builder.attribute(name, value)),
            })?;
        }
        if let (Some(_), Some(kept)) = (&first, &second) {
            builder.attribute(CHOSEN_SECOND, kept.value());
        }
        if record.severity_number != 0 {
            let severity = record.severity_number as i64;
            builder.base(Base::SeverityNumber, Value::Int(severity));
        }
        for (base, message, what) in [
            (Base::SeverityText, record.severity_text, "a severity text"),
            (Base::EventName, record.event_name, "an event name"),
        ] {
            let text = text(message, what)?;
            if !text.is_empty() {
                builder.base(base, Value::Text(text));
            }
        }
        if record.flags != 0 {
            builder.base(Base::Flags, Value::Int(i64::from(record.flags)));
        }
        put_original_time(builder, original);
        Ok(())
    }
}

/// The body: text as such; a list or map as JSON text, a map's entries as attributes too, and the
/// members of a text that is taken apart; any other value as an attribute. Attributes of the same
/// names, which come after it, replace these.
fn put_body(
    builder: &mut BatchBuilder,
    body: AnyValue<'_>,
    unpack: &impl Unpack,
) -> Result<(), Trouble> {
    match body {
        AnyValue::Missing => {}
        AnyValue::Text(body) => {
            let body = text(body, "a log body")?;
            builder.base(Base::Body, Value::Text(body));
            unpack.parts(BODY, body, &mut |name, value| put_part(builder, name, value));
        }
        AnyValue::List(_) | AnyValue::Map(_) | AnyValue::Bytes(_) => {
            builder.base(Base::Body, Value::Text(&json_text::of(body)?));
            if matches!(body, AnyValue::Map(_)) {
                put_parts(builder, body, unpack)?;
            }
        }
        AnyValue::Bool(_) | AnyValue::Int(_) | AnyValue::Float(_) => {
            put_parts(builder, body, unpack)?;
        }
    }
    Ok(())
}

fn put_parts(
    builder: &mut BatchBuilder,
    body: AnyValue<'_>,
    unpack: &impl Unpack,
) -> Result<(), Trouble> {
    flatten_deep(&mut BODY.to_owned(), body, 0, &mut |name, value| {
        unpack.each(name, value, &mut |name, value| put_part(builder, name, value));
    })
}

fn put_part(builder: &mut BatchBuilder, name: &str, value: Value<'_>) {
    if !builder.run_has(name) {
        builder.attribute(name, value);
    }
}

/// A record may belong to no trace.
fn trace_id_of(message: Message<'_>) -> Result<TraceId, Fault> {
    if message.bytes.is_empty() {
        return Ok(TraceId::NONE);
    }
    TraceId::from_slice(message.bytes).ok_or_else(|| {
        let length = message.bytes.len();
        Fault::new(Reason::TraceId, format!("trace_id has {length} bytes"))
    })
}

fn span_id_of(message: Message<'_>) -> Result<SpanId, Fault> {
    if message.bytes.is_empty() {
        return Ok(SpanId::NONE);
    }
    SpanId::from_slice(message.bytes).ok_or_else(|| {
        let length = message.bytes.len();
        Fault::new(Reason::SpanId, format!("span_id has {length} bytes"))
    })
}

/// The parts of a LogRecord message.
pub(crate) struct RecordParts<'a> {
    time: u64,
    observed: u64,
    severity_number: u64,
    severity_text: Message<'a>,
    body: AnyValue<'a>,
    attributes: Vec<KeyValue<'a>>,
    flags: u32,
    trace_id: Message<'a>,
    span_id: Message<'a>,
    event_name: Message<'a>,
}

impl Default for RecordParts<'_> {
    fn default() -> Self {
        let empty = Message::new(&[]);
        Self {
            time: 0,
            observed: 0,
            severity_number: 0,
            severity_text: empty,
            body: AnyValue::Missing,
            attributes: Vec::new(),
            flags: 0,
            trace_id: empty,
            span_id: empty,
            event_name: empty,
        }
    }
}

impl<'a> RecordParts<'a> {
    fn parse(&mut self, message: Message<'a>) -> WireResult<()> {
        let mut earlier = std::mem::take(self);
        earlier.attributes.clear();
        self.attributes = earlier.attributes;
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => self.time = field.fixed64("time_unix_nano", &fields)?,
                2 => self.severity_number = field.varint("severity_number", &fields)?,
                3 => self.severity_text = field.bytes("severity_text", &fields)?,
                5 => {
                    let body = field.bytes("body", &fields)?;
                    self.body = AnyValue::parse(body, self.body).map_err(|e| e.within("body"))?;
                }
                6 => push_attribute(&mut self.attributes, field, &fields)?,
                8 => self.flags = field.fixed32("flags", &fields)?,
                9 => self.trace_id = field.bytes("trace_id", &fields)?,
                10 => self.span_id = field.bytes("span_id", &fields)?,
                11 => self.observed = field.fixed64("observed_time_unix_nano", &fields)?,
                12 => self.event_name = field.bytes("event_name", &fields)?,
                _ => {}
            }
        }
        Ok(())
    }
}
