//! Log records into rows.

use bytes::Bytes;
use model::{
    Base, BatchBuilder, Result, RowHead, RowKind, Signal, SpanId, SpanKind, TraceId, Value,
};

use crate::attributes::{AnyValue, KeyValue, Trouble, flatten, flatten_deep, text};
use crate::json_text;
use crate::problems::{Fault, Problems};
use crate::sample_rate::{self, CHOSEN_FIRST, CHOSEN_SECOND};
use crate::scope::{ResourceParts, RunRates, ScopeParts, open_run};
use crate::traces::{put_original_time, rate_value, time_of};
use crate::wire::{Message, WireResult};
use crate::{Context, Decoded};

/// The name under which a body that is not text has its parts.
const BODY: &str = "body";

/// Decodes an ExportLogsServiceRequest.
pub(crate) fn decode(body: &Bytes, context: &Context<'_>) -> Result<Decoded> {
    let mut decoder = Decoder {
        context,
        builder: BatchBuilder::new(Signal::Logs, body.clone(), context.seed),
        problems: Problems::default(),
    };
    let mut fields = Message::new(body).fields();
    let mut at = 0;
    while let Some((number, field)) = fields.next()? {
        if number == 1 {
            let message = field.bytes("resource_logs", &fields)?;
            decoder.resource(message).map_err(|e| e.within(format!("resource_logs[{at}]")))?;
            at += 1;
        }
    }
    let problems = decoder.problems.into_vec();
    Ok(Decoded { batch: decoder.builder.finish(), problems })
}

struct Decoder<'a> {
    context: &'a Context<'a>,
    builder: BatchBuilder,
    problems: Problems,
}

impl Decoder<'_> {
    fn resource(&mut self, message: Message<'_>) -> WireResult<()> {
        let resource = ResourceParts::parse(message)?;
        let dataset = (self.context.dataset)(resource.service_name());
        for (at, scope) in resource.scopes.iter().enumerate() {
            self.scope(&dataset, &resource, *scope)
                .map_err(|e| e.within(format!("scope_logs[{at}]")))?;
        }
        Ok(())
    }

    fn scope(
        &mut self,
        dataset: &str,
        resource: &ResourceParts<'_>,
        message: Message<'_>,
    ) -> WireResult<()> {
        let scope = ScopeParts::parse(message)?;
        let opened = open_run(&mut self.builder, dataset, resource, &scope);
        for (at, item) in scope.items.iter().enumerate() {
            crate::check_rows(&self.builder)?;
            let place = |e: Box<crate::wire::WireError>| e.within(format!("log_records[{at}]"));
            let record = RecordParts::parse(*item).map_err(place)?;
            let mark = self.builder.mark();
            let added = match &opened {
                Ok(rates) => self.record(&record, rates),
                Err(Trouble::Fault(fault)) => {
                    Err(Fault::new(fault.reason, fault.detail.clone()).into())
                }
                Err(Trouble::Wire(_)) => break,
            };
            match added {
                Ok(()) => {}
                Err(Trouble::Wire(error)) => return Err(place(error)),
                Err(Trouble::Fault(fault)) => {
                    self.builder.roll_back(mark);
                    self.problems.add(fault, item.start);
                }
            }
        }
        self.builder.end_run();
        match opened {
            Err(Trouble::Wire(error)) => Err(error),
            _ => Ok(()),
        }
    }

    fn record(&mut self, record: &RecordParts<'_>, run: &RunRates) -> Result<(), Trouble> {
        let sent = if record.time > 0 { record.time } else { record.observed };
        let (time, original) = time_of(sent, self.context.arrival);
        let own = |name: &str| {
            let found = record.attributes.iter().rfind(|a| a.key.bytes == name.as_bytes())?;
            rate_value(found.value)
        };
        let first = own(CHOSEN_FIRST).or_else(|| run.first.clone());
        let second = own(CHOSEN_SECOND).or_else(|| run.second.clone());
        let decides = first.as_ref().or(second.as_ref());
        let builder = &mut self.builder;
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
        put_body(builder, record.body)?;
        for attribute in &record.attributes {
            flatten(attribute, &mut |name, value| match name {
                CHOSEN_FIRST | CHOSEN_SECOND => {}
                _ => builder.attribute(name, value),
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

/// The body: text as such; a list or map as JSON text, a map's entries as attributes too; any other
/// value as an attribute. Attributes of the same names, which come after it, replace these.
fn put_body(builder: &mut BatchBuilder, body: AnyValue<'_>) -> Result<(), Trouble> {
    match body {
        AnyValue::Missing => {}
        AnyValue::Text(body) => {
            builder.base(Base::Body, Value::Text(text(body, "a log body")?));
        }
        AnyValue::List(_) | AnyValue::Map(_) | AnyValue::Bytes(_) => {
            builder.base(Base::Body, Value::Text(&json_text::of(body)?));
            if matches!(body, AnyValue::Map(_)) {
                flatten_deep(&mut BODY.to_owned(), body, 0, &mut |name, value| {
                    if !builder.run_has(name) {
                        builder.attribute(name, value);
                    }
                })?;
            }
        }
        AnyValue::Bool(_) | AnyValue::Int(_) | AnyValue::Float(_) => {
            flatten_deep(&mut BODY.to_owned(), body, 0, &mut |name, value| {
                if !builder.run_has(name) {
                    builder.attribute(name, value);
                }
            })?;
        }
    }
    Ok(())
}

/// A record may belong to no trace.
fn trace_id_of(message: Message<'_>) -> Result<TraceId, Fault> {
    if message.bytes.is_empty() {
        return Ok(TraceId::NONE);
    }
    TraceId::from_slice(message.bytes).ok_or_else(|| {
        let length = message.bytes.len();
        Fault::new("trace id is not 16 bytes", format!("trace_id has {length} bytes"))
    })
}

fn span_id_of(message: Message<'_>) -> Result<SpanId, Fault> {
    if message.bytes.is_empty() {
        return Ok(SpanId::NONE);
    }
    SpanId::from_slice(message.bytes).ok_or_else(|| {
        let length = message.bytes.len();
        Fault::new("span id is not 8 bytes", format!("span_id has {length} bytes"))
    })
}

/// The parts of a LogRecord message.
struct RecordParts<'a> {
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

impl<'a> RecordParts<'a> {
    fn parse(message: Message<'a>) -> WireResult<Self> {
        let empty = Message::new(&[]);
        let mut parts = Self {
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
        };
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => parts.time = field.fixed64("time_unix_nano", &fields)?,
                2 => parts.severity_number = field.varint("severity_number", &fields)?,
                3 => parts.severity_text = field.bytes("severity_text", &fields)?,
                5 => {
                    let body = field.bytes("body", &fields)?;
                    parts.body = AnyValue::parse(body, parts.body).map_err(|e| e.within("body"))?;
                }
                6 => {
                    let attribute = KeyValue::parse(field.bytes("attributes", &fields)?);
                    let at = parts.attributes.len();
                    let attribute = attribute.map_err(|e| e.within(format!("attributes[{at}]")))?;
                    parts.attributes.push(attribute);
                }
                8 => parts.flags = field.fixed32("flags", &fields)?,
                9 => parts.trace_id = field.bytes("trace_id", &fields)?,
                10 => parts.span_id = field.bytes("span_id", &fields)?,
                11 => parts.observed = field.fixed64("observed_time_unix_nano", &fields)?,
                12 => parts.event_name = field.bytes("event_name", &fields)?,
                _ => {}
            }
        }
        Ok(parts)
    }
}
