use super::super::fake::{Fake, Mistake};
use super::super::request::Source;
use super::*;

const SOURCE: Source = Source { seed: 3, hour: 495_000 };

fn fake() -> Fake {
    let (mut fake, mut next_id) = (Fake::default(), 0);
    for number in 0..30 {
        let draft = SOURCE.request(number, next_id);
        next_id += draft.events.len() as u64;
        fake.take(&draft.post);
    }
    fake
}

/// Guarantees: rows of all pages are read, each once.
#[test]
fn pages() {
    let fake = fake();
    let mut asked = 0;
    let small = &mut |question: &Value| {
        asked += 1;
        let mut question = question.clone();
        question["query"]["limit"] = json!(7);
        fake.ask(&question)
    };
    let read = rows(small, SOURCE.range_seconds()).unwrap();
    let whole = rows(&mut |question| fake.ask(question), SOURCE.range_seconds()).unwrap();
    assert_eq!(read, whole);
    assert_eq!(asked, read.len().div_ceil(7));
}

/// Guarantees: a list of rows that never ends is an error.
#[test]
fn endless() {
    let page = json!({"rows": [], "next": 1}).to_string().into_bytes();
    assert!(rows(&mut |_| Ok(page.clone()), (0, 1)).unwrap_err().contains("goes on"));
}

/// Guarantees: aggregates that disagree with the rows are noticed, and those that agree are not.
#[test]
fn disagreement() {
    let mut fake = fake();
    let range = SOURCE.range_seconds();
    let read = rows(&mut |question| fake.ask(question), range).unwrap();
    assert_eq!(compare(&mut |question| fake.ask(question), range, &read).unwrap(), []);
    let all = count(&mut |question| fake.ask(question), range).unwrap();
    assert_eq!(all, (read.len() as u64, read.len() as u64));
    for mistake in [Mistake::Miscounts, Mistake::Loses(5), Mistake::Doubles(5)] {
        fake.mistake = Some(mistake.clone());
        let findings = compare(&mut |question| fake.ask(question), range, &read).unwrap();
        assert!(matches!(findings[0], Finding::Miscounted { .. }), "{mistake:?}");
    }
}

/// Guarantees: an empty server counts nothing, whether it answers with a zero or with no group.
#[test]
fn nothing() {
    let empty = Fake::default();
    assert_eq!(count(&mut |question| empty.ask(question), (0, 1)), Ok((0, 0)));
    let zero = json!({"data": {"results": [{"data": {"COUNT": 0}}]}}).to_string().into_bytes();
    assert_eq!(count(&mut |_| Ok(zero.clone()), (0, 1)), Ok((0, 0)));
}
