//! Lists of events, page by page.

use std::collections::BTreeSet;

use model::Timestamp;
use query::{Comparison, Datum, Field, Filter, Literal, Predicate, RowsQuery, Test, WholeRow};

use crate::world::{START, World, everything, spans};

fn number(row: &WholeRow) -> i64 {
    row.attribute("number").and_then(Datum::int).unwrap()
}

/// Guarantees: pages list every event once, newest first, although events move between the pages.
#[test]
fn pages() {
    let mut world = World::new(1_024);
    world.append(vec![spans(0..3_000)]);
    world.flush();
    world.append(vec![spans(3_000..5_000)]);
    let mut query = RowsQuery { scope: everything(), limit: 700, after: None };
    let mut listed = Vec::new();
    loop {
        let answer = world.rows(&query);
        listed.extend(answer.rows);
        if answer.next.is_none() {
            break;
        }
        query.after = answer.next;
        world.flush();
        world.compact();
    }
    let numbers: Vec<i64> = listed.iter().map(number).collect();
    assert_eq!(numbers, (0..5_000).rev().collect::<Vec<_>>());
    let row = &listed[5_000 - 4_807 - 1];
    assert_eq!(row.name.as_deref(), Some("POST /cart"));
    assert_eq!(row.attribute("service.name"), Some(&Datum::Text("billing".to_owned())));
    assert_eq!(row.attribute("mixed"), None);
    assert_eq!(row.sparse(model::Base::StatusMessage), Some(&Datum::Text("out of stock".into())));
}

/// Guarantees: events of one moment are each listed once, also across a flush between two pages.
#[test]
fn one_moment() {
    let mut world = World::new(1_024);
    for start in (0..900).step_by(100) {
        world.append(vec![at_one_moment(start..start + 100)]);
    }
    let mut query = RowsQuery { scope: everything(), limit: 64, after: None };
    let mut numbers = BTreeSet::new();
    for page in 0.. {
        let answer = world.rows(&query);
        numbers.extend(answer.rows.iter().map(number));
        assert!(answer.rows.len() <= 64);
        if page == 3 {
            world.flush();
        }
        query.after = answer.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(numbers.len(), 900);
}

fn at_one_moment(numbers: std::ops::Range<u64>) -> model::Batch {
    use model::{BatchBuilder, RowHead, RowKind, Signal, SpanId, SpanKind, TraceId, Value};
    let mut builder = BatchBuilder::new(Signal::Spans, bytes::Bytes::new(), 1);
    builder.start_run("shop");
    for number in numbers {
        builder.start_row(&RowHead {
            time: Timestamp::from_nanos(START),
            kind: RowKind::SpanEvent,
            trace_id: TraceId::NONE,
            span_id: SpanId::NONE,
            parent_id: SpanId::NONE,
            name: "event",
            span_kind: SpanKind::Unspecified,
            status: 0,
            duration: 0,
            sample_rate: 1,
        });
        builder.attribute("number", Value::Int(number as i64));
    }
    builder.end_run();
    builder.finish()
}

/// Guarantees: a filtered list shows just the events that pass, from memory and files.
#[test]
fn filtered() {
    let mut world = World::new(1_024);
    world.append(vec![spans(0..4_000)]);
    world.flush();
    world.append(vec![spans(4_000..6_000)]);
    let mut query = RowsQuery { scope: everything(), limit: 10, after: None };
    query.scope.filter = Some(Filter::Is(Predicate {
        field: Field::attribute("user.id"),
        negated: false,
        test: Test::Compare(Comparison::Equal, Literal::Text("user-13".to_owned())),
    }));
    let numbers: Vec<i64> = world.rows(&query).rows.iter().map(number).collect();
    assert_eq!(numbers, [5_995, 4_998, 4_001, 3_004, 2_007, 1_010, 13]);
}
