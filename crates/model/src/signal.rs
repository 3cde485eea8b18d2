//! What kind of telemetry a row is.

use std::fmt;

/// The kinds of telemetry, each stored in segments of its own. Numbers are part of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// Spans, with their events and links as rows of their own kind.
    Spans = 1,
    /// Log lines.
    Logs = 2,
    /// Points of metrics, those of one moment and one set of attributes in one row.
    Metrics = 3,
    /// Events that are none of the others: whatever fields a client gave them.
    Events = 4,
}

impl Signal {
    /// Every signal.
    pub const ALL: [Self; 4] = [Self::Spans, Self::Logs, Self::Metrics, Self::Events];

    /// The stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The signal of a stored number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.code() == code)
    }

    /// The name in paths and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Events => "events",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What one row is. Numbers are part of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKind {
    /// A span.
    Span = 1,
    /// Something that happened at a moment within a span; its parent is that span.
    SpanEvent = 2,
    /// A reference from a span to a span of this or another trace; its parent is the former.
    SpanLink = 3,
    /// A log line; its parent is the span it was written in, where that is known.
    Log = 4,
    /// Values of metrics at one moment.
    MetricPoint = 5,
    /// An event of any other kind. One that has a span id stands for a span, whose name, duration
    /// and outcome are attributes, as its client sent them.
    Event = 6,
}

impl RowKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Span, Self::SpanEvent, Self::SpanLink, Self::Log, Self::MetricPoint, Self::Event];

    /// The stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind of a stored number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether rows of this kind have a name in a column of its own.
    pub const fn is_named(self) -> bool {
        matches!(self, Self::Span | Self::SpanEvent)
    }

    /// Whether rows of this kind carry a span's outcome.
    pub const fn has_status(self) -> bool {
        matches!(self, Self::Span | Self::SpanEvent | Self::SpanLink)
    }

    /// Whether rows of this kind keep when and where in the log they came, because order among
    /// equal times shows.
    pub const fn has_position(self) -> bool {
        matches!(self, Self::Log | Self::Event)
    }
}

/// The part a span plays in a call between services. Numbers are OpenTelemetry's and part of the
/// file format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanKind {
    /// Not said.
    #[default]
    Unspecified = 0,
    /// Work inside one service.
    Internal = 1,
    /// The receiving side of a call.
    Server = 2,
    /// The calling side.
    Client = 3,
    /// Puts a message into a queue.
    Producer = 4,
    /// Takes a message out of a queue.
    Consumer = 5,
}

impl SpanKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::Internal,
        Self::Server,
        Self::Client,
        Self::Producer,
        Self::Consumer,
    ];

    /// The stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind of a stored or received number; unknown numbers are unspecified.
    pub fn from_code(code: u64) -> Self {
        Self::ALL.into_iter().find(|kind| u64::from(kind.code()) == code).unwrap_or_default()
    }

    /// The name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }
}
