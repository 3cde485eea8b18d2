//! What to do about each reason for which doors refuse.

/// By reason, in alphabetical order.
const REMEDIES: [(&str, &str); 30] = [
    (
        "bounds are not finite and ascending",
        "explicit bounds of a histogram ascend and are finite numbers; the last bucket goes to \
         infinity without a bound: correct the view or the program that sets them",
    ),
    (
        "buckets do not fit their bounds",
        "a histogram has one bucket count more than it has bounds: correct the program that \
         makes it, or the processor that rewrites it",
    ),
    ("conflict", "read what is there and decide again: something else was changed in the meantime"),
    (
        "content encoding",
        "compress with gzip or zstd and say so in Content-Encoding, or do not compress",
    ),
    (
        "content type",
        "set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf, http/json or grpc; to /1/events and \
         /1/batch send application/json or application/msgpack",
    ),
    (
        "dataset has too many columns",
        "names of fields carry values, such as ids, in them: put those into values; or send \
         fewer events in a request",
    ),
    ("event has too many columns", "send at most 2,000 fields in an event"),
    ("event is empty", "give each event of a batch at least one field in its member `data`"),
    (
        "event is malformed",
        "each event of a batch is an object whose member `data` is an object of its fields, and \
         its texts are UTF-8",
    ),
    ("event is too large", "send at most 1 MiB in an event: keep large texts elsewhere"),
    (
        "key",
        "send the header X-Honeycomb-Team (or Authorization: Bearer) with a key that may send: \
         `trackway key create` makes one, `trackway key list` shows those there are; a classic \
         key needs X-Honeycomb-Dataset beside it",
    ),
    (
        "malformed",
        "the text names the byte or line: see that the sender's protocol \
         (OTEL_EXPORTER_OTLP_PROTOCOL), Content-Type and Content-Encoding are those of the \
         body, and that no proxy changes or cuts it",
    ),
    (
        "metric has no name",
        "give the instrument a name: correct the program, or the view that renames it",
    ),
    (
        "metric has the name of an attribute",
        "rename the metric in a view of its SDK, or the attribute: in one event a name can have \
         one value",
    ),
    (
        "metric's name is too long",
        "name the instrument in at most 1,024 bytes and put what differs into attributes",
    ),
    ("not found", "name something that exists: `trackway dataset list` shows the datasets"),
    (
        "overload",
        "nothing is lost if the sender tries again, as SDKs do: send smaller batches, or give \
         the server more memory with --memory",
    ),
    (
        "point has no value",
        "a point of a gauge or a sum is a double or an integer: correct the program that makes \
         it; one without a measurement has the flag that says so",
    ),
    (
        "quantile is not between 0 and 1",
        "quantiles of a summary lie between 0 and 1, as 0.99: correct the program that makes it",
    ),
    (
        "quantile is there twice",
        "give each quantile of a summary once: correct the program that makes it",
    ),
    ("server fault", "this is a fault of the server: its log says more, please report it"),
    (
        "span id is not 8 bytes",
        "span ids are 8 bytes, not all zero (16 hex digits in JSON): correct the tracer that \
         makes them, or the processor that rewrites them",
    ),
    (
        "stalled",
        "the sender, or a proxy before it, stopped in the middle of a request: see whether it \
         was ended or the network was cut; what it sends again is taken",
    ),
    (
        "status code does not exist",
        "status codes are 0 (unset), 1 (ok) and 2 (error): correct the program that makes the \
         span; a status of HTTP belongs into an attribute",
    ),
    (
        "text is not UTF-8",
        "encode texts as UTF-8, or send bytes as bytes (attributes of OpenTelemetry have a type \
         for them)",
    ),
    (
        "too costly",
        "send fewer events in a request: OTEL_BSP_MAX_EXPORT_BATCH_SIZE, or send_batch_max_size \
         of a collector's batch processor",
    ),
    (
        "too large",
        "send fewer events in a request: OTEL_BSP_MAX_EXPORT_BATCH_SIZE, or send_batch_max_size \
         of a collector's batch processor",
    ),
    (
        "trace id is not 16 bytes",
        "trace ids are 16 bytes, not all zero (32 hex digits in JSON): correct the tracer that \
         makes them, or the processor that rewrites them",
    ),
    (
        "unavailable",
        "nothing is lost if the sender tries again, as SDKs do: see /readyz, the server's log, \
         and whether its disk is full",
    ),
    (
        "values nest too deeply",
        "nest lists and maps at most 100 levels deep, or send what is deeper as JSON text",
    ),
];

/// What is said of a reason that the table lacks.
const OTHERWISE: &str = "correct what the text names in the program that sends it";

/// What to do about a reason.
pub(super) fn remedy(reason: &str) -> &'static str {
    let place = REMEDIES.binary_search_by_key(&reason, |(known, _)| known);
    place.map_or(OTHERWISE, |place| REMEDIES[place].1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use model::ErrorKind;

    use super::*;
    use crate::error::{CONTENT_ENCODING, CONTENT_TYPE, reason};
    use crate::events::Outcome;

    /// Guarantees: every reason for which a request, an event, a span, a log record or a point is
    /// refused has a remedy of its own; the table is in order, so that each is found, and has none
    /// for what nobody says.
    #[test]
    fn every_reason_has_a_remedy() {
        let retry_after = Duration::from_secs(1);
        let kinds = [
            ErrorKind::Invalid,
            ErrorKind::Missing,
            ErrorKind::Conflict,
            ErrorKind::Denied,
            ErrorKind::TooLarge,
            ErrorKind::Stalled,
            ErrorKind::TooCostly,
            ErrorKind::Throttled { retry_after },
            ErrorKind::Unavailable { retry_after },
            ErrorKind::Corrupt,
            ErrorKind::Bug,
        ];
        let outcomes = [
            Outcome::Empty,
            Outcome::Malformed,
            Outcome::TooLarge,
            Outcome::TooManyColumns,
            Outcome::DatasetFull,
        ];
        let mut reasons: BTreeSet<&str> = kinds.map(reason).into();
        reasons.extend(outcomes.map(Outcome::reason));
        reasons.extend(otlp::REASONS);
        reasons.extend([CONTENT_ENCODING, CONTENT_TYPE]);
        for reason in &reasons {
            assert_ne!(remedy(reason), OTHERWISE, "{reason}");
        }
        for (reason, said) in REMEDIES {
            assert_eq!(remedy(reason), said, "{reason}");
            assert!(reasons.contains(reason), "nobody refuses for {reason:?}");
        }
        assert_eq!(remedy("some other reason"), OTHERWISE);
    }
}
