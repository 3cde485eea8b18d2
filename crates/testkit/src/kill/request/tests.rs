use super::super::fake::Fake;
use super::super::reading;
use super::*;
use crate::grpc;

const SOURCE: Source = Source { seed: 5, hour: 495_000 };

/// Guarantees: what is noted of a request is what is in its bytes, and all of it.
#[test]
fn notes_what_it_sends() {
    let (mut fake, mut events) = (Fake::default(), Vec::new());
    for number in 0..200 {
        let draft = SOURCE.request(number, events.len() as u64);
        fake.take(&draft.post);
        events.extend(draft.events);
    }
    let rows = reading::rows(&mut |body| fake.ask(body), SOURCE.range_seconds()).unwrap();
    assert_eq!(rows.len(), events.len());
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event.id, at as u64);
        let row = rows.iter().find(|row| row.id() == Some(event.id)).unwrap();
        assert_eq!(event.difference(row), None);
    }
}

/// Guarantees: a number gives the same request each time, and another seed another one.
#[test]
fn repeats() {
    assert_eq!(SOURCE.request(3, 40).post, SOURCE.request(3, 40).post);
    assert_ne!(SOURCE.request(3, 40).post, Source { seed: 6, ..SOURCE }.request(3, 40).post);
}

/// Guarantees: requests are of every kind, in every hour, with old and new datasets, and all their
/// events lie in the range that questions are about.
#[test]
fn varied() {
    let drafts: Vec<_> = (0..400).map(|number| SOURCE.request(number, 0)).collect();
    for path in [LOGS, TRACES, grpc::LOGS, grpc::TRACES, EVENTS, BATCH] {
        assert!(drafts.iter().any(|draft| draft.post.path.starts_with(path)), "{path}");
    }
    for kind in ["application/x-protobuf", "application/json", "application/msgpack"] {
        assert!(drafts.iter().any(|draft| draft.post.kind == kind), "{kind}");
    }
    let events: Vec<_> = drafts.iter().flat_map(|draft| &draft.events).collect();
    let of_spans = events.iter().filter(|event| event.fields.contains_key("duration_ms"));
    let of_logs = events.iter().filter(|event| event.fields.contains_key("body"));
    assert!(of_spans.count() + of_logs.count() < events.len(), "no event of a span");
    let (start, end) = SOURCE.range_seconds();
    let hours: std::collections::BTreeSet<_> =
        events.iter().map(|event| event.time.div_euclid(NANOS_PER_HOUR)).collect();
    assert!(HOURS_AGO.iter().all(|ago| hours.contains(&(SOURCE.hour - ago))));
    assert!(
        events.iter().all(|event| {
            (start * NANOS_PER_SECOND..end * NANOS_PER_SECOND).contains(&event.time)
        })
    );
    assert!(SERVICES.iter().all(|name| events.iter().any(|event| event.dataset == *name)));
    assert!(events.iter().any(|event| event.dataset.starts_with("kill-new-")));
}
