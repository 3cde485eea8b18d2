//! Which dataset an event lands in.

use model::{DATASET_NAME_BYTES_MAX, Signal};
use registry::KeyClass;

/// Where spans land whose service has no name.
const UNKNOWN_SERVICE: &str = "unknown_service";
/// Where log lines land whose service has no name.
const UNKNOWN_LOG_SOURCE: &str = "unknown_log_source";

/// Where metrics land whose request names no dataset; the name is in Honeycomb's documentation
/// (docs.honeycomb.io/send-data/metrics/application, "Metrics Sent to unknown_metrics").
const UNKNOWN_METRICS: &str = "unknown_metrics";

/// The dataset of events by their `service.name`, if that is text.
///
/// Spans go by the service, or by the request's header if its key is of the classic kind. Log lines
/// go by the service whatever the key, and by the header if the service has no name. Metrics go by
/// the header alone.
pub(crate) fn dataset(
    signal: Signal,
    class: KeyClass,
    header: &str,
    service: Option<&str>,
) -> String {
    let service = service
        .filter(|name| !name.starts_with(UNKNOWN_SERVICE))
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let name = match (signal, class) {
        (Signal::Spans, KeyClass::Classic) => header,
        (Signal::Spans, KeyClass::Environment) => service.unwrap_or(UNKNOWN_SERVICE),
        (Signal::Events, _) => header,
        (Signal::Metrics, _) if header.trim().is_empty() => UNKNOWN_METRICS,
        (Signal::Metrics, _) => header.trim(),
        (Signal::Logs, _) if header.trim().is_empty() => service.unwrap_or(UNKNOWN_LOG_SOURCE),
        (Signal::Logs, _) => service.unwrap_or(header),
    };
    // A longer name is kept as the attribute that it comes from.
    let name = name.get(..name.floor_char_boundary(DATASET_NAME_BYTES_MAX)).unwrap_or(name);
    // A slash would end the name in an address.
    name.replace('/', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: events go where Honeycomb puts them.
    #[test]
    fn places() {
        let spans = |class, header, service| dataset(Signal::Spans, class, header, service);
        assert_eq!(spans(KeyClass::Environment, "h", Some(" shop ")), "shop");
        assert_eq!(
            spans(KeyClass::Environment, "h", Some("unknown_service:python")),
            UNKNOWN_SERVICE
        );
        assert_eq!(spans(KeyClass::Environment, "h", None), UNKNOWN_SERVICE);
        assert_eq!(spans(KeyClass::Environment, "h", Some("  ")), UNKNOWN_SERVICE);
        assert_eq!(spans(KeyClass::Classic, "h", Some("shop")), "h");
        let logs = |header, service| dataset(Signal::Logs, KeyClass::Classic, header, service);
        assert_eq!(logs("h", Some("shop")), "shop");
        assert_eq!(logs("h", None), "h");
        assert_eq!(logs(" ", None), UNKNOWN_LOG_SOURCE);
        assert_eq!(logs("", Some("a/b")), "a-b");
        let metrics =
            |header| dataset(Signal::Metrics, KeyClass::Environment, header, Some("shop"));
        assert_eq!(metrics(" hosts "), "hosts");
        assert_eq!(metrics(" "), UNKNOWN_METRICS);
    }

    /// Guarantees: a name beyond the longest is cut between characters.
    #[test]
    fn long_names() {
        let name = dataset(Signal::Logs, KeyClass::Classic, "", Some(&"ü".repeat(5_000)));
        assert_eq!(name.len(), DATASET_NAME_BYTES_MAX);
    }
}
