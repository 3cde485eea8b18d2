//! Spans that came as plain events: what a span has in columns of its own is among their
//! attributes, under the names that Honeycomb's clients use.

use model::{RowKind, SpanKind};
use query::{Datum, WholeRow};

/// Where an event may name its service: as OpenTelemetry does, and as Honeycomb's older clients do.
const SERVICES: [&str; 2] = ["service.name", "service_name"];

/// The name of a row: a span's, or what an event says that it is.
pub(super) fn name_of(row: &WholeRow) -> &str {
    let attribute = || match row.kind {
        RowKind::Event => row.attribute("name").and_then(Datum::text),
        _ => None,
    };
    row.name.as_deref().or_else(attribute).unwrap_or("")
}

/// The service of a span.
pub(super) fn service_of(row: &WholeRow) -> &str {
    let service = |name: &str| row.attribute(name).and_then(Datum::text);
    match row.kind {
        RowKind::Event => SERVICES.into_iter().find_map(service).unwrap_or(""),
        _ => service(SERVICES[0]).unwrap_or(""),
    }
}

/// The duration of a span, ns.
pub(super) fn duration_of(row: &WholeRow) -> i64 {
    if row.kind != RowKind::Event {
        return row.duration.unwrap_or(0);
    }
    let millis = match row.attribute("duration_ms") {
        Some(Datum::Float(float)) => *float,
        Some(Datum::Int(int)) => *int as f64,
        Some(Datum::Text(text)) => text.parse().unwrap_or(0.0),
        _ => 0.0,
    };
    // What is no number, and what is below zero, lasts no time; what is beyond a column, longest.
    (millis.max(0.0) * 1e6).round() as i64
}

/// The outcome of a span: 0 unset, 1 ok, 2 error. An event failed if it has an error, whatever that
/// says, unless it says that there is none.
pub(super) fn status_of(row: &WholeRow) -> u8 {
    if row.kind != RowKind::Event {
        return row.status.unwrap_or(0);
    }
    let failed = match row.attribute("error") {
        Some(Datum::Bool(failed)) => *failed,
        Some(Datum::Text(text)) => !matches!(text.as_str(), "" | "false"),
        Some(Datum::Int(int)) => *int != 0,
        Some(Datum::Float(_)) | None => false,
    };
    match row.attribute("status_code").and_then(Datum::int) {
        _ if failed => 2,
        // A span of OpenTelemetry's on a detour; the word is also used for HTTP's statuses.
        Some(code @ (1 | 2)) => code as u8,
        _ => 0,
    }
}

/// The part that a span plays.
pub(super) fn kind_of(row: &WholeRow) -> SpanKind {
    if row.kind != RowKind::Event {
        return row.span_kind.unwrap_or_default();
    }
    let kind = row.attribute("span.kind").and_then(Datum::text).unwrap_or("");
    SpanKind::ALL.into_iter().find(|known| known.name() == kind).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(attributes: &[(&str, Datum)]) -> WholeRow {
        let mut attributes: Vec<(String, Datum)> =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
        WholeRow { kind: RowKind::Event, attributes, ..WholeRow::default() }
    }

    fn text(text: &str) -> Datum {
        Datum::Text(text.to_owned())
    }

    /// Guarantees: an event says in its attributes what a span says in its columns, in each of the
    /// spellings that clients have.
    #[test]
    fn events_stand_for_spans() {
        let span = event(&[
            ("name", text("GET /")),
            ("service_name", text("old")),
            ("duration_ms", Datum::Float(1.5)),
            ("span.kind", text("client")),
        ]);
        assert_eq!((name_of(&span), service_of(&span)), ("GET /", "old"));
        assert_eq!((duration_of(&span), kind_of(&span)), (1_500_000, SpanKind::Client));
        let both = event(&[("service_name", text("old")), ("service.name", text("new"))]);
        assert_eq!(service_of(&both), "new");
        for (value, nanos) in [
            (Datum::Int(2), 2_000_000),
            (text("2.5"), 2_500_000),
            (text("long"), 0),
            (Datum::Float(-1.0), 0),
            (Datum::Float(f64::NAN), 0),
            (Datum::Float(1e300), i64::MAX),
            (Datum::Bool(true), 0),
        ] {
            assert_eq!(duration_of(&event(&[("duration_ms", value.clone())])), nanos, "{value:?}");
        }
    }

    /// Guarantees: an event failed if it has an error, and not if that says no.
    #[test]
    fn errors_are_told() {
        for (name, value, status) in [
            ("error", Datum::Bool(true), 2),
            ("error", Datum::Bool(false), 0),
            ("error", text("broken pipe"), 2),
            ("error", text("false"), 0),
            ("error", Datum::Int(1), 2),
            ("status_code", Datum::Int(2), 2),
            ("status_code", Datum::Int(1), 1),
            ("status_code", Datum::Int(500), 0),
            ("other", Datum::Int(1), 0),
        ] {
            assert_eq!(status_of(&event(&[(name, value.clone())])), status, "{name} {value:?}");
        }
    }
}
