//! What a query can ask of an event: its fields.
//!
//! A dialect knows its vendor's field names and says for each where the value comes from: the
//! attributes that may hold it, in order, and beneath them a view of base columns. The first that
//! has a value on a row gives it.

use model::{Base, RowKind};

/// A field of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name in answers.
    pub name: String,
    /// Attributes that hold it, the first one first.
    pub attributes: Vec<String>,
    /// What base columns make of it where no attribute does.
    pub view: Option<View>,
}

impl Field {
    /// The field of an attribute, under its old and new names where both mean the same.
    pub fn attribute(name: &str) -> Self {
        let mut attributes = vec![name.to_owned()];
        attributes.extend(alias(name).map(str::to_owned));
        Self { name: name.to_owned(), attributes, view: None }
    }

    /// This field with a view beneath its attributes.
    #[must_use]
    pub fn over(mut self, view: View) -> Self {
        self.view = Some(view);
        self
    }
}

/// Names of attributes that OpenTelemetry changed without changing what they mean. Those that
/// changed their meaning too (`http.target` has a query string, `url.path` has none) are not here.
const ALIASES: [(&str, &str); 6] = [
    ("http.method", "http.request.method"),
    ("http.status_code", "http.response.status_code"),
    ("http.url", "url.full"),
    ("http.scheme", "url.scheme"),
    ("db.statement", "db.query.text"),
    ("deployment.environment", "deployment.environment.name"),
];

fn alias(name: &str) -> Option<&'static str> {
    ALIASES.iter().find_map(|(old, new)| match name {
        _ if name == *old => Some(*new),
        _ if name == *new => Some(*old),
        _ => None,
    })
}

/// A value that base columns give.
#[derive(Clone, Debug, PartialEq)]
pub enum View {
    /// A sparse base column as it is.
    Base(Base),
    /// The trace's id in hex: 32 digits, or 16 where it was made from 64 bits.
    TraceId,
    /// The span's id in hex.
    SpanId,
    /// The id of the span above in hex.
    ParentId,
    /// The name of a span or span event.
    Name,
    /// The part that a span plays, as a word.
    SpanKind,
    /// A span's outcome: 0, 1 or 2.
    Status,
    /// True on rows whose span failed.
    IsError,
    /// A span's duration in milliseconds.
    DurationMillis,
    /// The time from a span's start to its event, in milliseconds.
    SinceSpanStartMillis,
    /// A sparse number that counts as zero where rows of this kind do not have it.
    IntOrZero(Base, RowKind),
    /// The word for a log line's severity.
    SeverityName,
    /// A word for each kind of row.
    KindName(&'static [KindName]),
}

/// What a kind of row is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindName {
    /// The kind.
    pub kind: RowKind,
    /// Its name.
    pub name: &'static str,
    /// Whether only rows that belong to a trace have it.
    pub traced_only: bool,
}

impl View {
    /// The base columns it reads.
    pub(crate) fn bases(&self) -> Vec<Base> {
        match self {
            Self::Base(base) => vec![*base],
            Self::TraceId => vec![Base::TraceId],
            Self::SpanId => vec![Base::SpanId],
            Self::ParentId => vec![Base::ParentId],
            Self::Name => vec![Base::Name],
            Self::SpanKind => vec![Base::SpanKind],
            Self::Status => vec![Base::Status, Base::Kind],
            Self::IsError => vec![Base::Status],
            Self::DurationMillis => vec![Base::Duration],
            Self::SinceSpanStartMillis => vec![Base::SinceSpanStart],
            Self::IntOrZero(base, _) => vec![*base, Base::Kind],
            Self::SeverityName => vec![Base::SeverityNumber, Base::Kind],
            Self::KindName(_) => vec![Base::Kind, Base::TraceId],
        }
    }

    /// The type of its values.
    pub fn value_type(&self) -> model::ValueType {
        use model::ValueType;
        match self {
            Self::Base(base) => base.value_type(),
            Self::Status | Self::IntOrZero(..) => ValueType::Int,
            Self::IsError => ValueType::Bool,
            Self::DurationMillis | Self::SinceSpanStartMillis => ValueType::Float,
            _ => ValueType::Text,
        }
    }
}

/// The words for severities, each for four numbers from 1 on.
pub(crate) const SEVERITY_NAMES: [&str; 6] = ["trace", "debug", "info", "warn", "error", "fatal"];
/// The word for a severity that is not said.
pub(crate) const SEVERITY_UNKNOWN: &str = "unspecified";

/// The word for a severity number.
pub fn severity_name(number: i64) -> &'static str {
    let place = usize::try_from(number - 1).unwrap_or(usize::MAX) / 4;
    SEVERITY_NAMES.get(place).copied().unwrap_or(SEVERITY_UNKNOWN)
}
