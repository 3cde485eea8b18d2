use serde_json::json;

use super::super::fake::{Fake, Mistake};
use super::super::reading;
use super::super::request::Source;
use super::*;

const SOURCE: Source = Source { seed: 11, hour: 495_000 };

/// A ledger of 20 requests and a fake that has taken all of them.
fn all_taken(fate: impl Fn(u64) -> Fate) -> (Ledger, Fake) {
    let (mut ledger, mut fake) = (Ledger::default(), Fake::default());
    for number in 0..20 {
        let draft = SOURCE.request(number, ledger.next_id());
        fake.take(&draft.post);
        ledger.open(draft.events);
        ledger.answer(number, fate(number));
    }
    (ledger, fake)
}

fn review(ledger: &mut Ledger, fake: &Fake) -> Review {
    let rows = reading::rows(&mut |question| fake.ask(question), SOURCE.range_seconds());
    ledger.review(&rows.unwrap())
}

/// Guarantees: a server that makes no mistake is found to have made none.
#[test]
fn nothing_wrong() {
    let (mut ledger, fake) = all_taken(|_| Fate::Acknowledged);
    assert_eq!(review(&mut ledger, &fake).findings, []);
    let events = ledger.next_id();
    assert!(events > 100);
    assert_eq!(ledger.bounds(), Bounds { least: events, most: events });
}

/// Guarantees: one lost, doubled, changed, moved or invented event among all is noticed and named.
#[test]
fn every_mistake() {
    let word = |mistake: Mistake| {
        let (mut ledger, mut fake) = all_taken(|_| Fate::Acknowledged);
        fake.mistake = Some(mistake);
        let findings = review(&mut ledger, &fake).findings;
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings[0].to_string()
    };
    assert!(word(Mistake::Loses(17)).starts_with("event 17 is lost: sent to server 0"));
    assert!(word(Mistake::Doubles(17)).starts_with("event 17 is there 2 times"));
    assert!(word(Mistake::Moves(17)).starts_with("event 17 changed: dataset"));
    assert!(word(Mistake::Delays(17)).starts_with("event 17 changed: time"));
    assert!(word(Mistake::Forgets(17, "kill.host")).contains("kill.host missing was"));
    let changed = word(Mistake::Changes(17, "kill.request", json!(99)));
    assert!(changed.starts_with("event 17 changed: kill.request 99 was"));
    assert!(word(Mistake::Invents).starts_with("a row that was never sent"));
}

/// Guarantees: a request without an answer may be there or not, but not in part and not twice.
#[test]
fn unanswered() {
    let (mut ledger, fake) = all_taken(|_| Fate::Unanswered);
    let all = review(&mut ledger, &fake);
    assert_eq!((all.findings, all.survived), (vec![], ledger.next_id()));
    let (mut ledger, _) = all_taken(|_| Fate::Unanswered);
    let none = review(&mut ledger, &Fake::default());
    assert_eq!((none.findings, none.survived), (vec![], 0));
    let (mut ledger, mut fake) = all_taken(|_| Fate::Unanswered);
    fake.mistake = Some(Mistake::Doubles(30));
    assert!(matches!(review(&mut ledger, &fake).findings[..], [Finding::Doubled { id: 30, .. }]));
    let big = ledger.requests.iter().position(|request| request.ids.len() > 1).unwrap();
    fake.mistake = Some(Mistake::Loses(ledger.requests[big].ids.start as u64));
    let findings = review(&mut ledger, &fake).findings;
    assert!(matches!(findings[..], [Finding::Torn { request, .. }] if request == big as u64));
}

/// Guarantees: what a check has seen or not seen of unanswered requests stays so.
#[test]
fn settled() {
    let (mut ledger, fake) = all_taken(|_| Fate::Unanswered);
    assert_eq!(review(&mut ledger, &fake).findings, []);
    let events = ledger.next_id();
    assert_eq!(ledger.bounds(), Bounds { least: events, most: events });
    let later = review(&mut ledger, &Fake::default());
    assert_eq!(later.findings.len() as u64, events, "what had survived is lost");
    assert!(matches!(later.findings[0], Finding::Lost { id: 0, .. }));
    let (mut ledger, fake) = all_taken(|_| Fate::Unanswered);
    assert_eq!(review(&mut ledger, &Fake::default()).findings, []);
    assert_eq!(ledger.bounds(), Bounds::default());
    let later = review(&mut ledger, &fake);
    assert!(matches!(later.findings[0], Finding::Risen { id: 0, .. }));
}

/// Guarantees: a refused request must not appear.
#[test]
fn refused() {
    let fate = |number| if number == 3 { Fate::Refused } else { Fate::Acknowledged };
    let (mut ledger, fake) = all_taken(fate);
    let events = ledger.requests[3].ids.len() as u64;
    assert_eq!(ledger.bounds().most, ledger.next_id() - events);
    let findings = review(&mut ledger, &fake).findings;
    assert_eq!(findings.len() as u64, events);
    assert!(matches!(findings[0], Finding::Risen { .. }));
}
