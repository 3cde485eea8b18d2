use std::sync::mpsc::sync_channel;

use super::super::fake::{Mistake, Port};
use super::super::ledger::Bounds;
use super::*;

const SOURCE: Source = Source { seed: 21, hour: 495_000 };

/// Traffic to a fake until so many requests are acknowledged, or until `stop` says.
fn run(mistake: Option<Mistake>, stop: impl Fn(&Mutex<Ledger>) -> bool) -> (Sight, Ledger, Port) {
    let port = Port::open(mistake);
    let ledger = Mutex::new(Ledger::default());
    let (sender, happenings) = sync_channel(8);
    let traffic =
        Traffic::new(SOURCE, &ledger, (&port.address, &port.address), sender, Some(ENOUGH));
    let sight = std::thread::scope(|scope| {
        let serving = Builder::new().spawn_scoped(scope, || port.serve()).unwrap();
        let ((), sight) = traffic.run(|traffic| {
            while happenings.try_recv().is_err() && !stop(&ledger) {
                std::thread::yield_now();
            }
            traffic.count_while_held("flush");
        });
        port.close();
        serving.join().unwrap();
        sight
    });
    (sight, ledger.into_inner().unwrap(), port)
}

/// Acknowledgements after which traffic has come far enough.
const ENOUGH: u64 = 40;

fn read(port: &Port) -> Vec<super::super::event::Row> {
    let fake = port.fake.lock().unwrap();
    reading::rows(&mut |question| fake.ask(question), SOURCE.range_seconds()).unwrap()
}

/// Guarantees: every request is written down with its answer, and counting meanwhile agrees.
#[test]
fn all_is_well() {
    let (sight, mut ledger, port) = run(None, |_| false);
    assert_eq!(sight.findings, []);
    assert!(sight.counts > 0 && ledger.next_request() >= ENOUGH);
    let events = ledger.next_id();
    assert_eq!(ledger.bounds(), Bounds { least: events, most: events });
    assert_eq!(ledger.review(&read(&port)).findings, []);
}

/// Guarantees: a count of fewer than were acknowledged is noticed at once.
#[test]
fn counts_too_few() {
    let (sight, ..) = run(Some(Mistake::ShowsNothing), |_| false);
    assert!(matches!(&sight.findings[..], [Finding::Miscounted { .. }, ..]), "{sight:?}");
}

/// Guarantees: an event that shows twice while others come in is noticed.
#[test]
fn counts_twice() {
    let (sight, ..) = run(Some(Mistake::Doubles(0)), |_| false);
    assert!(matches!(&sight.findings[..], [Finding::Miscounted { .. }, ..]), "{sight:?}");
}

/// Guarantees: a good request that is refused, whole or in part, is a finding; one that is put off
/// is not.
#[test]
fn refusals() {
    let many = |ledger: &Mutex<Ledger>| ledger.lock().unwrap().next_request() > ENOUGH;
    let (sight, ledger, _) = run(Some(Mistake::Answers(400)), many);
    assert!(matches!(&sight.findings[..], [Finding::Refused { .. }, ..]));
    assert_eq!(ledger.bounds(), Bounds { least: 0, most: 0 });
    let (sight, ledger, _) = run(Some(Mistake::Answers(503)), many);
    assert_eq!(sight.findings, []);
    assert_eq!(ledger.bounds(), Bounds { least: 0, most: ledger.next_id() });
    let (sight, ..) = run(Some(Mistake::AcceptsInPart), |_| false);
    let words = sight.findings.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(words.iter().any(|word| word.contains("was answered 200")), "{words:?}");
}

/// Guarantees: a request whose connection breaks is neither acknowledged nor refused.
#[test]
fn broken_connections() {
    let many = |ledger: &Mutex<Ledger>| ledger.lock().unwrap().next_request() > ENOUGH;
    let (sight, ledger, _) = run(Some(Mistake::Breaks), many);
    assert_eq!(sight.findings, []);
    assert_eq!(ledger.bounds(), Bounds { least: 0, most: ledger.next_id() });
}
