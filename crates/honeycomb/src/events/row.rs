//! An event as a row.

use model::{Base, BatchBuilder, RowHead, RowKind, SpanId, SpanKind, Timestamp, TraceId, Value};

use super::event::{Event, FieldValue, cut};
use super::outcome::Outcome;

/// Most names of fields in a request: each takes many times the bytes that it has in a body.
const NAMES_MAX: usize = 100_000;

/// The fields that have columns of their own where they are ids.
const TRACE_ID: &str = "trace.trace_id";
const SPAN_ID: &str = "trace.span_id";
const PARENT_ID: &str = "trace.parent_id";

/// The rows of a request as they grow.
pub(super) struct Rows {
    pub(super) builder: BatchBuilder,
    pub(super) arrival: Timestamp,
    pub(super) outcomes: Vec<Outcome>,
}

/// The ids of an event, each with the place of its field.
#[derive(Default)]
struct Ids {
    trace_id: Option<(usize, TraceId)>,
    span_id: Option<(usize, SpanId)>,
    parent_id: Option<(usize, SpanId)>,
}

impl Rows {
    /// Adds an event, or notes why it is refused.
    pub(super) fn add(&mut self, event: &Event<'_>) {
        let outcome = self.judge(event);
        if outcome == Outcome::Kept {
            self.put(event);
        }
        self.outcomes.push(outcome);
    }

    fn judge(&self, event: &Event<'_>) -> Outcome {
        if let Some(fault) = event.fault {
            return fault;
        }
        if !event.has_data {
            return Outcome::Empty;
        }
        if self.builder.names() + event.fields.len() > NAMES_MAX {
            let new = event.fields.iter().filter(|(name, _)| !self.builder.knows(name)).count();
            if self.builder.names() + new > NAMES_MAX {
                return Outcome::DatasetFull;
            }
        }
        Outcome::Kept
    }

    fn put(&mut self, event: &Event<'_>) {
        let ids = Ids::of(event);
        let (time, original) = event.time.time(self.arrival);
        self.builder.start_row(&RowHead {
            time,
            kind: RowKind::Event,
            trace_id: ids.trace_id.map_or(TraceId::NONE, |(_, id)| id),
            span_id: ids.span_id.map_or(SpanId::NONE, |(_, id)| id),
            parent_id: ids.parent_id.map_or(SpanId::NONE, |(_, id)| id),
            name: "",
            span_kind: SpanKind::Unspecified,
            status: 0,
            duration: 0,
            sample_rate: event.sample_rate,
        });
        for (place, (name, value)) in event.fields.iter().enumerate() {
            if ids.hide(place, name) {
                continue;
            }
            self.builder.attribute(
                name,
                match value {
                    FieldValue::Text(text) => Value::Text(text),
                    FieldValue::Int(int) => Value::Int(*int),
                    FieldValue::Float(float) => Value::Float(*float),
                    FieldValue::Bool(bool) => Value::Bool(*bool),
                },
            );
        }
        if let Some(original) = original {
            self.builder.base(Base::OriginalTime, Value::Text(&cut(original)));
        }
    }
}

impl Ids {
    /// The ids among an event's fields; of two with one name the later counts, id or not.
    fn of(event: &Event<'_>) -> Self {
        let mut ids = Self::default();
        for (place, (name, value)) in event.fields.iter().enumerate() {
            // Two comparisons of bytes tell nearly all other names apart.
            if !name.starts_with("trace.") {
                continue;
            }
            let text = match value {
                FieldValue::Text(text) => text,
                _ => "",
            };
            match &**name {
                TRACE_ID => ids.trace_id = trace_id(text).map(|id| (place, id)),
                SPAN_ID => ids.span_id = span_id(text).map(|id| (place, id)),
                PARENT_ID => ids.parent_id = span_id(text).map(|id| (place, id)),
                _ => {}
            }
        }
        ids
    }

    /// Whether a field is an id's, or came before it under the same name.
    fn hide(&self, place: usize, name: &str) -> bool {
        let of = match name {
            TRACE_ID => self.trace_id.map(|(place, _)| place),
            SPAN_ID => self.span_id.map(|(place, _)| place),
            PARENT_ID => self.parent_id.map(|(place, _)| place),
            _ => return false,
        };
        of.is_some_and(|of| place <= of)
    }
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The trace's id in a text, if the column gives back the very text.
fn trace_id(text: &str) -> Option<TraceId> {
    if !matches!(text.len(), 16 | 32) || !is_lower_hex(text) {
        return None;
    }
    let id = TraceId::parse(text)?;
    (id.is_some() && id.is_short() == (text.len() == 16)).then_some(id)
}

/// The span's id in a text, if the column gives back the very text.
fn span_id(text: &str) -> Option<SpanId> {
    if text.len() != 16 || !is_lower_hex(text) {
        return None;
    }
    SpanId::parse(text).filter(SpanId::is_some)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: an id goes to its column exactly where the column gives back the same text.
    #[test]
    fn ids_are_those_that_read_back() {
        for text in [
            "0af7651916cd43dd8448eb211c80319c",
            "000000000000000a8448eb211c80319c",
            "8448eb211c80319c",
            "000000000000000a",
            "0000000000000000",
            "00000000000000000000000000000000",
            "00000000000000008448eb211c80319c",
            "0AF7651916CD43DD8448EB211C80319C",
            "0af7651916cd43dd8448eb211c80319",
            "0af7651916cd43dd8448eb211c80319g",
            " 448eb211c80319c",
            "",
        ] {
            let reads_back =
                TraceId::parse(text).is_some_and(|id| id.is_some() && id.to_string() == text);
            assert_eq!(trace_id(text).is_some(), reads_back, "{text}");
            let reads_back =
                SpanId::parse(text).is_some_and(|id| id.is_some() && id.to_string() == text);
            assert_eq!(span_id(text).is_some(), reads_back, "{text}");
        }
    }
}
