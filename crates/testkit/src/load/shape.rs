//! The shapes in which the same spans can be sent: as OpenTelemetry's spans, over HTTP or gRPC, as
//! its log records, or as plain events of Honeycomb's clients.
//!
//! The generator makes spans; other shapes are made of its requests. That costs the sender several
//! times what the spans cost, so whoever measures a rate prepares requests before the measured
//! time.

use model::Timestamp;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message as _;
use serde_json::{Map, Value, json};

use super::generator::Request;
use crate::{grpc, msgpack};

use model::{Error, Result};

/// The attribute that names the dataset of plain events.
const SERVICE: &str = "service.name";

/// A shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Spans of OpenTelemetry over HTTP, in protobuf.
    #[default]
    Traces,
    /// The same over gRPC.
    Calls,
    /// Log records of OpenTelemetry over HTTP, in protobuf: one for each span.
    Logs,
    /// Batches of plain events in JSON: one event for each span.
    BatchJson,
    /// The same in MessagePack.
    BatchMsgpack,
    /// Plain events in JSON, each a request of its own.
    Events,
}

/// What is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Post {
    /// Where to, behind the server's URL.
    pub(super) path: String,
    /// The headers that say what it is, each with its line end.
    pub(super) headers: String,
    pub(super) body: Vec<u8>,
    /// Spans, or what stands for them.
    pub(super) spans: u64,
}

impl Shape {
    /// Every shape with its name on the command line.
    pub const ALL: [(&'static str, Self); 6] = [
        ("otlp-http", Self::Traces),
        ("otlp-grpc", Self::Calls),
        ("logs", Self::Logs),
        ("batch-json", Self::BatchJson),
        ("batch-msgpack", Self::BatchMsgpack),
        ("events", Self::Events),
    ];

    /// The shape of a name.
    ///
    /// # Errors
    /// `Invalid` if there is no such shape.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, shape)| shape).ok_or_else(|| {
            let known = Self::ALL.map(|(known, _)| known).join(", ");
            Error::invalid(format!("no shape {name:?}: {known}"))
        })
    }

    /// A request of spans in this shape; more than one where each event is alone.
    pub(super) fn posts(self, request: Request) -> Vec<Post> {
        let spans = u64::from(request.spans);
        let protobuf = "content-type: application/x-protobuf\r\n";
        let post = |path: &str, headers: &str, body| {
            vec![Post { path: path.to_owned(), headers: headers.to_owned(), body, spans }]
        };
        match self {
            Self::Traces => return post("/v1/traces", protobuf, request.body),
            Self::Calls => return post(grpc::TRACES, protobuf, request.body),
            _ => {}
        }
        let message = ExportTraceServiceRequest::decode(request.body.as_slice())
            .expect("the generator makes messages of OpenTelemetry");
        if self == Self::Logs {
            let resource_logs = message.resource_spans.into_iter().map(logs_of).collect();
            let body = ExportLogsServiceRequest { resource_logs }.encode_to_vec();
            return post("/v1/logs", protobuf, body);
        }
        // The generator's requests have one resource.
        message.resource_spans.iter().flat_map(|resource| self.plain(resource)).collect()
    }

    /// The spans of a resource as plain events.
    fn plain(self, resource: &ResourceSpans) -> Vec<Post> {
        let attributes = resource.resource.iter().flat_map(|resource| &resource.attributes);
        let shared: Map<String, Value> = attributes.map(field).collect();
        let dataset = shared.get(SERVICE).and_then(Value::as_str).unwrap_or("unknown").to_owned();
        let spans = resource.scope_spans.iter().flat_map(|scope| &scope.spans);
        let events: Vec<(Timestamp, Map<String, Value>)> =
            spans.map(|span| event_of(span, &shared)).collect();
        let json = "content-type: application/json\r\n";
        let path = format!("/1/batch/{dataset}");
        let spans = events.len() as u64;
        match self {
            Self::Events => {
                let post = |(time, data): (Timestamp, Map<String, Value>)| Post {
                    path: format!("/1/events/{dataset}"),
                    headers: format!("{json}x-honeycomb-event-time: {time}\r\n"),
                    body: Value::Object(data).to_string().into_bytes(),
                    spans: 1,
                };
                events.into_iter().map(post).collect()
            }
            Self::BatchMsgpack => {
                let mut body = Vec::new();
                msgpack::list(&mut body, events.len());
                for (time, data) in events {
                    msgpack::map(&mut body, 2);
                    msgpack::text(&mut body, "time");
                    msgpack::timestamp(&mut body, time);
                    msgpack::text(&mut body, "data");
                    msgpack::value(&mut body, &Value::Object(data));
                }
                let headers = "content-type: application/msgpack\r\n".to_owned();
                vec![Post { path, headers, body, spans }]
            }
            _ => {
                let event = |(time, data): (Timestamp, Map<String, Value>)| {
                    let time = time.to_string();
                    json!({"time": time, "data": data})
                };
                let body: Value = events.into_iter().map(event).collect();
                let body = body.to_string().into_bytes();
                vec![Post { path, headers: json.to_owned(), body, spans }]
            }
        }
    }
}

/// A span as Honeycomb's clients write one: all its fields side by side, the resource's among them.
fn event_of(span: &Span, shared: &Map<String, Value>) -> (Timestamp, Map<String, Value>) {
    let mut data = shared.clone();
    data.extend(span.attributes.iter().map(field));
    let nanos = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano);
    let mut put = |name: &str, value: Value| data.insert(name.to_owned(), value);
    put("name", json!(span.name));
    put("duration_ms", json!(nanos as f64 / 1e6));
    put("trace.trace_id", json!(hex(&span.trace_id)));
    put("trace.span_id", json!(hex(&span.span_id)));
    if !span.parent_span_id.is_empty() {
        put("trace.parent_id", json!(hex(&span.parent_span_id)));
    }
    (Timestamp::from_nanos(span.start_time_unix_nano as i64), data)
}

/// A log record for each span: its name as the line, its attributes as the line's.
fn logs_of(resource: ResourceSpans) -> ResourceLogs {
    let record = |span: Span| LogRecord {
        time_unix_nano: span.start_time_unix_nano,
        severity_number: 9,
        severity_text: "INFO".to_owned(),
        body: Some(AnyValue { value: Some(any_value::Value::StringValue(span.name)) }),
        attributes: span.attributes,
        trace_id: span.trace_id,
        span_id: span.span_id,
        ..LogRecord::default()
    };
    let scopes = resource.scope_spans.into_iter().map(|scope| ScopeLogs {
        scope: scope.scope,
        log_records: scope.spans.into_iter().map(record).collect(),
        schema_url: scope.schema_url,
    });
    ResourceLogs {
        resource: resource.resource,
        scope_logs: scopes.collect(),
        schema_url: resource.schema_url,
    }
}

fn field(attribute: &KeyValue) -> (String, Value) {
    let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
    let value = match value {
        Some(any_value::Value::StringValue(text)) => json!(text),
        Some(any_value::Value::BoolValue(flag)) => json!(flag),
        Some(any_value::Value::IntValue(whole)) => json!(whole),
        Some(any_value::Value::DoubleValue(number)) => json!(number),
        // The generator makes no others.
        _ => Value::Null,
    };
    (attribute.key.clone(), value)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Generator, Plan};
    use super::*;

    fn posts(shape: Shape) -> Vec<Post> {
        Generator::new(Plan::new(1, 2_000)).flat_map(|request| shape.posts(request)).collect()
    }

    /// Guarantees: every shape has every span once, and each request says what it is.
    #[test]
    fn every_shape_has_every_span() {
        for (name, shape) in Shape::ALL {
            let posts = posts(shape);
            assert_eq!(posts.iter().map(|post| post.spans).sum::<u64>(), 2_000, "{name}");
            assert_eq!(Shape::parse(name).unwrap(), shape);
            let told = posts.iter().all(|post| post.headers.starts_with("content-type: "));
            assert!(told, "{name}");
        }
        assert!(Shape::parse("pigeon").is_err());
    }

    /// Guarantees: plain events have the fields of their spans, under the names that Honeycomb's
    /// clients use, and their own times.
    #[test]
    fn events_have_the_fields_of_spans() {
        let batches = posts(Shape::BatchJson);
        let singles = posts(Shape::Events);
        assert_eq!(singles.len(), 2_000);
        let batch: Vec<Value> = serde_json::from_slice(&batches[0].body).unwrap();
        assert_eq!(batch.len() as u64, batches[0].spans);
        let single: Value = serde_json::from_slice(&singles[0].body).unwrap();
        assert_eq!(batch[0]["data"], single);
        let time = batch[0]["time"].as_str().unwrap();
        assert!(singles[0].headers.contains(time), "{}", singles[0].headers);
        let dataset = single[SERVICE].as_str().unwrap();
        assert_eq!(singles[0].path, format!("/1/events/{dataset}"));
        assert_eq!(batches[0].path, format!("/1/batch/{dataset}"));
        assert_eq!(single["trace.trace_id"].as_str().unwrap().len(), 32);
        assert!(single["duration_ms"].as_f64().unwrap() > 0.0);
        assert!(single.as_object().unwrap().len() > 20);
        let packed = &posts(Shape::BatchMsgpack)[0];
        let count = u32::from_be_bytes(packed.body[1..5].try_into().unwrap());
        assert_eq!((packed.body[0], u64::from(count)), (0xdd, packed.spans));
    }
}
