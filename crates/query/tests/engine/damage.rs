//! Files that do not read.

use model::{NANOS_PER_HOUR, Timestamp};
use query::{Aggregate, AggregateQuery, Calculated, Datum, RowsQuery};

use crate::world::{START, World, everything, spans};

/// Guarantees: a damaged file is named in the answer, and the others still answer.
#[test]
fn one_file() {
    let mut world = World::new(131_072);
    for start in (0..50_000).step_by(10_000) {
        world.append(vec![spans(start..start + 10_000)]);
    }
    world.flush();
    let damaged = world.segment_files()[2].clone();
    let bytes = std::fs::read(&damaged).unwrap();
    let mut changed = bytes.clone();
    // All pages: the indexes and the footer are behind them.
    for byte in &mut changed[4..bytes.len() / 10 * 9] {
        *byte = !*byte;
    }
    std::fs::write(&damaged, &changed).unwrap();
    let query = AggregateQuery {
        scope: everything(),
        groups: Vec::new(),
        aggregates: vec![Aggregate::Count, Aggregate::Sum(query::Field::attribute("number"))],
        havings: Vec::new(),
        orders: Vec::new(),
        limit: 10,
        step: None,
        beside: query::Beside::default(),
    };
    let answer = world.aggregate(&query);
    let weight: u64 = (0..50_000u64)
        .filter(|number| !(20_000..30_000).contains(number))
        .map(|number| number % 3 + 1)
        .sum();
    assert_eq!(answer.groups[0].values[0], Calculated::Value(Datum::Int(weight as i64)));
    let name = damaged.file_name().unwrap().to_str().unwrap();
    assert_eq!(answer.statistics.unreadable.len(), 1);
    assert!(answer.statistics.unreadable[0].contains(name), "{:?}", answer.statistics.unreadable);

    let mut list = RowsQuery { scope: everything(), limit: 10, after: None };
    list.scope.end = Timestamp::from_nanos(START + 3 * NANOS_PER_HOUR);
    let rows = world.rows(&list);
    assert!(rows.statistics.unreadable[0].contains(name));

    std::fs::write(&damaged, &bytes[..bytes.len() / 2]).unwrap();
    let answer = world.aggregate(&query);
    assert!(answer.statistics.unreadable[0].contains(name));
}
