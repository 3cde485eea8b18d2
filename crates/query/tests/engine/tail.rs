//! Following events while they come.

use model::EnvironmentId;
use query::{
    Comparison, Datum, Field, Filter, Literal, Predicate, Tail, TailPosition, TailQuery, TailTurn,
    Test,
};

use crate::world::{World, spans};

const ALL: usize = usize::MAX;

fn everything() -> TailQuery {
    TailQuery { environment: EnvironmentId::DEFAULT, datasets: None, filter: None }
}

fn numbers(turn: &TailTurn) -> Vec<i64> {
    let number = |row: &query::TailRow| row.row.attribute("number").and_then(Datum::int).unwrap();
    turn.rows.iter().map(number).collect()
}

/// Guarantees: a reader sees what comes after it, once, in the order of the log, and what its
/// conditions and datasets let through.
#[test]
fn events_come_in_order() {
    let mut world = World::new(4_096);
    world.append(vec![spans(0..10)]);
    let mut all = Tail::new(&world.store, everything(), None);
    let test = Test::Compare(Comparison::GreaterOrEqual, Literal::Int(16));
    let field = Field::attribute("number");
    let filter = Some(Filter::Is(Predicate { field, negated: false, test }));
    let shop = world.store.snapshot();
    let shop = shop.datasets().find(EnvironmentId::DEFAULT, "shop").unwrap().id;
    let some = TailQuery { datasets: Some(vec![shop]), filter, ..everything() };
    let mut some = Tail::new(&world.store, some, None);
    assert_eq!(all.turn(&world.store, ALL).unwrap(), TailTurn::default());
    world.append(vec![spans(10..15)]);
    world.append(vec![spans(15..20)]);
    let turn = all.turn(&world.store, ALL).unwrap();
    assert_eq!(numbers(&turn), (10..20).collect::<Vec<_>>());
    assert_eq!((turn.rows[0].dataset.as_str(), turn.rows[1].dataset.as_str()), ("shop", "billing"));
    assert_eq!(numbers(&some.turn(&world.store, ALL).unwrap()), [16, 18]);
    assert_eq!(all.turn(&world.store, ALL).unwrap(), TailTurn::default());
}

/// Guarantees: a reader that comes again with any position it was told goes on behind it.
#[test]
fn readers_resume() {
    let mut world = World::new(4_096);
    let start = Tail::new(&world.store, everything(), None).position();
    world.append(vec![spans(0..4)]);
    world.append(vec![spans(4..7)]);
    let mut first = Tail::new(&world.store, everything(), Some(start));
    let turn = first.turn(&world.store, ALL).unwrap();
    assert_eq!(numbers(&turn), (0..7).collect::<Vec<_>>());
    for (at, found) in turn.rows.iter().enumerate() {
        let mut again = Tail::new(&world.store, everything(), Some(found.position));
        let rest = again.turn(&world.store, ALL).unwrap();
        assert_eq!(numbers(&rest), (at as i64 + 1..7).collect::<Vec<_>>());
        assert!(!rest.is_behind);
    }
    let of_another = TailPosition { request: 1_000, rows: Some(3) };
    let mut lost = Tail::new(&world.store, everything(), Some(of_another));
    world.append(vec![spans(7..8)]);
    assert_eq!(numbers(&lost.turn(&world.store, ALL).unwrap()), [7]);
}

/// Guarantees: what went to segments before it was read is told, and reading goes on.
#[test]
fn what_was_flushed_is_told() {
    let mut world = World::new(4_096);
    let mut tail = Tail::new(&world.store, everything(), None);
    world.append(vec![spans(0..10)]);
    world.flush();
    world.append(vec![spans(10..12)]);
    let turn = tail.turn(&world.store, ALL).unwrap();
    assert!(turn.is_behind);
    assert_eq!(numbers(&turn), [10, 11]);
    world.flush();
    let turn = tail.turn(&world.store, ALL).unwrap();
    assert_eq!((turn.is_behind, turn.rows.len()), (false, 0));
}

/// Guarantees: a turn gives no more rows than it may and counts the others; it looks at a bounded
/// number of rows, and several turns see every row once.
#[test]
fn turns_are_bounded() {
    let mut world = World::new(131_072);
    let mut counted = Tail::new(&world.store, everything(), None);
    let mut patient = Tail::new(&world.store, everything(), None);
    for start in (0..100_000).step_by(10_000) {
        world.append(vec![spans(start..start + 10_000)]);
    }
    let first = counted.turn(&world.store, 7).unwrap();
    assert_eq!((first.rows.len(), first.passed_over, first.has_more), (7, 70_000 - 7, true));
    let second = counted.turn(&world.store, 7).unwrap();
    assert_eq!((second.rows.len(), second.passed_over, second.has_more), (7, 30_000 - 7, false));
    let (mut turns, mut seen) = (0, Vec::new());
    loop {
        let turn = patient.turn(&world.store, ALL).unwrap();
        seen.extend(numbers(&turn));
        turns += 1;
        if !turn.has_more {
            break;
        }
    }
    assert!(turns > 2, "{turns}");
    assert_eq!(seen, (0..100_000).collect::<Vec<_>>());
}
