//! Draws requests: spans with events and log records over HTTP and gRPC, or plain events, over
//! several hours and datasets.
//!
//! A request follows from its number and the seed alone. It is written with the official messages,
//! and what must be read back is noted in the server's documented field names beside it.

mod plain;

use model::{NANOS_PER_HOUR, NANOS_PER_SECOND, Random as _, SeededRandom};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, span};
use prost::Message as _;
use serde_json::{Value, json};

use super::event::{Event, Fields, ID, REQUEST};
use crate::grpc;

/// Where spans are posted.
pub(super) const TRACES: &str = "/v1/traces";
/// Where log records are posted.
pub(super) const LOGS: &str = "/v1/logs";
/// What the paths of batches of plain events begin with.
pub(super) const BATCH: &str = "/1/batch/";
/// What the paths of single plain events begin with.
pub(super) const EVENTS: &str = "/1/events/";
/// Headers, as [`Post::headers`] has them.
pub(super) const CONTENT_TYPE: &str = "content-type";
pub(super) const EVENT_TIME: &str = "x-honeycomb-event-time";

const SERVICES: [&str; 4] = ["kill-cart", "kill-mail", "kill-pay", "kill-stock"];
/// One request in so many names a dataset that nobody has named before.
const NEW_DATASET_ODDS: u64 = 40;
/// One request in so many is of plain events.
const PLAIN_ODDS: u64 = 3;
/// One request in so many of the others goes by gRPC.
const GRPC_ODDS: u64 = 2;
/// One request in so many of these is of log records.
const LOGS_ODDS: u64 = 4;
/// How many hours before the present one events happened, as often as an hour is listed. The far
/// ones share a wide segment; the near ones fill segments of their own and are merged.
const HOURS_AGO: [i64; 10] = [0, 1, 1, 1, 1, 2, 2, 2, 40, 3_000];
/// Attribute names of which each event has few.
const RARE_NAMES: u64 = 60;

/// What is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Post {
    /// [`TRACES`], [`LOGS`] or their methods of gRPC, or where plain events of a dataset go.
    pub(super) path: String,
    /// The content type.
    pub(super) kind: String,
    /// When an event happened that is alone.
    pub(super) event_time: Option<String>,
    /// The body, for a call of gRPC without its frame.
    pub(super) body: Vec<u8>,
}

impl Post {
    /// A message of OpenTelemetry's, as protobuf: to a path of HTTP, or to a method of gRPC.
    fn message((path, method): (&str, &str), is_call: bool, body: Vec<u8>) -> Self {
        let (path, kind) = match is_call {
            true => (method, grpc::CONTENT_TYPE),
            false => (path, "application/x-protobuf"),
        };
        Self { path: path.to_owned(), kind: kind.to_owned(), event_time: None, body }
    }

    /// Whether it goes by gRPC.
    pub(super) fn is_call(&self) -> bool {
        self.kind == grpc::CONTENT_TYPE
    }

    /// Its headers.
    pub(super) fn headers(&self) -> Vec<(&str, &str)> {
        let time = self.event_time.iter().map(|time| (EVENT_TIME, time.as_str()));
        std::iter::once((CONTENT_TYPE, self.kind.as_str())).chain(time).collect()
    }
}

/// A request that is about to be sent.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// What is posted.
    pub(super) post: Post,
    /// What is in it.
    pub(super) events: Vec<Event>,
}

/// Where requests come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// The same seed gives the same requests.
    pub(super) seed: u64,
    /// The hour that counts as the present one, from the epoch.
    pub(super) hour: i64,
}

impl Source {
    /// The request of a number, whose events have numbers from `first_id` on.
    pub(super) fn request(&self, number: u64, first_id: u64) -> Draft {
        let chance = SeededRandom::new(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut drawing =
            Drawing { hour: self.hour, chance, number, next_id: first_id, events: Vec::new() };
        let groups = 1 + drawing.chance.below(2);
        let post = if drawing.chance.once_in(PLAIN_ODDS) {
            drawing.plain_events()
        } else {
            let is_call = drawing.chance.once_in(GRPC_ODDS);
            if drawing.chance.once_in(LOGS_ODDS) {
                let resource_logs = (0..groups).map(|_| drawing.resource_logs()).collect();
                let request = ExportLogsServiceRequest { resource_logs };
                Post::message((LOGS, grpc::LOGS), is_call, request.encode_to_vec())
            } else {
                let resource_spans = (0..groups).map(|_| drawing.resource_spans()).collect();
                let request = ExportTraceServiceRequest { resource_spans };
                Post::message((TRACES, grpc::TRACES), is_call, request.encode_to_vec())
            }
        };
        Draft { post, events: drawing.events }
    }

    /// The seconds since the epoch between which all events lie.
    pub(super) fn range_seconds(&self) -> (i64, i64) {
        let farthest = HOURS_AGO.into_iter().max().unwrap_or_default();
        ((self.hour - farthest) * 3_600, (self.hour + 2) * 3_600)
    }
}

/// A request that is being drawn.
struct Drawing {
    hour: i64,
    chance: SeededRandom,
    number: u64,
    next_id: u64,
    events: Vec<Event>,
}

impl Drawing {
    fn resource_spans(&mut self) -> ResourceSpans {
        let (dataset, inherited) = self.resource();
        let spans = (0..1 + self.chance.below(6)).map(|_| self.span(&dataset, &inherited));
        let scope_spans = vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }];
        ResourceSpans {
            resource: Some(Resource { attributes: key_values(&inherited), ..Resource::default() }),
            scope_spans,
            ..ResourceSpans::default()
        }
    }

    fn resource_logs(&mut self) -> ResourceLogs {
        let (dataset, inherited) = self.resource();
        let records = (0..1 + self.chance.below(10)).map(|_| self.record(&dataset, &inherited));
        let log_records = records.collect();
        ResourceLogs {
            resource: Some(Resource { attributes: key_values(&inherited), ..Resource::default() }),
            scope_logs: vec![ScopeLogs { log_records, ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }
    }

    /// A dataset and the attributes of its resource.
    fn resource(&mut self) -> (String, Fields) {
        let dataset = match self.chance.once_in(NEW_DATASET_ODDS) {
            true => format!("kill-new-{}-{}", self.number, self.next_id),
            false => SERVICES[self.chance.below(4) as usize].to_owned(),
        };
        let host = format!("host-{}", self.chance.below(3));
        let fields = Fields::from([
            ("service.name".to_owned(), json!(dataset)),
            ("kill.host".to_owned(), json!(host)),
        ]);
        (dataset, fields)
    }

    fn span(&mut self, dataset: &str, inherited: &Fields) -> Span {
        let (trace_id, span_id) = (self.id_bytes(16), self.id_bytes(8));
        let parent_span_id = if self.chance.once_in(2) { self.id_bytes(8) } else { Vec::new() };
        let (own, start) = (self.attributes(), self.time());
        let duration = self.chance.below(3 * NANOS_PER_SECOND as u64) as i64;
        let name = format!("GET /kill/{}", self.chance.below(5));
        let attributes = key_values(&own);
        let mut fields = own;
        fields.extend(inherited.clone());
        fields.extend([
            ("name".to_owned(), json!(name)),
            ("duration_ms".to_owned(), json!(duration as f64 / 1e6)),
            ("trace.trace_id".to_owned(), json!(hex(&trace_id))),
            ("trace.span_id".to_owned(), json!(hex(&span_id))),
        ]);
        if !parent_span_id.is_empty() {
            fields.insert("trace.parent_id".to_owned(), json!(hex(&parent_span_id)));
        }
        self.note(dataset, start, fields);
        let above = (hex(&trace_id), hex(&span_id));
        let events = [0, 0, 1, 2][self.chance.below(4) as usize];
        let events = (0..events).map(|_| self.span_event(dataset, inherited, &above, start));
        Span {
            events: events.collect(),
            trace_id,
            span_id,
            parent_span_id,
            name,
            kind: 1 + self.chance.below(5) as i32,
            start_time_unix_nano: start as u64,
            end_time_unix_nano: (start + duration) as u64,
            attributes,
            ..Span::default()
        }
    }

    /// An event of the span whose trace id and id are `above`.
    fn span_event(
        &mut self,
        dataset: &str,
        inherited: &Fields,
        above: &(String, String),
        start: i64,
    ) -> span::Event {
        let (own, time) = (self.attributes(), start + self.chance.below(1_000_000) as i64);
        let name = format!("attempt {}", self.chance.below(3));
        let attributes = key_values(&own);
        let mut fields = own;
        fields.extend(inherited.clone());
        fields.extend([
            ("name".to_owned(), json!(name)),
            ("trace.trace_id".to_owned(), json!(above.0)),
            ("trace.parent_id".to_owned(), json!(above.1)),
        ]);
        self.note(dataset, time, fields);
        span::Event { time_unix_nano: time as u64, name, attributes, ..span::Event::default() }
    }

    fn record(&mut self, dataset: &str, inherited: &Fields) -> LogRecord {
        let (own, time) = (self.attributes(), self.time());
        let body = format!("order {:016x} was not found", self.chance.next());
        let severity_text = ["INFO", "WARN", "ERROR"][self.chance.below(3) as usize].to_owned();
        let attributes = key_values(&own);
        let mut fields = own;
        fields.extend(inherited.clone());
        fields.extend([
            ("body".to_owned(), json!(body)),
            ("severity_text".to_owned(), json!(severity_text)),
        ]);
        self.note(dataset, time, fields);
        LogRecord {
            time_unix_nano: time as u64,
            severity_number: 9,
            severity_text,
            body: Some(any(&json!(body))),
            attributes,
            ..LogRecord::default()
        }
    }

    /// Writes down an event whose [`Drawing::attributes`] have been drawn last.
    fn note(&mut self, dataset: &str, time: i64, fields: Fields) {
        let id = fields.get(ID).and_then(Value::as_u64).unwrap_or(self.next_id);
        self.events.push(Event { id, dataset: dataset.to_owned(), time, fields });
    }

    /// Attributes of every class of column: few-valued, near-unique, ids, numbers of all sizes, one
    /// name with several types, names that are rare.
    fn attributes(&mut self) -> Fields {
        let chance = &self.chance;
        let mut fields = Fields::from([
            (ID.to_owned(), json!(self.next_id)),
            (REQUEST.to_owned(), json!(self.number)),
        ]);
        self.next_id += 1;
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        if !chance.once_in(4) {
            put("kill.word", json!(["new", "paid", "sent", "lost", ""][chance.below(5) as usize]));
        }
        if chance.once_in(2) {
            put("kill.text", json!(format!("ünïque «{:x}»\n{:x}", chance.next(), chance.next())));
        }
        if chance.once_in(3) {
            let (a, b) = (chance.next(), chance.next());
            let uuid = format!(
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                a >> 32,
                a >> 16 & 0xffff,
                a & 0xfff,
                b >> 52,
                b & 0xffff_ffff_ffff
            );
            put("kill.uuid", json!(uuid));
        }
        if chance.once_in(2) {
            put("kill.large", json!(chance.next() as i64));
        }
        if chance.once_in(2) {
            put("kill.float", json!(chance.fraction() * 1e6 + 0.5));
        }
        if chance.once_in(3) {
            put("kill.flag", json!(chance.once_in(2)));
        }
        if chance.once_in(2) {
            put(
                "kill.mixed",
                match chance.below(4) {
                    0 => json!(chance.below(100)),
                    1 => json!(format!("text {}", chance.below(9))),
                    2 => json!(chance.below(100) as f64 + 0.25),
                    _ => json!(true),
                },
            );
        }
        if chance.once_in(5) {
            put(&format!("kill.rare.{}", chance.below(RARE_NAMES)), json!(chance.below(1_000)));
        }
        fields
    }

    fn time(&self) -> i64 {
        let hours = HOURS_AGO[self.chance.below(HOURS_AGO.len() as u64) as usize];
        let within = self.chance.below(NANOS_PER_HOUR as u64) as i64;
        (self.hour - hours) * NANOS_PER_HOUR + within
    }

    /// Random bytes; the first half is never all zero, which would make another kind of id.
    fn id_bytes(&self, bytes: usize) -> Vec<u8> {
        let mut id = Vec::with_capacity(bytes);
        while id.len() < bytes {
            id.extend_from_slice(&(self.chance.next() | 1).to_be_bytes());
        }
        id
    }
}

fn key_values(fields: &Fields) -> Vec<KeyValue> {
    let key_value = |(key, value): (&String, &Value)| KeyValue {
        key: key.clone(),
        value: Some(any(value)),
        ..KeyValue::default()
    };
    fields.iter().map(key_value).collect()
}

fn any(value: &Value) -> AnyValue {
    let value = match value {
        Value::Bool(flag) => any_value::Value::BoolValue(*flag),
        Value::String(text) => any_value::Value::StringValue(text.clone()),
        other => match other.as_i64() {
            Some(whole) => any_value::Value::IntValue(whole),
            None => any_value::Value::DoubleValue(other.as_f64().unwrap_or_default()),
        },
    };
    AnyValue { value: Some(value) }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
