//! The events of the simulation: small, of every kind of value, each with a number of its own.

use std::collections::BTreeMap;

use bytes::Bytes;
use model::{
    Base, Batch, BatchBuilder, Error, NANOS_PER_HOUR, Result, RowHead, RowKind, SeededRandom,
    Signal, SpanId, SpanKind, Timestamp, TraceId, Value,
};
use store::{Decoder, Record};

/// A row as its test expects it: every attribute and base value as text, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainRow {
    /// Its dataset's number.
    pub dataset: u32,
    /// When it happened.
    pub time: i64,
    /// Attributes by name, base columns by name in angle brackets.
    pub values: BTreeMap<String, String>,
}

/// What stands for a row in a request's body.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) id: u64,
    pub(super) dataset: u8,
    pub(super) hour: i64,
}

impl Event {
    /// The name of its dataset.
    pub(super) fn dataset_name(&self) -> String {
        format!("service-{}", self.dataset)
    }

    fn signal(&self) -> Signal {
        match (self.id % 5, self.id % 3) {
            (4, 0) => Signal::Logs,
            (4, 1) => Signal::Events,
            (4, _) => Signal::Metrics,
            _ => Signal::Spans,
        }
    }

    fn kind(&self) -> RowKind {
        match self.signal() {
            Signal::Spans => RowKind::Span,
            Signal::Logs => RowKind::Log,
            Signal::Metrics => RowKind::MetricPoint,
            Signal::Events => RowKind::Event,
        }
    }

    /// When it happened: its hour, and a place in it that its number gives.
    pub(super) fn time(&self) -> i64 {
        self.hour * NANOS_PER_HOUR + (self.id * 7_919 % 3_600_000) as i64 * 1_000_000
    }

    fn trace_id(&self) -> TraceId {
        if self.signal() == Signal::Metrics {
            return TraceId::NONE;
        }
        TraceId::new(u128::from(self.id / 3 + 1).to_be_bytes())
    }
}

/// A body of events, one a line.
pub(super) fn body(events: &[Event]) -> Bytes {
    let lines = events.iter().map(|event| {
        format!("{} {} {} text-of-{}\n", event.id, event.dataset, event.hour, event.id)
    });
    Bytes::from(lines.collect::<String>())
}

/// Decodes what `body` wrote.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToyDecoder;

impl Decoder for ToyDecoder {
    fn decode(&self, record: &Record) -> Result<Vec<Batch>> {
        let text = std::str::from_utf8(&record.body)
            .map_err(|error| Error::invalid("the body is not text").because(error))?;
        let mut batches = Vec::new();
        for signal in Signal::ALL {
            let mut builder = BatchBuilder::new(signal, record.body.clone(), record.seed);
            for line in text.lines() {
                add(&mut builder, signal, line)?;
            }
            if builder.rows() > 0 {
                batches.push(builder.finish());
            }
        }
        Ok(batches)
    }
}

fn add(builder: &mut BatchBuilder, signal: Signal, line: &str) -> Result<()> {
    let bad = || Error::invalid(format!("not an event: {line:?}"));
    let mut words = line.split(' ');
    let mut number = || words.next().and_then(|word| word.parse::<i64>().ok()).ok_or_else(bad);
    let event = Event { id: number()? as u64, dataset: number()? as u8, hour: number()? };
    let label = words.next().ok_or_else(bad)?;
    if event.signal() != signal {
        return Ok(());
    }
    builder.start_run(&event.dataset_name());
    builder.run_attribute("service.instance.id", Value::Text(["a", "b"][event.id as usize % 2]));
    builder.start_row(&RowHead {
        time: Timestamp::from_nanos(event.time()),
        kind: event.kind(),
        trace_id: event.trace_id(),
        span_id: match signal {
            Signal::Spans | Signal::Events => SpanId::new((event.id + 1).to_be_bytes()),
            Signal::Logs | Signal::Metrics => SpanId::NONE,
        },
        parent_id: SpanId::NONE,
        name: if event.id.is_multiple_of(3) { "GET /" } else { "POST /" },
        span_kind: SpanKind::Server,
        status: (event.id % 3) as u8,
        duration: event.id as i64 * 1_000,
        sample_rate: 1 + (event.id % 4) as u32,
    });
    builder.attribute("id", Value::Int(event.id as i64));
    builder.attribute("label", Value::Text(label));
    if event.id.is_multiple_of(2) {
        builder.attribute("mixed", Value::Float(event.id as f64 / 8.0));
    } else {
        builder.attribute("mixed", Value::Bool(event.id % 3 == 1));
    }
    if event.id.is_multiple_of(7) {
        builder.base(Base::StatusMessage, Value::Text(label));
    }
    builder.end_run();
    Ok(())
}

/// What a row of this event must read as, its dataset aside.
pub(super) fn expected(event: &Event) -> BTreeMap<String, String> {
    let body = body(std::slice::from_ref(event));
    let record = Record {
        door: 0,
        environment: model::EnvironmentId::DEFAULT,
        arrival: Timestamp::from_nanos(0),
        seed: 0,
        decoder_version: 1,
        settings_version: 1,
        context: Bytes::new(),
        body,
    };
    let batches = ToyDecoder.decode(&record).unwrap_or_default();
    batches.first().map(|batch| super::rows::values_of(batch, 0)).unwrap_or_default()
}

/// Events with fresh numbers, mostly of one hour.
pub(super) fn draw(random: &SeededRandom, next_id: &mut u64, hour: i64) -> Vec<Event> {
    let count = 1 + random.below(12);
    (0..count)
        .map(|_| {
            *next_id += 1;
            let hour = match random.below(12) {
                0 => hour - random.below(400) as i64,
                1 => hour + 1,
                _ => hour,
            };
            Event { id: *next_id, dataset: random.below(3) as u8, hour }
        })
        .collect()
}
