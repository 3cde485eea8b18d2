//! The messages of trace and log requests, as JSON has them, and how each is written as protobuf.
//! What requests of every signal share is here too.

use std::borrow::Cow;

use serde::Deserialize;

use super::scalars::{Bytes, Double, Enum, Id, Signed, Unsigned};
use crate::wire::Writer;

/// Names of span kinds, by number.
const SPAN_KINDS: [&str; 6] = [
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
];
/// Names of status codes, by number.
const STATUS_CODES: [&str; 3] = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];
/// Beginnings of severity names; each stands for four numbers.
const SEVERITIES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

pub(super) type Text<'a> = Option<Cow<'a, str>>;
pub(super) type List<T> = Option<Vec<T>>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TracesRequest<'a> {
    #[serde(borrow, default, alias = "resource_spans")]
    resource_spans: List<ResourceItems<'a, Span<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogsRequest<'a> {
    #[serde(borrow, default, alias = "resource_logs")]
    resource_logs: List<ResourceItems<'a, LogRecord<'a>>>,
}

/// ResourceSpans, ResourceLogs or ResourceMetrics.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct ResourceItems<'a, T> {
    #[serde(borrow, default)]
    resource: Option<Resource<'a>>,
    #[serde(
        default,
        alias = "scope_spans",
        alias = "scopeLogs",
        alias = "scope_logs",
        alias = "scopeMetrics",
        alias = "scope_metrics",
        alias = "instrumentationLibrarySpans",
        alias = "instrumentationLibraryLogs",
        alias = "instrumentationLibraryMetrics"
    )]
    scope_spans: List<ScopeItems<'a, T>>,
    #[serde(default, alias = "schema_url")]
    schema_url: Text<'a>,
}

/// ScopeSpans, ScopeLogs or ScopeMetrics.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
struct ScopeItems<'a, T> {
    #[serde(borrow, default, alias = "instrumentationLibrary")]
    scope: Option<Scope<'a>>,
    #[serde(
        default,
        alias = "logRecords",
        alias = "log_records",
        alias = "logs",
        alias = "metrics"
    )]
    spans: List<T>,
    #[serde(default, alias = "schema_url")]
    schema_url: Text<'a>,
}

#[derive(Debug, Deserialize)]
struct Resource<'a> {
    #[serde(borrow, default)]
    attributes: List<KeyValue<'a>>,
}

#[derive(Debug, Deserialize)]
struct Scope<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(default)]
    version: Text<'a>,
    #[serde(default)]
    attributes: List<KeyValue<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct KeyValue<'a> {
    #[serde(borrow, default)]
    key: Text<'a>,
    #[serde(default)]
    value: Option<AnyValue<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyValue<'a> {
    #[serde(borrow, default, alias = "string_value")]
    string_value: Text<'a>,
    #[serde(default, alias = "bool_value")]
    bool_value: Option<bool>,
    #[serde(default, alias = "int_value")]
    int_value: Option<Signed>,
    #[serde(default, alias = "double_value")]
    double_value: Option<Double>,
    #[serde(default, alias = "array_value")]
    array_value: Option<ArrayValue<'a>>,
    #[serde(default, alias = "kvlist_value")]
    kvlist_value: Option<KeyValueList<'a>>,
    #[serde(default, alias = "bytes_value")]
    bytes_value: Option<Bytes>,
}

#[derive(Debug, Deserialize)]
struct ArrayValue<'a> {
    #[serde(borrow, default)]
    values: List<AnyValue<'a>>,
}

#[derive(Debug, Deserialize)]
struct KeyValueList<'a> {
    #[serde(borrow, default)]
    values: List<KeyValue<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span<'a> {
    #[serde(default, alias = "trace_id")]
    trace_id: Id,
    #[serde(default, alias = "span_id")]
    span_id: Id,
    #[serde(borrow, default, alias = "trace_state")]
    trace_state: Text<'a>,
    #[serde(default, alias = "parent_span_id")]
    parent_span_id: Id,
    #[serde(default)]
    name: Text<'a>,
    #[serde(default)]
    kind: Enum<'a>,
    #[serde(default, alias = "start_time_unix_nano")]
    start_time_unix_nano: Unsigned,
    #[serde(default, alias = "end_time_unix_nano")]
    end_time_unix_nano: Unsigned,
    #[serde(default)]
    attributes: List<KeyValue<'a>>,
    #[serde(default)]
    events: List<Event<'a>>,
    #[serde(default)]
    links: List<Link<'a>>,
    #[serde(default)]
    status: Option<Status<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(default, alias = "time_unix_nano")]
    time_unix_nano: Unsigned,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(default)]
    attributes: List<KeyValue<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    #[serde(default, alias = "trace_id")]
    trace_id: Id,
    #[serde(default, alias = "span_id")]
    span_id: Id,
    #[serde(borrow, default)]
    attributes: List<KeyValue<'a>>,
}

#[derive(Debug, Deserialize)]
struct Status<'a> {
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(default)]
    code: Enum<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogRecord<'a> {
    #[serde(default, alias = "time_unix_nano")]
    time_unix_nano: Unsigned,
    #[serde(default, alias = "observed_time_unix_nano")]
    observed_time_unix_nano: Unsigned,
    #[serde(borrow, default, alias = "severity_number")]
    severity_number: Enum<'a>,
    #[serde(default, alias = "severity_text")]
    severity_text: Text<'a>,
    #[serde(default)]
    body: Option<AnyValue<'a>>,
    #[serde(default)]
    attributes: List<KeyValue<'a>>,
    #[serde(default)]
    flags: Unsigned,
    #[serde(default, alias = "trace_id")]
    trace_id: Id,
    #[serde(default, alias = "span_id")]
    span_id: Id,
    #[serde(default, alias = "event_name")]
    event_name: Text<'a>,
}

impl TracesRequest<'_> {
    pub(super) fn write(&self, writer: &mut Writer) {
        for resource in self.resource_spans.iter().flatten() {
            writer.message(1, |writer| resource.write(writer, Span::write));
        }
    }
}

impl LogsRequest<'_> {
    pub(super) fn write(&self, writer: &mut Writer) {
        for resource in self.resource_logs.iter().flatten() {
            writer.message(1, |writer| resource.write(writer, LogRecord::write));
        }
    }
}

impl<T> ResourceItems<'_, T> {
    pub(super) fn write(&self, writer: &mut Writer, item: impl Fn(&T, &mut Writer)) {
        if let Some(resource) = &self.resource {
            writer.message(1, |writer| write_attributes(writer, 1, &resource.attributes));
        }
        for scope in self.scope_spans.iter().flatten() {
            writer.message(2, |writer| scope.write(writer, &item));
        }
        write_text(writer, 3, &self.schema_url);
    }
}

impl<T> ScopeItems<'_, T> {
    fn write(&self, writer: &mut Writer, item: impl Fn(&T, &mut Writer)) {
        if let Some(scope) = &self.scope {
            writer.message(1, |writer| {
                write_text(writer, 1, &scope.name);
                write_text(writer, 2, &scope.version);
                write_attributes(writer, 3, &scope.attributes);
            });
        }
        for one in self.spans.iter().flatten() {
            writer.message(2, |writer| item(one, writer));
        }
        write_text(writer, 3, &self.schema_url);
    }
}

pub(super) fn write_text(writer: &mut Writer, field: u32, text: &Text<'_>) {
    if let Some(text) = text {
        writer.bytes(field, text.as_bytes());
    }
}

pub(super) fn write_attributes(writer: &mut Writer, field: u32, attributes: &List<KeyValue<'_>>) {
    for attribute in attributes.iter().flatten() {
        writer.message(field, |writer| attribute.write(writer));
    }
}

impl KeyValue<'_> {
    fn write(&self, writer: &mut Writer) {
        write_text(writer, 1, &self.key);
        if let Some(value) = &self.value {
            writer.message(2, |writer| value.write(writer));
        }
    }
}

impl AnyValue<'_> {
    fn write(&self, writer: &mut Writer) {
        write_text(writer, 1, &self.string_value);
        if let Some(value) = self.bool_value {
            writer.varint(2, u64::from(value));
        }
        if let Some(value) = self.int_value {
            writer.varint(3, value.0 as u64);
        }
        if let Some(value) = self.double_value {
            writer.fixed64(4, value.0.to_bits());
        }
        if let Some(list) = &self.array_value {
            writer.message(5, |writer| {
                for item in list.values.iter().flatten() {
                    writer.message(1, |writer| item.write(writer));
                }
            });
        }
        if let Some(map) = &self.kvlist_value {
            writer.message(6, |writer| write_attributes(writer, 1, &map.values));
        }
        if let Some(bytes) = &self.bytes_value {
            writer.bytes(7, &bytes.0);
        }
    }
}

impl Span<'_> {
    fn write(&self, writer: &mut Writer) {
        writer.bytes(1, &self.trace_id.0);
        writer.bytes(2, &self.span_id.0);
        write_text(writer, 3, &self.trace_state);
        writer.bytes(4, &self.parent_span_id.0);
        write_text(writer, 5, &self.name);
        writer.varint(6, self.kind.number(&SPAN_KINDS));
        writer.fixed64(7, self.start_time_unix_nano.0);
        writer.fixed64(8, self.end_time_unix_nano.0);
        write_attributes(writer, 9, &self.attributes);
        for event in self.events.iter().flatten() {
            writer.message(11, |writer| {
                writer.fixed64(1, event.time_unix_nano.0);
                write_text(writer, 2, &event.name);
                write_attributes(writer, 3, &event.attributes);
            });
        }
        for link in self.links.iter().flatten() {
            writer.message(13, |writer| {
                writer.bytes(1, &link.trace_id.0);
                writer.bytes(2, &link.span_id.0);
                write_attributes(writer, 4, &link.attributes);
            });
        }
        if let Some(status) = &self.status {
            writer.message(15, |writer| {
                write_text(writer, 2, &status.message);
                writer.varint(3, status.code.number(&STATUS_CODES));
            });
        }
    }
}

impl LogRecord<'_> {
    fn write(&self, writer: &mut Writer) {
        writer.fixed64(1, self.time_unix_nano.0);
        writer.varint(2, self.severity());
        write_text(writer, 3, &self.severity_text);
        if let Some(body) = &self.body {
            writer.message(5, |writer| body.write(writer));
        }
        write_attributes(writer, 6, &self.attributes);
        writer.fixed32(8, self.flags.0 as u32);
        writer.bytes(9, &self.trace_id.0);
        writer.bytes(10, &self.span_id.0);
        writer.fixed64(11, self.observed_time_unix_nano.0);
        write_text(writer, 12, &self.event_name);
    }

    /// `SEVERITY_NUMBER_WARN2` is the second of four numbers, the 14th in all.
    fn severity(&self) -> u64 {
        let Enum::Name(name) = &self.severity_number else {
            return self.severity_number.number(&[]);
        };
        let name = name.strip_prefix("SEVERITY_NUMBER_").unwrap_or(name);
        let found = SEVERITIES.iter().enumerate().find_map(|(at, word)| {
            let place: u64 = match name.strip_prefix(word)? {
                "" => 1,
                place => place.parse().ok().filter(|place| (2..=4).contains(place))?,
            };
            Some(at as u64 * 4 + place)
        });
        found.unwrap_or_default()
    }
}
