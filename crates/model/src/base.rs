//! The columns that every event has or may have beside its attributes.
//!
//! A base column and an attribute of the same name are two columns: the dialect that answers
//! decides which one shows. The numbers are part of the file format (Parquet field ids) and never
//! change their meaning.

use crate::ValueType;

/// A column that is not an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// When it happened, ns since the epoch. Spans: their start.
    Time = 1,
    /// The dataset's id.
    Dataset = 2,
    /// What the row is: see [`crate::RowKind`].
    Kind = 3,
    /// The trace, 16 bytes; null where there is none.
    TraceId = 4,
    /// The span's own id, 8 bytes; null on rows that are not spans.
    SpanId = 5,
    /// The span above: of a span its parent, of anything else the span it belongs to.
    ParentId = 6,
    /// The name of a span or span event.
    Name = 7,
    /// See [`crate::SpanKind`]; spans only.
    SpanKind = 8,
    /// A span's outcome: 0 unset, 1 ok, 2 error. Events and links carry their span's.
    Status = 9,
    /// A span's duration, ns.
    Duration = 10,
    /// How many events this one stands for.
    SampleRate = 11,
    /// When it reached the server, ns since the epoch. Log lines and plain events only: others
    /// have their segment's range.
    Arrival = 12,
    /// The log record it came in. Only where order among equal times shows, see
    /// [`crate::RowKind::has_position`].
    Lsn = 13,
    /// Its place within that record, where that is kept.
    Index = 14,

    /// The message of a span's status.
    StatusMessage = 20,
    /// The W3C trace state.
    TraceState = 21,
    /// The instrumentation scope's name.
    ScopeName = 22,
    /// The instrumentation scope's version.
    ScopeVersion = 23,
    /// True where the scope is an instrumentation library of OpenTelemetry or a vendor.
    InstrumentationScope = 24,
    /// The schema of the resource's attributes.
    ResourceSchemaUrl = 25,
    /// The schema of the scope's attributes.
    ScopeSchemaUrl = 26,
    /// How many events a span has, where it has any.
    EventCount = 27,
    /// How many links a span has, where it has any.
    LinkCount = 28,
    /// The trace a link points to, in hex.
    LinkTraceId = 29,
    /// The span a link points to, in hex.
    LinkSpanId = 30,
    /// The name of the span that an event or link belongs to.
    ParentName = 31,
    /// Time from its span's start to an event, ns.
    SinceSpanStart = 32,
    /// True where a span ended before it began; its duration is then 0.
    InvalidDuration = 33,
    /// True where an event came before its span's start; the distance is then 0.
    InvalidSinceSpanStart = 34,
    /// A log line's severity, 1 to 24 as OpenTelemetry counts.
    SeverityNumber = 35,
    /// A log line's severity as its source spells it.
    SeverityText = 36,
    /// A log line's trace flags.
    Flags = 37,
    /// The name of the event that a log line stands for.
    EventName = 38,
    /// A log line's text.
    Body = 39,
    /// The time as sent, where it was zero or beyond what can be represented.
    OriginalTime = 40,
}

impl Base {
    /// Every base column, in the order of their numbers.
    pub const ALL: [Self; 35] = [
        Self::Time,
        Self::Dataset,
        Self::Kind,
        Self::TraceId,
        Self::SpanId,
        Self::ParentId,
        Self::Name,
        Self::SpanKind,
        Self::Status,
        Self::Duration,
        Self::SampleRate,
        Self::Arrival,
        Self::Lsn,
        Self::Index,
        Self::StatusMessage,
        Self::TraceState,
        Self::ScopeName,
        Self::ScopeVersion,
        Self::InstrumentationScope,
        Self::ResourceSchemaUrl,
        Self::ScopeSchemaUrl,
        Self::EventCount,
        Self::LinkCount,
        Self::LinkTraceId,
        Self::LinkSpanId,
        Self::ParentName,
        Self::SinceSpanStart,
        Self::InvalidDuration,
        Self::InvalidSinceSpanStart,
        Self::SeverityNumber,
        Self::SeverityText,
        Self::Flags,
        Self::EventName,
        Self::Body,
        Self::OriginalTime,
    ];

    /// The stored number, also the Parquet field id.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The column of a stored number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|base| base.code() == code)
    }

    /// Whether a batch holds it as a cell of a sparse column, as it does attributes.
    pub const fn is_sparse(self) -> bool {
        self.code() >= Self::StatusMessage.code()
    }

    /// The type of its values; ids are not values and count as text.
    pub const fn value_type(self) -> ValueType {
        match self {
            Self::Time
            | Self::Dataset
            | Self::Kind
            | Self::SpanKind
            | Self::Status
            | Self::Duration
            | Self::SampleRate
            | Self::Arrival
            | Self::Lsn
            | Self::Index
            | Self::EventCount
            | Self::LinkCount
            | Self::SinceSpanStart
            | Self::SeverityNumber
            | Self::Flags => ValueType::Int,
            Self::InstrumentationScope | Self::InvalidDuration | Self::InvalidSinceSpanStart => {
                ValueType::Bool
            }
            _ => ValueType::Text,
        }
    }

    /// The name of its file column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Dataset => "dataset",
            Self::Kind => "kind",
            Self::TraceId => "trace_id",
            Self::SpanId => "span_id",
            Self::ParentId => "parent_id",
            Self::Name => "name",
            Self::SpanKind => "span_kind",
            Self::Status => "status",
            Self::Duration => "duration",
            Self::SampleRate => "sample_rate",
            Self::Arrival => "arrival",
            Self::Lsn => "lsn",
            Self::Index => "index",
            Self::StatusMessage => "status_message",
            Self::TraceState => "trace_state",
            Self::ScopeName => "scope_name",
            Self::ScopeVersion => "scope_version",
            Self::InstrumentationScope => "instrumentation_scope",
            Self::ResourceSchemaUrl => "resource_schema_url",
            Self::ScopeSchemaUrl => "scope_schema_url",
            Self::EventCount => "event_count",
            Self::LinkCount => "link_count",
            Self::LinkTraceId => "link_trace_id",
            Self::LinkSpanId => "link_span_id",
            Self::ParentName => "parent_name",
            Self::SinceSpanStart => "since_span_start",
            Self::InvalidDuration => "invalid_duration",
            Self::InvalidSinceSpanStart => "invalid_since_span_start",
            Self::SeverityNumber => "severity_number",
            Self::SeverityText => "severity_text",
            Self::Flags => "flags",
            Self::EventName => "event_name",
            Self::Body => "body",
            Self::OriginalTime => "original_time",
        }
    }
}
