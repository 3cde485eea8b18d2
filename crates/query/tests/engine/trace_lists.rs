//! Lists of traces, page by page.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use model::{
    Batch, BatchBuilder, EnvironmentId, RowHead, RowKind, Signal, SpanId, SpanKind, Timestamp,
    TraceId, Value,
};
use query::{
    Comparison, Field, Filter, Literal, Predicate, SpanFields, Test, TraceListAnswer,
    TraceListQuery, TraceOrder, TraceSummary, View,
};

use crate::world::{START, World, everything, spans, time_of, trace_of};

fn query(order: TraceOrder, limit: usize) -> TraceListQuery {
    let field = |name: &str, view: View| Field::attribute(name).over(view);
    TraceListQuery {
        scope: everything(),
        fields: SpanFields {
            name: field("name", View::Name),
            service: Field::attribute("service.name"),
            kind: field("span.kind", View::SpanKind),
            error: field("error", View::IsError),
            status: field("status_code", View::Status),
            duration_ms: field("duration_ms", View::DurationMillis),
            parent: field("trace.parent_id", View::ParentId),
        },
        order,
        limit,
        after: None,
    }
}

fn ask(world: &World, query: &TraceListQuery) -> TraceListAnswer {
    world.block_on(world.engine.traces(world.store.snapshot(), query.clone())).unwrap()
}

fn ids(traces: &[TraceSummary]) -> Vec<TraceId> {
    traces.iter().map(|trace| trace.id).collect()
}

/// Guarantees: pages list every trace once, the newest first, although spans move into files and
/// listed traces get further spans between the pages.
#[test]
fn pages() {
    let mut world = World::new(1_024);
    world.append(vec![spans(0..1_500)]);
    world.flush();
    world.append(vec![spans(1_500..2_000)]);
    let mut query = query(TraceOrder::Newest, 17);
    let mut listed = Vec::new();
    for page in 0.. {
        let answer = ask(&world, &query);
        assert!(answer.traces.len() <= 17);
        listed.extend(ids(&answer.traces));
        if answer.next.is_none() {
            break;
        }
        query.after = answer.next;
        // One more span of the trace listed first, older than all others.
        world.append(vec![span(trace_of(1_999), 90_000 + page, 0, "late")]);
        world.flush();
        world.compact();
    }
    let expected: Vec<TraceId> = (0..200).rev().map(|number| trace_of(number * 10)).collect();
    assert_eq!(listed, expected);
}

/// Guarantees: traces are listed by their longest span that passes the filter, wherever it lies,
/// and ties are listed once each.
#[test]
fn longest() {
    let mut world = World::new(1_024);
    world.append(vec![spans(0..3_000)]);
    world.flush();
    world.append(vec![spans(3_000..4_500)]);
    let mut query = query(TraceOrder::Longest, 50);
    query.scope.filter = Some(Filter::Is(Predicate {
        field: Field::attribute("service.name"),
        negated: false,
        test: Test::Compare(Comparison::Equal, Literal::Text("shop".to_owned())),
    }));
    let mut best: BTreeMap<TraceId, u64> = BTreeMap::new();
    for number in (0..4_500).step_by(2) {
        let longest = best.entry(trace_of(number)).or_default();
        *longest = (*longest).max(number % 1_000);
    }
    let mut expected: Vec<(TraceId, u64)> = best.into_iter().collect();
    expected.sort_by_key(|(id, longest)| (std::cmp::Reverse(*longest), *id));
    let mut listed = Vec::new();
    loop {
        let answer = ask(&world, &query);
        listed.extend(ids(&answer.traces));
        query.after = answer.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(listed, expected.into_iter().map(|(id, _)| id).collect::<Vec<_>>());
    query.scope.filter = None;
    let first = &ask(&world, &query).traces[0];
    assert_eq!((first.spans, first.errors, first.logs, first.missing), (10, 0, 0, 0));
    assert_eq!(first.services, BTreeSet::from(["billing".to_owned(), "shop".to_owned()]));
    // The trace of the spans 990 to 999, of which the last takes a second.
    assert_eq!((first.id, first.start), (trace_of(990), time_of(990)));
    assert_eq!(first.duration_ms, 900.0 + 1_000.0);
    assert_eq!(first.root.as_ref().unwrap().kind.as_deref(), Some("server"));
}

fn head(trace: TraceId, number: u64, parent: u64, name: &str) -> RowHead<'_> {
    RowHead {
        time: Timestamp::from_nanos(START + number as i64),
        kind: RowKind::Span,
        trace_id: trace,
        span_id: SpanId::new((number + 1).to_be_bytes()),
        parent_id: SpanId::new(parent.to_be_bytes()),
        name,
        span_kind: SpanKind::Client,
        status: 2,
        duration: 7_000_000,
        sample_rate: 1,
    }
}

fn span(trace: TraceId, number: u64, parent: u64, name: &str) -> Batch {
    let mut builder = BatchBuilder::new(Signal::Spans, Bytes::new(), 1);
    builder.start_run("shop");
    builder.start_row(&head(trace, number, parent, name));
    builder.attribute("service.name", Value::Text("shop"));
    builder.end_run();
    builder.finish()
}

fn other(signal: Signal, trace: TraceId, kind: RowKind, span: u64, parent: u64) -> Batch {
    let mut builder = BatchBuilder::new(signal, Bytes::new(), 1);
    builder.start_run("events");
    builder.start_row(&RowHead {
        kind,
        span_id: SpanId::new(span.to_be_bytes()),
        duration: 0,
        status: 0,
        ..head(trace, 5, parent, "")
    });
    builder.attribute("name", Value::Text("charge"));
    builder.attribute("duration_ms", Value::Float(12.5));
    builder.attribute("error", Value::Bool(true));
    builder.end_run();
    builder.finish()
}

/// Guarantees: plain events that have a span id count as spans with what their attributes say,
/// copies count once, log lines are counted, and a trace without its root says so.
#[test]
fn summaries() {
    let mut world = World::new(4_096);
    let id = trace_of(1);
    for _ in 0..2 {
        world.append(vec![
            span(id, 1, 77, "inner"),
            other(Signal::Events, id, RowKind::Event, 50, 2),
            other(Signal::Events, id, RowKind::Event, 0, 2),
            other(Signal::Logs, id, RowKind::Log, 0, 2),
        ]);
        world.flush();
    }
    for query in [query(TraceOrder::Newest, 5), query(TraceOrder::Longest, 5)] {
        let answer = ask(&world, &query);
        assert_eq!(ids(&answer.traces), [id]);
        let found = &answer.traces[0];
        assert_eq!((found.spans, found.errors, found.logs, found.missing), (2, 2, 1, 1));
        assert_eq!((&found.root, found.first.name.as_deref()), (&None, Some("inner")));
        assert_eq!(found.start, Timestamp::from_nanos(START + 1));
        assert_eq!(found.duration_ms, (12_500_000 + 4) as f64 / 1e6);
    }
    world.store.delete_dataset(EnvironmentId::DEFAULT, "shop").unwrap();
    let left = ask(&world, &query(TraceOrder::Newest, 5));
    assert_eq!((left.traces[0].spans, left.traces[0].first.name.as_deref()), (1, Some("charge")));
}

/// Spans that take longer than all others, each a trace of its own.
fn long(numbers: std::ops::Range<u64>) -> Batch {
    let mut builder = BatchBuilder::new(Signal::Spans, Bytes::new(), 1);
    builder.start_run("shop");
    for number in numbers {
        let id = TraceId::new((u128::from(number) + 1).to_be_bytes());
        let duration = (5_000 + number as i64) * 1_000_000;
        builder.start_row(&RowHead { duration, ..head(id, number, 0, "export") });
    }
    builder.end_run();
    builder.finish()
}

/// Guarantees: the first pages cost a part of what lies there: row groups below what was found are
/// not read, and of the others just the pages of the traces.
#[test]
fn what_is_not_read() {
    let mut world = World::new(131_072);
    for start in (0..120_000).step_by(10_000) {
        world.append(vec![spans(start..start + 10_000)]);
    }
    world.append(vec![long(0..60)]);
    world.flush();
    let newest = ask(&world, &query(TraceOrder::Newest, 50)).statistics;
    assert!(newest.rows_examined < 45_000, "{newest:?}");
    let longest = ask(&world, &query(TraceOrder::Longest, 50));
    assert_eq!(longest.traces[0].duration_ms, 5_059.0);
    // Of 120,060, some before the bound rises: a thousand traces must have been found.
    assert!(longest.statistics.rows_examined < 60_000, "{:?}", longest.statistics);
    let mut filtered = query(TraceOrder::Newest, 5);
    filtered.scope.filter = Some(Filter::Is(Predicate {
        field: Field::attribute("number"),
        negated: false,
        test: Test::Compare(Comparison::Equal, Literal::Int(54_321)),
    }));
    let one = ask(&world, &filtered);
    assert_eq!(ids(&one.traces), [trace_of(54_321)]);
    // Of 24 segments, the one that holds it and what is read ahead meanwhile.
    assert!(one.statistics.segments_read <= 4, "{:?}", one.statistics);
    assert!(one.statistics.rows_examined < 30_000, "{:?}", one.statistics);
}
