"""OTLP JSON requests as Honeycomb events: one for each span, span event, link and log record.

The names and rules are those of Honeycomb's public translation, as the golden vectors beside the
tests show them. Attributes of the item itself win over those of its scope, these over those of its
resource, and all of them over the fields made here.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from evaluator.attributes import Fields, fields_of, json_text, put
from evaluator.samplerate import rate_key, rate_of

NS_PER_MS = 1_000_000

SPAN_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUS_ERROR = 2

SEVERITIES = ("trace", "debug", "info", "warn", "error", "fatal")
SEVERITY_CODES_EACH = 4
SEVERITY_CODE_MAX = 24

# What of an exception its span shows too, and as what: Python's SDK says "False" in words.
EXCEPTION_FIELDS = {"exception.message": str, "exception.type": str,
                    "exception.stacktrace": str, "exception.escaped": bool}

INSTRUMENTATION_PREFIXES = (
    "io.opentelemetry", "opentelemetry.instrumentation", "OpenTelemetry.Instrumentation",
    "OpenTelemetry::Instrumentation", "go.opentelemetry.io/contrib/instrumentation",
    "@opentelemetry/instrumentation", "io.opentelemetry.contrib.php",
    "github.com/open-telemetry/opentelemetry-collector", "@honeycombio/")

CLASSIC_KEY = re.compile(r"[0-9a-f]{32}|hc[a-z]ic_[0-9a-z]{58}")


@dataclass(frozen=True)
class Event:
    """One stored event: time in ns UTC, weight, dataset, and its fields."""

    time_ns: int
    samplerate: int
    dataset: str
    data: Fields


@dataclass(frozen=True)
class Door:
    """What a request brings besides its body: the key, the dataset header, its time of arrival."""

    api_key: str = ""
    dataset_header: str = ""
    received_ns: int = 0


def translate(request: dict[str, Any], door: Door = Door()) -> list[Event]:
    """All events of an OTLP trace or log request, in the order in which they are made."""
    events: list[Event] = []
    for resource in request.get("resourceSpans") or []:
        events += span_resource_events(resource, door)
    for resource in request.get("resourceLogs") or []:
        events += log_resource_events(resource, door)
    return events


def span_resource_events(resource: dict[str, Any], door: Door) -> list[Event]:
    """All events of the spans of one resource."""
    resource_fields = fields_of_resource(resource)
    dataset = span_dataset(resource_fields, door)
    events: list[Event] = []
    for scope in resource.get("scopeSpans") or []:
        inherited = resource_fields | fields_of_scope(scope)
        for span in scope.get("spans") or []:
            events += span_events(span, inherited, dataset)
    return events


def log_resource_events(resource: dict[str, Any], door: Door) -> list[Event]:
    """The events of the log records of one resource."""
    resource_fields = fields_of_resource(resource)
    dataset = log_dataset(resource_fields, door)
    events: list[Event] = []
    for scope in resource.get("scopeLogs") or []:
        inherited = resource_fields | fields_of_scope(scope)
        for record in scope.get("logRecords") or []:
            events.append(log_event(record, inherited, dataset, door))
    return events


def span_dataset(resource_fields: Fields, door: Door) -> str:
    """Where spans go: by service name, or by header for a classic key."""
    if CLASSIC_KEY.fullmatch(door.api_key):
        return door.dataset_header
    return _service_name(resource_fields) or "unknown_service"


def log_dataset(resource_fields: Fields, door: Door) -> str:
    """Where logs go: by service name, else by header, whatever the kind of key."""
    if name := _service_name(resource_fields):
        return name
    return door.dataset_header if door.dataset_header.strip() else "unknown_log_source"


def _service_name(resource_fields: Fields) -> str:
    name = resource_fields.get("service.name")
    if not isinstance(name, str) or name.startswith("unknown_service"):
        return ""
    return name.strip()


def fields_of_resource(resource: dict[str, Any]) -> Fields:
    fields = fields_of((resource.get("resource") or {}).get("attributes"))
    if url := resource.get("schemaUrl"):
        fields.setdefault("resource.schema_url", url)
    return fields


def fields_of_scope(scope_item: dict[str, Any]) -> Fields:
    scope = scope_item.get("scope") or {}
    fields: Fields = {}
    if name := scope.get("name"):
        fields["library.name"] = name
        if name.startswith(INSTRUMENTATION_PREFIXES):
            fields["telemetry.instrumentation_library"] = True
    if version := scope.get("version"):
        fields["library.version"] = version
    if url := scope_item.get("schemaUrl"):
        fields["scope.schema_url"] = url
    return fields | fields_of(scope.get("attributes"))


def span_events(span: dict[str, Any], inherited: Fields, dataset: str) -> list[Event]:
    """The events of a span's own events and links, then that of the span."""
    start_ns = int(span.get("startTimeUnixNano", 0))
    fields = span_builtins(span) | inherited | fields_of(span.get("attributes"))
    rate = rate_of(fields, span.get("traceState", ""))
    key = rate_key(fields)
    fields.pop(key, None)
    passed_on = {name: value for name, value in inherited.items() if name != key}
    events: list[Event] = []
    for item in span.get("events") or []:
        own = fields_of(item.get("attributes"))
        if item.get("name") == "exception":
            copy_exception(own, fields)
        builtins = _span_event_builtins(item, span)
        time_ns = int(item.get("timeUnixNano", 0))
        events.append(Event(time_ns, rate, dataset, builtins | passed_on | own))
    for link in span.get("links") or []:
        own = fields_of(link.get("attributes"))
        events.append(Event(start_ns, rate, dataset, _link_builtins(link, span) | passed_on | own))
    events.append(Event(start_ns, rate, dataset, fields))
    return events


def span_builtins(span: dict[str, Any]) -> Fields:
    """The fields that are made from a span itself."""
    kind = SPAN_KINDS[span.get("kind", 0)] if 0 <= span.get("kind", 0) <= 5 else SPAN_KINDS[0]
    status = span.get("status") or {}
    fields: Fields = {
        "trace.trace_id": trace_id(span.get("traceId", "")),
        "trace.span_id": span_id(span.get("spanId", "")),
        "name": span.get("name", ""),
        "type": kind,
        "span.kind": kind,
        "status_code": status.get("code", 0),
        "span.num_links": len(span.get("links") or []),
        "span.num_events": len(span.get("events") or []),
        "meta.signal_type": "trace",
    }
    start_ns = int(span.get("startTimeUnixNano", 0))
    end_ns = int(span.get("endTimeUnixNano", 0))
    _put_elapsed(fields, start_ns, end_ns, "duration_ms", "meta.invalid_duration")
    if parent := span.get("parentSpanId"):
        fields["trace.parent_id"] = span_id(parent)
    if message := status.get("message"):
        fields["status_message"] = message
    if state := span.get("traceState"):
        fields["trace.trace_state"] = state
    return fields | _error_mark(span)


def _span_event_builtins(item: dict[str, Any], span: dict[str, Any]) -> Fields:
    fields = _annotation(span, "span_event") | {"name": item.get("name", "")}
    start_ns = int(span.get("startTimeUnixNano", 0))
    time_ns = int(item.get("timeUnixNano", 0))
    _put_elapsed(fields, start_ns, time_ns, "meta.time_since_span_start_ms",
                 "meta.invalid_time_since_span_start")
    return fields


def _link_builtins(link: dict[str, Any], span: dict[str, Any]) -> Fields:
    return _annotation(span, "link") | {
        "trace.link.trace_id": trace_id(link.get("traceId", "")),
        "trace.link.span_id": span_id(link.get("spanId", "")),
    }


def _annotation(span: dict[str, Any], annotation_type: str) -> Fields:
    """What span events and links share: they hang on their span and have no span id."""
    return {
        "trace.trace_id": trace_id(span.get("traceId", "")),
        "trace.parent_id": span_id(span.get("spanId", "")),
        "parent_name": span.get("name", ""),
        "meta.annotation_type": annotation_type,
        "meta.signal_type": "trace",
    } | _error_mark(span)


def _error_mark(span: dict[str, Any]) -> Fields:
    is_error = (span.get("status") or {}).get("code", 0) == STATUS_ERROR
    return {"error": True} if is_error else {}


def _put_elapsed(fields: Fields, from_ns: int, to_ns: int, name: str, invalid_name: str) -> None:
    """Adds a time difference in ms; one that runs backwards counts as 0 and is marked."""
    fields[name] = max(to_ns - from_ns, 0) / NS_PER_MS
    if to_ns < from_ns:
        fields[invalid_name] = True


def copy_exception(event_fields: Fields, span_fields: Fields) -> None:
    """Shows an exception on its span, except for what the span says already."""
    for name, kind in EXCEPTION_FIELDS.items():
        if isinstance(event_fields.get(name), kind):
            span_fields.setdefault(name, event_fields[name])


def log_event(record: dict[str, Any], inherited: Fields, dataset: str, door: Door) -> Event:
    """The event of one log record."""
    time_ns = (int(record.get("timeUnixNano", 0)) or int(record.get("observedTimeUnixNano", 0))
               or door.received_ns)
    fields = _log_builtins(record) | inherited | fields_of(record.get("attributes"))
    rate = rate_of(fields, "")
    fields.pop(rate_key(fields), None)
    return Event(time_ns, rate, dataset, fields)


def _log_builtins(record: dict[str, Any]) -> Fields:
    code = record.get("severityNumber", 0)
    fields: Fields = {
        "severity": severity(code),
        "severity_code": code,
        "flags": record.get("flags", 0),
        "meta.signal_type": "log",
    }
    if record.get("traceId"):
        fields["trace.trace_id"] = trace_id(record["traceId"])
        fields["meta.annotation_type"] = "span_event"
    if record.get("spanId"):
        fields["trace.parent_id"] = span_id(record["spanId"])
    if text := record.get("severityText"):
        fields["severity_text"] = text
    if name := record.get("eventName"):
        fields["event.name"] = name
    if (body := record.get("body")) is not None:
        put(fields, "body", body, 0)
        if "kvlistValue" in body:
            fields.setdefault("body", json_text(body))
    return fields


def severity(code: int) -> str:
    """The word for an OTLP severity number: four numbers share each word."""
    if not 1 <= code <= SEVERITY_CODE_MAX:
        return "unspecified"
    return SEVERITIES[(code - 1) // SEVERITY_CODES_EACH]


def trace_id(wire: str) -> str:
    """A trace id in lower-case hex; one whose first 8 bytes are zero keeps only the last 8."""
    hexadecimal = _id_in_hex(wire, byte_count=16)
    if len(hexadecimal) == 32 and hexadecimal.startswith("0" * 16):
        return hexadecimal[16:]
    return hexadecimal


def span_id(wire: str) -> str:
    """A span id in lower-case hex."""
    return _id_in_hex(wire, byte_count=8)


def _id_in_hex(wire: str, byte_count: int) -> str:
    """Ids come in hex, as OTLP says, or in base64, as plain protobuf JSON has them."""
    if len(wire) == 2 * byte_count and re.fullmatch(r"[0-9a-fA-F]+", wire):
        return wire.lower()
    return base64.b64decode(wire).hex()
