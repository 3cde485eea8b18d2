//! What need not be read is not read.

use model::{NANOS_PER_HOUR, Timestamp};
use query::{
    Aggregate, AggregateQuery, Comparison, Field, Filter, Literal, Predicate, RowsQuery,
    Statistics, Test, View,
};

use crate::world::{START, World, everything, spans, trace_of};

fn count(world: &World, change: impl FnOnce(&mut AggregateQuery)) -> (i64, Statistics) {
    let mut query = AggregateQuery {
        scope: everything(),
        groups: Vec::new(),
        aggregates: vec![Aggregate::Count],
        havings: Vec::new(),
        orders: Vec::new(),
        limit: 1_000,
        step: None,
        beside: query::Beside::default(),
    };
    change(&mut query);
    let answer = world.aggregate(&query);
    let query::Calculated::Value(query::Datum::Int(count)) = answer.groups[0].values[0] else {
        panic!("a count is a number")
    };
    (count, answer.statistics)
}

fn equal(field: Field, literal: Literal) -> Filter {
    let test = Test::Compare(Comparison::Equal, literal);
    Filter::Is(Predicate { field, negated: false, test })
}

fn world() -> World {
    let mut world = World::new(131_072);
    for start in (0..120_000).step_by(10_000) {
        world.append(vec![spans(start..start + 10_000)]);
    }
    world.flush();
    world
}

/// Guarantees: segments of other hours are not read, and of an hour only the pages of the range.
#[test]
fn by_time() {
    let world = world();
    let (all, whole) = count(&world, |_| {});
    let (hour, of_hour) = count(&world, |query| {
        query.scope.start = Timestamp::from_nanos(START + 3 * NANOS_PER_HOUR);
        query.scope.end = Timestamp::from_nanos(START + 4 * NANOS_PER_HOUR);
    });
    let weight: u64 = (30_000..40_000u64).map(|number| number % 3 + 1).sum();
    assert_eq!(hour, weight as i64);
    assert!(all > 11 * hour);
    assert_eq!((whole.segments, whole.segments_read), (12, 12));
    assert_eq!((of_hour.segments, of_hour.segments_read), (12, 1));
    assert!(of_hour.bytes_read * 11 < whole.bytes_read, "{of_hour:?} {whole:?}");
}

/// Guarantees: pages whose bounds exclude a value are not read, nor pages of other columns beside
/// them.
#[test]
fn by_value() {
    let world = world();
    let number = || Field::attribute("number");
    let sum = |query: &mut AggregateQuery| {
        query.aggregates.push(Aggregate::Sum(Field::attribute("user.id")));
        query.aggregates.push(Aggregate::Sum(number()));
    };
    let (_, whole) = count(&world, sum);
    let (one, of_one) = count(&world, |query| {
        sum(query);
        query.scope.filter = Some(equal(number(), Literal::Int(54_321)));
    });
    assert_eq!(one, 1);
    assert_eq!((of_one.segments_read, of_one.row_groups_read), (1, 1));
    assert!(of_one.pages_read * 10 < whole.pages_read, "{of_one:?} {whole:?}");
    assert!(of_one.bytes_read * 10 < whole.bytes_read, "{of_one:?} {whole:?}");
    assert!(of_one.pages_read < of_one.pages, "{of_one:?}");
}

/// Guarantees: a column that a file does not have is a reason not to open it.
#[test]
fn by_column() {
    let world = world();
    let (none, statistics) = count(&world, |query| {
        query.scope.filter = Some(equal(Field::attribute("nothing"), Literal::Int(1)));
    });
    assert_eq!((none, statistics.segments_read, statistics.bytes_read), (0, 0, 0));
}

/// Guarantees: a trace id in a condition leads to the rows of the trace through the index.
#[test]
fn by_trace() {
    let world = world();
    let trace = Field::attribute("trace.trace_id").over(View::TraceId);
    let id = trace_of(77_777).to_string();
    let (found, statistics) = count(&world, |query| {
        query.scope.filter = Some(equal(trace, Literal::Text(id)));
    });
    let weight: u64 = (77_770..77_780u64).map(|number| number % 3 + 1).sum();
    assert_eq!(found, weight as i64);
    assert_eq!(statistics.segments_read, 1);
    assert!(statistics.rows_examined <= 3 * 4_096, "{statistics:?}");
}

/// Guarantees: a list of the newest events leaves older files alone.
#[test]
fn newest() {
    let world = world();
    let query = RowsQuery { scope: everything(), limit: 50, after: None };
    let answer = world.rows(&query);
    assert_eq!(answer.rows.len(), 50);
    assert!(answer.statistics.rows_examined < 40_000, "{:?}", answer.statistics);
}
