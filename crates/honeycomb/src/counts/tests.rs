use std::sync::atomic::{AtomicI64, Ordering};

use model::EnvironmentId;
use registry::{OTHER_KEYS, UNKNOWN_LABELS_MAX};

use super::*;

/// A clock that goes on by a second each time it is looked at.
#[derive(Default)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.fetch_add(1_000_000_000, Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

fn counted() -> Counted {
    Counted::new(Arc::new(Ticking::default()))
}

fn known(id: &str) -> Sender {
    Sender { is_known: true, key: Some(id.into()), environment: EnvironmentId(2) }
}

fn unknown(label: &str) -> Sender {
    let key = Some(label.into());
    Sender { is_known: false, key, environment: EnvironmentId::DEFAULT }
}

fn accept(counted: &Counted, doorway: Doorway, sender: &Sender, at: i64, events: u64) {
    let arrival = Timestamp::from_nanos(at);
    let request = Accepted { arrival, bytes: 100, events, problems: &[] };
    counted.accepted(doorway, sender, &request);
}

/// Guarantees: requests, events and bytes are counted by door and sender, a request without events
/// is no last event, and a late clock does not turn the last event back.
#[test]
fn what_is_accepted_is_counted_by_sender() {
    let counted = counted();
    let sender = known("a");
    accept(&counted, Doorway::HttpTraces, &sender, 9, 3);
    accept(&counted, Doorway::HttpTraces, &sender, 7, 2);
    accept(&counted, Doorway::HttpTraces, &sender, 20, 0);
    accept(&counted, Doorway::Batch, &sender, 11, 1);
    let read = counted.read();
    let found: Vec<_> = read
        .accounts
        .iter()
        .map(|account| (account.doorway, account.accepted, account.last_event))
        .collect();
    let at = |nanos| Some(Timestamp::from_nanos(nanos));
    let traces = Amount { requests: 3, events: 5, bytes: 300 };
    let batch = Amount { requests: 1, events: 1, bytes: 100 };
    assert_eq!(found, [(Doorway::HttpTraces, traces, at(9)), (Doorway::Batch, batch, at(11))]);
    assert_eq!(read.since, Timestamp::from_nanos(0));
}

/// Guarantees: what is refused within an accepted request and what is refused whole are counted
/// apart, by sender, by reason, and with their words.
#[test]
fn what_is_refused_is_counted_with_its_reason() {
    let counted = counted();
    let sender = known("a");
    let problem =
        Problem { reason: "text is not UTF-8", sample: "a key (byte 7)".to_owned(), count: 2 };
    let request =
        Accepted { arrival: Timestamp::from_nanos(1), bytes: 10, events: 5, problems: &[problem] };
    counted.accepted(Doorway::HttpLogs, &sender, &request);
    counted.refused(Doorway::HttpLogs, &sender, "malformed", "line 1");
    counted.refused(Doorway::HttpLogs, &sender, "malformed", "line 2");
    let read = counted.read();
    let [account] = &read.accounts[..] else { panic!("{read:?}") };
    assert_eq!((account.refused_requests, account.refused_events), (2, 2));
    let doorway = Doorway::HttpLogs;
    assert_eq!(read.refused_requests, [RefusedFor { doorway, reason: "malformed", count: 2 }]);
    assert_eq!(
        read.refused_events,
        [RefusedFor { doorway, reason: "text is not UTF-8", count: 2 }]
    );
    let [newest, older] = &read.refusals[..] else { panic!("{read:?}") };
    assert_eq!((newest.text.as_str(), newest.count), ("line 2", 2));
    assert_eq!((older.text.as_str(), older.count), ("a key (byte 7)", 2));
    assert!(newest.time > older.time);
    assert!(newest.remedy.contains("OTEL_EXPORTER_OTLP_PROTOCOL"), "{}", newest.remedy);
}

/// Guarantees: senders that nobody created share one account beyond the bound, and leave room for
/// those that somebody did.
#[test]
fn accounts_are_bounded() {
    let counted = counted();
    for at in 0..UNKNOWN_LABELS_MAX + 5 {
        accept(&counted, Doorway::Events, &unknown(&format!("k{at}")), 1, 1);
    }
    accept(&counted, Doorway::Events, &unknown("k0"), 1, 1);
    accept(&counted, Doorway::Events, &known("a"), 1, 1);
    let read = counted.read();
    assert_eq!(read.accounts.len(), UNKNOWN_LABELS_MAX + 2);
    let events = |key: &str| {
        let of = |account: &&Account| account.key.as_deref() == Some(key);
        read.accounts.iter().find(of).map(|account| account.accepted.events)
    };
    assert_eq!(events(OTHER_KEYS), Some(5));
    assert_eq!(events("k0"), Some(2));
    assert_eq!(events("a"), Some(1));
}

/// Guarantees: a flood of refusals, be it from one key or from keys that change each time, is
/// counted and pushes no other sender's refusals out of the list.
#[test]
fn a_flood_leaves_the_refusals_of_others() {
    let counted = counted();
    counted.refused(Doorway::Batch, &known("quiet"), "too large", "5 MiB");
    for at in 0..10_000 {
        counted.refused(Doorway::Events, &known("loud"), "malformed", &format!("line {at}"));
        counted.refused(Doorway::Events, &unknown(&format!("k{at}")), "key", "no such key");
    }
    let refusals = counted.read().refusals;
    assert_eq!(refusals.len(), REFUSALS_MAX);
    let of = |key: &str| refusals.iter().find(|one| one.key.as_deref() == Some(key)).unwrap();
    assert_eq!(of("quiet").text, "5 MiB");
    assert_eq!((of("loud").count, of("loud").text.as_str()), (10_000, "line 9999"));
    assert_eq!(of("k9999").count, 1);
    assert_eq!(refusals[0].key.as_deref(), Some("k9999"));
}

/// Guarantees: a long text is cut between characters.
#[test]
fn long_texts_are_cut() {
    let counted = counted();
    counted.refused(Doorway::Events, &unknown("k"), "malformed", &"ü".repeat(10_000));
    assert_eq!(counted.read().refusals[0].text, "ü".repeat(512));
}
