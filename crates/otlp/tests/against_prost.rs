//! Our reader beside the official messages decoded by prost: on requests of every shape, and on
//! bytes damaged at random.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::collections::BTreeMap;

use body::ContentType;
use bytes::Bytes;
use model::{Base, Batch, RowKind, Signal, Timestamp, Value};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use otlp::{Context, Decoded};
use proptest::prelude::*;
use prost::Message as _;

const ARRIVAL: Timestamp = Timestamp::from_nanos(1_700_000_000_000_000_000);

/// A row as text by name; base columns in angle brackets.
type Row = BTreeMap<String, String>;

fn decode(signal: Signal, body: Vec<u8>) -> model::Result<Decoded> {
    let dataset = |name: Option<&str>| name.unwrap_or("none").to_owned();
    let context = Context { arrival: ARRIVAL, seed: 1, dataset: &dataset, unpacking: None };
    otlp::decode(signal, ContentType::Protobuf, &Bytes::from(body), &context)
}

fn rows_of(batch: &Batch) -> Vec<Row> {
    (0..batch.rows()).map(|row| row_of(batch, row)).collect()
}

fn row_of(batch: &Batch, row: usize) -> Row {
    let mut found = Row::new();
    for (name, value) in batch.row(row).attributes() {
        found.insert(name.to_owned(), text_of(&value));
    }
    for base in Base::ALL.into_iter().filter(|base| base.is_sparse()) {
        if let Some(value) = batch.row(row).base(base) {
            found.insert(format!("<{}>", base.name()), text_of(&value));
        }
    }
    let run = batch.datasets().partition_point(|run| run.rows.end as usize <= row);
    let mut put = |name: &str, text: String| found.insert(format!("<{name}>"), text);
    put("dataset", batch.datasets()[run].name.clone());
    put("time", batch.times()[row].nanos().to_string());
    put("kind", format!("{:?}", batch.kinds()[row]));
    put("trace", batch.trace_ids()[row].to_string());
    put("span", batch.span_ids()[row].to_string());
    put("parent", batch.parent_ids()[row].to_string());
    put("name", batch.text(batch.names()[row]).to_owned());
    put("status", batch.statuses()[row].to_string());
    put("duration", batch.durations()[row].to_string());
    put("rate", batch.sample_rates()[row].to_string());
    put("span_kind", batch.span_kinds()[row].name().to_owned());
    found
}

fn text_of(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => format!("text {text}"),
        Value::Int(int) => format!("int {int}"),
        Value::Float(float) => format!("float {:x}", float.to_bits()),
        Value::Bool(bool) => format!("bool {bool}"),
    }
}

mod naive {
    //! The translation once more, in the plainest way, from prost's messages.

    use super::*;

    pub(super) fn spans(request: &ExportTraceServiceRequest) -> Vec<Row> {
        let mut rows = Vec::new();
        for resource in &request.resource_spans {
            for scope in &resource.scope_spans {
                let shared = shared(
                    &resource.resource,
                    &scope.scope,
                    [&resource.schema_url, &scope.schema_url],
                );
                for span in &scope.spans {
                    span_rows(&shared, span, &mut rows);
                }
            }
        }
        rows
    }

    pub(super) fn logs(request: &ExportLogsServiceRequest) -> Vec<Row> {
        let mut rows = Vec::new();
        for resource in &request.resource_logs {
            for scope in &resource.scope_logs {
                let shared = shared(
                    &resource.resource,
                    &scope.scope,
                    [&resource.schema_url, &scope.schema_url],
                );
                rows.extend(scope.log_records.iter().map(|record| log_row(&shared, record)));
            }
        }
        rows
    }

    fn shared(
        resource: &Option<Resource>,
        scope: &Option<InstrumentationScope>,
        schemas: [&String; 2],
    ) -> Row {
        let mut row = Row::new();
        let mut resource_attributes = resource.iter().flat_map(|r| &r.attributes);
        let scope_attributes = scope.iter().flat_map(|s| &s.attributes);
        attributes(resource_attributes.clone().chain(scope_attributes), &mut row);
        let service = resource_attributes.rfind(|a| a.key == "service.name");
        let service = service.and_then(|a| a.value.as_ref()?.value.as_ref());
        let dataset = match service {
            Some(Any::StringValue(name)) => name.clone(),
            _ => "none".to_owned(),
        };
        row.insert("<dataset>".to_owned(), dataset);
        let mut put = |name: &str, text: &str| {
            if !text.is_empty() {
                row.insert(format!("<{name}>"), format!("text {text}"));
            }
        };
        put("resource_schema_url", schemas[0]);
        put("scope_schema_url", schemas[1]);
        if let Some(scope) = scope {
            put("scope_name", &scope.name);
            put("scope_version", &scope.version);
            if scope.name.starts_with("io.opentelemetry") {
                row.insert("<instrumentation_scope>".to_owned(), "bool true".to_owned());
            }
        }
        row
    }

    fn attributes<'a>(found: impl Iterator<Item = &'a KeyValue>, row: &mut Row) {
        for attribute in found.filter(|attribute| !attribute.key.is_empty()) {
            if let Some(value) = attribute.value.as_ref().and_then(|v| v.value.as_ref()) {
                flatten(&attribute.key, value, 0, row);
            }
        }
    }

    fn flatten(key: &str, value: &Any, depth: usize, row: &mut Row) {
        let text = match value {
            Any::StringValue(text) => format!("text {text}"),
            Any::BoolValue(value) => format!("bool {value}"),
            Any::IntValue(value) => format!("int {value}"),
            Any::DoubleValue(value) => format!("float {:x}", value.to_bits()),
            Any::ArrayValue(_) | Any::BytesValue(_) => format!("text {}\n", json(Some(value))),
            Any::KvlistValue(map) => {
                for entry in &map.values {
                    let key = format!("{key}.{}", entry.key);
                    match entry.value.as_ref().and_then(|v| v.value.as_ref()) {
                        None => {}
                        Some(value) if depth < 5 => flatten(&key, value, depth + 1, row),
                        Some(value) => {
                            row.insert(key, format!("text {}\n", json(Some(value))));
                        }
                    }
                }
                return;
            }
            other => panic!("{other:?} is not generated"),
        };
        row.insert(key.to_owned(), text);
    }

    fn json(value: Option<&Any>) -> String {
        match value {
            None => "null".to_owned(),
            Some(Any::StringValue(text)) => serde_json::to_string(text).unwrap(),
            Some(Any::BoolValue(value)) => value.to_string(),
            Some(Any::IntValue(value)) => value.to_string(),
            Some(Any::DoubleValue(value)) => value.to_string(),
            Some(Any::BytesValue(bytes)) => {
                use base64::Engine as _;
                format!("\"{}\"", base64::engine::general_purpose::STANDARD.encode(bytes))
            }
            Some(Any::ArrayValue(list)) => {
                let items = list.values.iter().map(|item| json(item.value.as_ref()));
                format!("[{}]", items.collect::<Vec<_>>().join(","))
            }
            Some(Any::KvlistValue(map)) => {
                let entries: BTreeMap<_, _> = map
                    .values
                    .iter()
                    .map(|e| (&e.key, json(e.value.as_ref().and_then(|v| v.value.as_ref()))))
                    .collect();
                let entries = entries
                    .iter()
                    .map(|(key, value)| format!("{}:{value}", serde_json::to_string(key).unwrap()));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
            }
            Some(other) => panic!("{other:?} is not generated"),
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn trace_id(bytes: &[u8]) -> String {
        let padded: Vec<u8> = [&vec![0; 16 - bytes.len().min(16)][..], bytes].concat();
        if padded[..8] == [0; 8] { hex(&padded[8..]) } else { hex(&padded) }
    }

    fn span_id(bytes: &[u8]) -> String {
        if bytes.is_empty() { hex(&[0; 8]) } else { hex(bytes) }
    }

    fn head(row: &mut Row, fields: [(&str, String); 10]) {
        for (name, text) in fields {
            row.insert(format!("<{name}>"), text);
        }
    }

    fn span_rows(shared: &Row, span: &Span, rows: &mut Vec<Row>) {
        let status = span.status.clone().unwrap_or_default();
        let below = |kind: &str, time: u64, name: &str| {
            [
                ("kind", kind.to_owned()),
                ("time", time.to_string()),
                ("trace", trace_id(&span.trace_id)),
                ("span", span_id(&[])),
                ("parent", span_id(&span.span_id)),
                ("name", name.to_owned()),
                ("status", status.code.to_string()),
                ("duration", "0".to_owned()),
                ("rate", "1".to_owned()),
                ("span_kind", "unspecified".to_owned()),
            ]
        };
        let parent_name = |row: &mut Row| {
            row.insert("<parent_name>".to_owned(), format!("text {}", span.name));
        };
        for event in &span.events {
            let mut row = shared.clone();
            attributes(event.attributes.iter(), &mut row);
            head(&mut row, below("SpanEvent", event.time_unix_nano, &event.name));
            parent_name(&mut row);
            let since = event.time_unix_nano.saturating_sub(span.start_time_unix_nano);
            row.insert("<since_span_start>".to_owned(), format!("int {since}"));
            if event.time_unix_nano < span.start_time_unix_nano {
                let name = "<invalid_since_span_start>".to_owned();
                row.insert(name, "bool true".to_owned());
            }
            rows.push(row);
        }
        for link in &span.links {
            let mut row = shared.clone();
            attributes(link.attributes.iter(), &mut row);
            head(&mut row, below("SpanLink", span.start_time_unix_nano, ""));
            parent_name(&mut row);
            row.insert("<link_trace_id>".to_owned(), format!("text {}", trace_id(&link.trace_id)));
            row.insert("<link_span_id>".to_owned(), format!("text {}", hex(&link.span_id)));
            rows.push(row);
        }
        rows.push(span_row(shared, span, &status));
    }

    fn span_row(shared: &Row, span: &Span, status: &Status) -> Row {
        let mut row = shared.clone();
        attributes(span.attributes.iter(), &mut row);
        for event in span.events.iter().filter(|event| event.name == "exception") {
            for attribute in &event.attributes {
                let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
                let copied = match (attribute.key.as_str(), value) {
                    ("exception.message", Some(Any::StringValue(text))) => format!("text {text}"),
                    ("exception.escaped", Some(Any::BoolValue(value))) => format!("bool {value}"),
                    _ => continue,
                };
                row.entry(attribute.key.clone()).or_insert(copied);
            }
        }
        let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        let kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];
        let fields = [
            ("kind", "Span".to_owned()),
            ("time", start.to_string()),
            ("trace", trace_id(&span.trace_id)),
            ("span", span_id(&span.span_id)),
            ("parent", span_id(&span.parent_span_id)),
            ("name", span.name.clone()),
            ("status", status.code.to_string()),
            ("duration", end.saturating_sub(start).to_string()),
            ("rate", "1".to_owned()),
            ("span_kind", kinds.get(span.kind as usize).unwrap_or(&kinds[0]).to_string()),
        ];
        head(&mut row, fields);
        let mut put = |name: &str, text: String| row.insert(format!("<{name}>"), text);
        if !status.message.is_empty() {
            put("status_message", format!("text {}", status.message));
        }
        if !span.trace_state.is_empty() {
            put("trace_state", format!("text {}", span.trace_state));
        }
        if end < start {
            put("invalid_duration", "bool true".to_owned());
        }
        if !span.events.is_empty() {
            put("event_count", format!("int {}", span.events.len()));
        }
        if !span.links.is_empty() {
            put("link_count", format!("int {}", span.links.len()));
        }
        row
    }

    fn log_row(shared: &Row, record: &LogRecord) -> Row {
        let mut row = shared.clone();
        match record.body.as_ref().and_then(|body| body.value.as_ref()) {
            None => {}
            Some(Any::StringValue(text)) => {
                row.insert("<body>".to_owned(), format!("text {text}"));
            }
            Some(body) => {
                let mut flat = Row::new();
                flatten("body", body, 0, &mut flat);
                if matches!(body, Any::ArrayValue(_) | Any::BytesValue(_) | Any::KvlistValue(_)) {
                    flat.remove("body");
                    row.insert("<body>".to_owned(), format!("text {}\n", json(Some(body))));
                }
                for (name, value) in flat {
                    row.entry(name).or_insert(value);
                }
            }
        }
        attributes(record.attributes.iter(), &mut row);
        let times = [record.time_unix_nano, record.observed_time_unix_nano];
        let time = times.into_iter().find(|time| *time > 0);
        let fields = [
            ("kind", "Log".to_owned()),
            ("time", time.map_or(ARRIVAL.nanos().to_string(), |time| time.to_string())),
            ("trace", trace_id(&record.trace_id)),
            ("span", span_id(&[])),
            ("parent", span_id(&record.span_id)),
            ("name", String::new()),
            ("status", "0".to_owned()),
            ("duration", "0".to_owned()),
            ("rate", "1".to_owned()),
            ("span_kind", "unspecified".to_owned()),
        ];
        head(&mut row, fields);
        let mut put = |name: &str, text: String| row.insert(format!("<{name}>"), text);
        if record.severity_number != 0 {
            put("severity_number", format!("int {}", record.severity_number));
        }
        if !record.severity_text.is_empty() {
            put("severity_text", format!("text {}", record.severity_text));
        }
        if record.flags != 0 {
            put("flags", format!("int {}", record.flags));
        }
        if !record.event_name.is_empty() {
            put("event_name", format!("text {}", record.event_name));
        }
        row
    }
}

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        "[a-zé\" ]{0,6}".prop_map(Any::StringValue),
        any::<bool>().prop_map(Any::BoolValue),
        any::<i64>().prop_map(Any::IntValue),
        (-1e6..1e6f64).prop_map(Any::DoubleValue),
        proptest::collection::vec(any::<u8>(), 0..5).prop_map(Any::BytesValue),
    ];
    let leaf = proptest::option::weighted(0.9, leaf).prop_map(|value| AnyValue { value });
    leaf.prop_recursive(8, 20, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3)
                .prop_map(|values| Any::ArrayValue(ArrayValue { values })),
            proptest::collection::vec(("[a-c]", proptest::option::of(inner)), 0..3).prop_map(
                |entries| {
                    let entries = entries.into_iter();
                    let values = entries.map(|(key, value)| key_value(key, value)).collect();
                    Any::KvlistValue(KeyValueList { values })
                }
            ),
        ]
        .prop_map(|value| AnyValue { value: Some(value) })
    })
}

fn key_value(key: String, value: Option<AnyValue>) -> KeyValue {
    KeyValue { key, value, ..KeyValue::default() }
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let key = prop_oneof![
        4 => "[a-f]{0,2}",
        1 => Just("service.name".to_owned()),
        1 => Just("exception.message".to_owned()),
        1 => Just("exception.escaped".to_owned()),
    ];
    proptest::collection::vec((key, proptest::option::weighted(0.95, any_value())), 0..5)
        .prop_map(|pairs| pairs.into_iter().map(|(key, value)| key_value(key, value)).collect())
}

fn id(length: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(1u8..255, length)
}

/// A time that prost and we take alike: not zero, and before the year 2262.
fn time() -> impl Strategy<Value = u64> {
    1u64..i64::MAX as u64
}

fn span() -> impl Strategy<Value = Span> {
    let events = proptest::collection::vec(
        (time(), prop_oneof![Just("exception".to_owned()), "[a-z]{0,3}"], attributes()),
        0..3,
    );
    let links = proptest::collection::vec((id(16), id(8), attributes()), 0..2);
    let head = (id(16), id(8), proptest::option::of(id(8)), "[a-z/é]{0,5}", 0..7i32);
    let rest = (time(), time(), "(|vendor=1)", proptest::option::of((0..3i32, "[a-z]{0,4}")));
    (head, rest, attributes(), events, links).prop_map(|(head, rest, attributes, events, links)| {
        let (trace_id, span_id, parent, name, kind) = head;
        let (start, end, trace_state, status) = rest;
        Span {
            trace_id,
            span_id,
            parent_span_id: parent.unwrap_or_default(),
            name,
            kind,
            start_time_unix_nano: start,
            end_time_unix_nano: end,
            trace_state,
            status: status.map(|(code, message)| Status { code, message }),
            attributes,
            events: events
                .into_iter()
                .map(|(time_unix_nano, name, attributes)| Event {
                    time_unix_nano,
                    name,
                    attributes,
                    ..Event::default()
                })
                .collect(),
            links: links
                .into_iter()
                .map(|(trace_id, span_id, attributes)| Link {
                    trace_id,
                    span_id,
                    attributes,
                    ..Link::default()
                })
                .collect(),
            ..Span::default()
        }
    })
}

fn scope() -> impl Strategy<Value = Option<InstrumentationScope>> {
    let names = prop_oneof![Just("io.opentelemetry.x".to_owned()), "[a-z]{0,3}"];
    proptest::option::of((names, "[0-9]{0,2}", attributes()).prop_map(
        |(name, version, attributes)| InstrumentationScope {
            name,
            version,
            attributes,
            ..InstrumentationScope::default()
        },
    ))
}

fn traces() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let scope_spans = (scope(), proptest::collection::vec(span(), 0..4), "(|http://s)")
        .prop_map(|(scope, spans, schema_url)| ScopeSpans { scope, spans, schema_url });
    let resource = proptest::option::of(attributes());
    let resource_spans = (resource, proptest::collection::vec(scope_spans, 0..3), "(|http://r)");
    proptest::collection::vec(resource_spans, 0..3).prop_map(|resources| {
        let resource_spans = resources.into_iter().map(|(attributes, scope_spans, schema_url)| {
            let resource =
                attributes.map(|attributes| Resource { attributes, ..Resource::default() });
            ResourceSpans { resource, scope_spans, schema_url }
        });
        ExportTraceServiceRequest { resource_spans: resource_spans.collect() }
    })
}

fn logs() -> impl Strategy<Value = ExportLogsServiceRequest> {
    let ids = (proptest::option::of(id(16)), proptest::option::of(id(8)));
    let times = (prop_oneof![Just(0), time()], prop_oneof![Just(0), time()]);
    let texts = ("(|INFO)", "(|e.n)");
    let record =
        (times, 0..25i32, texts, proptest::option::of(any_value()), attributes(), 0..2u32, ids)
            .prop_map(|(times, severity_number, texts, body, attributes, flags, ids)| LogRecord {
                time_unix_nano: times.0,
                observed_time_unix_nano: times.1,
                severity_number,
                severity_text: texts.0,
                event_name: texts.1,
                body,
                attributes,
                flags,
                trace_id: ids.0.unwrap_or_default(),
                span_id: ids.1.unwrap_or_default(),
                ..LogRecord::default()
            });
    let scope_logs = (scope(), proptest::collection::vec(record, 0..4))
        .prop_map(|(scope, log_records)| ScopeLogs { scope, log_records, ..ScopeLogs::default() });
    let resource = (attributes(), proptest::collection::vec(scope_logs, 0..3));
    proptest::collection::vec(resource, 0..3).prop_map(|resources| {
        let resource_logs = resources.into_iter().map(|(attributes, scope_logs)| ResourceLogs {
            resource: Some(Resource { attributes, ..Resource::default() }),
            scope_logs,
            ..ResourceLogs::default()
        });
        ExportLogsServiceRequest { resource_logs: resource_logs.collect() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Guarantees: every field of every span, event and link reads as prost reads it.
    #[test]
    fn spans_read_the_same(request in traces()) {
        let decoded = decode(Signal::Spans, request.encode_to_vec()).unwrap();
        prop_assert_eq!(&decoded.problems, &[]);
        prop_assert_eq!(rows_of(&decoded.batch), naive::spans(&request));
    }

    /// Guarantees: every field of every log record reads as prost reads it.
    #[test]
    fn logs_read_the_same(request in logs()) {
        let decoded = decode(Signal::Logs, request.encode_to_vec()).unwrap();
        prop_assert_eq!(&decoded.problems, &[]);
        prop_assert_eq!(rows_of(&decoded.batch), naive::logs(&request));
    }

    /// Guarantees: damaged bytes never panic. What prost reads we read, with as many spans,
    /// accepted or refused one by one; what prost refuses we refuse, unless all that is wrong is
    /// text that is not UTF-8, which costs us one span.
    #[test]
    fn damage_is_judged_alike(
        request in traces(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = request.encode_to_vec();
        if bytes.is_empty() {
            return Ok(());
        }
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let ours = decode(Signal::Spans, bytes.clone());
        match ExportTraceServiceRequest::decode(&bytes[..]) {
            Ok(theirs) => {
                let spans: usize = theirs
                    .resource_spans
                    .iter()
                    .flat_map(|resource| &resource.scope_spans)
                    .map(|scope| scope.spans.len())
                    .sum();
                let ours = ours.unwrap();
                let kept = ours.batch.kinds().iter().filter(|kind| **kind == RowKind::Span).count();
                prop_assert_eq!(kept + ours.rejected() as usize, spans);
            }
            Err(error) if error.to_string().contains("invalid string value") => {}
            Err(error) => {
                // Prost reads nested values that we keep as bytes until they are flattened, and
                // counts and flags that we pass over.
                let unread = ["ArrayValue", "KeyValueList", "dropped", "flags", "EntityRef",
                    "kvlist", "array", "KeyValue", "string_table", "entity_refs",
                    "(\"Link\", \"trace_state\")", "Index", "strindex"];
                let text = format!("{error:?}");
                // A span that is refused for its ids is not read to its end.
                let refused = ours.as_ref().is_ok_and(|ours| ours.rejected() > 0);
                if !refused && !unread.iter().any(|name| text.contains(name)) {
                    prop_assert!(ours.is_err(), "prost: {}", text);
                }
            }
        }
    }
}

/// Guarantees: a request that does not decode is refused with the byte and the field.
#[test]
fn errors_name_the_place() {
    let good = Span { trace_id: vec![1; 16], span_id: vec![1; 8], ..Span::default() };
    let scope_spans = vec![ScopeSpans { spans: vec![good], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    let mut bytes = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
    // The last field is the span's id: a tag, its length, eight bytes.
    let length_at = bytes.len() - 9;
    bytes[length_at] = 100;
    let error = decode(Signal::Spans, bytes).unwrap_err().to_string();
    let place = "resource_spans[0].scope_spans[0].spans[0]";
    let offset = length_at + 1;
    assert_eq!(error, format!("byte {offset}, {place}: a length of 100 where 8 bytes are left"));
}

/// Guarantees: one bad span costs itself, not the request, and says why and where.
#[test]
fn a_bad_span_is_refused_alone() {
    let good = Span { trace_id: vec![1; 16], span_id: vec![1; 8], ..Span::default() };
    let short = Span { trace_id: vec![1; 3], ..good.clone() };
    let zero = Span { span_id: vec![0; 8], ..good.clone() };
    let spans = vec![good.clone(), short, zero, good];
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    let bytes = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
    let decoded = decode(Signal::Spans, bytes).unwrap();
    assert_eq!(decoded.batch.rows(), 2);
    let problems: Vec<_> = decoded.problems.iter().map(|p| (p.reason, p.count)).collect();
    assert_eq!(problems, [("trace id is not 16 bytes", 1), ("span id is not 8 bytes", 1)]);
    assert!(decoded.problems[0].sample.starts_with("trace_id has 3 bytes (byte "));
}
