//! Traces, wherever their parts lie.

use bytes::Bytes;
use model::{
    Base, Batch, BatchBuilder, EnvironmentId, RowHead, RowKind, Signal, SpanId, SpanKind,
    Timestamp, TraceId, Value,
};
use query::{Datum, TraceAnswer, TraceQuery};

use crate::world::{START, World, spans, trace_of};

fn trace(world: &World, id: TraceId, attributes: Option<Vec<String>>) -> TraceAnswer {
    let query = TraceQuery { environment: EnvironmentId::DEFAULT, id, attributes };
    world.block_on(world.engine.trace(world.store.snapshot(), query)).unwrap()
}

/// Guarantees: a trace has all its spans, in the order of their starts, from memory and files.
#[test]
fn whole() {
    let mut world = World::new(4_096);
    world.append(vec![spans(0..9_996)]);
    world.flush();
    world.append(vec![spans(9_996..20_000)]);
    for number in [0, 5_555, 9_993, 12_345] {
        let found = trace(&world, trace_of(number), None);
        let numbers: Vec<i64> = found
            .spans
            .iter()
            .map(|span| span.attribute("number").and_then(Datum::int).unwrap())
            .collect();
        let first = (number / 10 * 10) as i64;
        assert_eq!(numbers, (first..first + 10).collect::<Vec<_>>());
        let names = trace(&world, trace_of(number), Some(vec!["service.name".to_owned()]));
        assert_eq!(names.spans[0].attributes.len(), 1);
        assert_eq!(names.spans.len(), 10);
    }
    let missing = trace(&world, trace_of(999_990), None);
    assert_eq!(missing.spans, []);
    assert!(missing.statistics.bytes_read == 0);
}

fn with_events() -> Batch {
    let mut builder = BatchBuilder::new(Signal::Spans, Bytes::new(), 1);
    builder.start_run("shop");
    let head = RowHead {
        time: Timestamp::from_nanos(START),
        kind: RowKind::Span,
        trace_id: trace_of(0),
        span_id: SpanId::new([9; 8]),
        parent_id: SpanId::NONE,
        name: "checkout",
        span_kind: SpanKind::Server,
        status: 2,
        duration: 5_000_000,
        sample_rate: 1,
    };
    builder.start_row(&head);
    builder.base(Base::EventCount, Value::Int(2));
    for _ in 0..2 {
        builder.start_row(&RowHead {
            kind: RowKind::SpanEvent,
            span_id: SpanId::NONE,
            parent_id: SpanId::new([9; 8]),
            name: "retry",
            span_kind: SpanKind::Unspecified,
            duration: 0,
            ..head
        });
    }
    builder.end_run();
    builder.finish()
}

/// Guarantees: what a client sent twice is shown once, and what a program recorded twice is shown
/// twice.
#[test]
fn doubled() {
    let mut world = World::new(4_096);
    world.append(vec![with_events()]);
    let once = trace(&world, trace_of(0), None);
    assert_eq!((once.spans.len(), once.events.len(), once.doubled), (1, 2, 0));
    world.flush();
    world.append(vec![with_events()]);
    let twice = trace(&world, trace_of(0), None);
    assert_eq!((twice.spans.len(), twice.events.len(), twice.doubled), (1, 2, 3));
    assert_eq!((&twice.spans, &twice.events), (&once.spans, &once.events));
}

/// Guarantees: a trace of a deleted dataset is gone at once.
#[test]
fn deleted() {
    let mut world = World::new(4_096);
    world.append(vec![with_events()]);
    world.flush();
    world.append(vec![with_events()]);
    world.store.delete_dataset(EnvironmentId::DEFAULT, "shop").unwrap();
    assert_eq!(trace(&world, trace_of(0), None).spans, []);
}
