//! Honeycomb's field names: which attributes and base columns give their values.
//!
//! An attribute that a client sent wins over what is made of a span or log record itself, so that a
//! field always shows what was said most precisely. Source: `otlp-to-event-vectors.json`.

use model::{Base, RowKind};
use query::{Field, KindName, View};

const TRACE: &str = "trace";

/// What the rows of a signal are called. The word for metrics is the one that follows from the
/// other two; no public source shows it.
const SIGNAL_TYPES: &[KindName] = &[
    KindName { kind: RowKind::Span, name: TRACE, traced_only: false },
    KindName { kind: RowKind::SpanEvent, name: TRACE, traced_only: false },
    KindName { kind: RowKind::SpanLink, name: TRACE, traced_only: false },
    KindName { kind: RowKind::Log, name: "log", traced_only: false },
    KindName { kind: RowKind::MetricPoint, name: "metric", traced_only: false },
];

/// What rows that hang on a span are called. A log line of a trace shows as an event of its span.
const ANNOTATION_TYPES: &[KindName] = &[
    KindName { kind: RowKind::SpanEvent, name: "span_event", traced_only: false },
    KindName { kind: RowKind::SpanLink, name: "link", traced_only: false },
    KindName { kind: RowKind::Log, name: "span_event", traced_only: true },
];

/// Every field that is made of base columns.
pub(crate) const FIELDS: [(&str, View); 33] = [
    ("body", View::Base(Base::Body)),
    ("duration_ms", View::DurationMillis),
    ("error", View::IsError),
    ("event.name", View::Base(Base::EventName)),
    ("flags", View::IntOrZero(Base::Flags, RowKind::Log)),
    ("library.name", View::Base(Base::ScopeName)),
    ("library.version", View::Base(Base::ScopeVersion)),
    ("meta.annotation_type", View::KindName(ANNOTATION_TYPES)),
    ("meta.invalid_duration", View::Base(Base::InvalidDuration)),
    ("meta.invalid_time_since_span_start", View::Base(Base::InvalidSinceSpanStart)),
    ("meta.original_time", View::Base(Base::OriginalTime)),
    ("meta.signal_type", View::KindName(SIGNAL_TYPES)),
    ("meta.time_since_span_start_ms", View::SinceSpanStartMillis),
    ("name", View::Name),
    ("parent_name", View::Base(Base::ParentName)),
    ("resource.schema_url", View::Base(Base::ResourceSchemaUrl)),
    ("scope.schema_url", View::Base(Base::ScopeSchemaUrl)),
    ("severity", View::SeverityName),
    ("severity_code", View::IntOrZero(Base::SeverityNumber, RowKind::Log)),
    ("severity_text", View::Base(Base::SeverityText)),
    ("span.kind", View::SpanKind),
    ("span.num_events", View::IntOrZero(Base::EventCount, RowKind::Span)),
    ("span.num_links", View::IntOrZero(Base::LinkCount, RowKind::Span)),
    ("status_code", View::Status),
    ("status_message", View::Base(Base::StatusMessage)),
    ("telemetry.instrumentation_library", View::Base(Base::InstrumentationScope)),
    ("trace.link.span_id", View::Base(Base::LinkSpanId)),
    ("trace.link.trace_id", View::Base(Base::LinkTraceId)),
    ("trace.parent_id", View::ParentId),
    ("trace.span_id", View::SpanId),
    ("trace.trace_id", View::TraceId),
    ("trace.trace_state", View::Base(Base::TraceState)),
    ("type", View::SpanKind),
];

/// The field of a name.
pub fn field(name: &str) -> Field {
    let field = Field::attribute(name);
    match FIELDS.binary_search_by_key(&name, |(known, _)| known) {
        Ok(place) => field.over(FIELDS[place].1.clone()),
        Err(_) => field,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: the table is in order, so that every name in it is found.
    #[test]
    fn every_field_is_found() {
        for (name, view) in FIELDS {
            assert_eq!(field(name).view, Some(view), "{name}");
        }
        assert_eq!(field("app.user_id").view, None);
    }
}
