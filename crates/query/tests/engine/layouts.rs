//! The same answers from memory, from fresh segments and from merged ones.

use std::time::Duration;

use query::{
    Aggregate, AggregateQuery, Calculated, Comparison, Datum, Field, Filter, Having, Literal,
    Order, OrderBy, Predicate, Test, View,
};

use crate::world::{World, everything, spans};

fn number() -> Field {
    Field::attribute("number")
}

fn name() -> Field {
    Field::attribute("name").over(View::Name)
}

fn duration() -> Field {
    Field::attribute("duration_ms").over(View::DurationMillis)
}

fn is(field: Field, test: Test) -> Filter {
    Filter::Is(Predicate { field, negated: false, test })
}

fn is_not(field: Field, test: Test) -> Filter {
    Filter::Is(Predicate { field, negated: true, test })
}

fn plain(groups: Vec<Field>, aggregates: Vec<Aggregate>) -> AggregateQuery {
    AggregateQuery {
        scope: everything(),
        groups,
        aggregates,
        havings: Vec::new(),
        orders: Vec::new(),
        limit: 1_000,
        step: None,
        beside: query::Beside::default(),
    }
}

/// Questions of every kind.
fn questions() -> Vec<AggregateQuery> {
    let every = |field: &Field| {
        vec![
            Aggregate::Count,
            Aggregate::CountOf(field.clone()),
            Aggregate::Sum(field.clone()),
            Aggregate::Mean(field.clone()),
            Aggregate::Least(field.clone()),
            Aggregate::Greatest(field.clone()),
            Aggregate::Distinct(field.clone()),
            Aggregate::Quantile(field.clone(), 500),
            Aggregate::Quantile(field.clone(), 990),
            Aggregate::Heatmap(field.clone()),
        ]
    };
    let mixed = Field::attribute("mixed");
    let user = Field::attribute("user.id");
    let filters = [
        is(name(), Test::Compare(Comparison::Equal, Literal::Text("GET /".to_owned()))),
        is(number(), Test::Compare(Comparison::Less, Literal::Int(5_000))),
        is(duration(), Test::Compare(Comparison::GreaterOrEqual, Literal::Float(990.5))),
        is(mixed.clone(), Test::Compare(Comparison::Equal, Literal::Int(4))),
        is_not(mixed.clone(), Test::Exists),
        is(user.clone(), Test::StartsWith("user-99".to_owned())),
        is_not(user.clone(), Test::Contains("9".to_owned())),
        Filter::Any(vec![
            is(number(), Test::OneOf(vec![Literal::Int(3), Literal::Text("12345".to_owned())])),
            Filter::All(vec![
                is(name(), Test::EndsWith("health".to_owned())),
                is(number(), Test::Compare(Comparison::Greater, Literal::Int(24_000))),
            ]),
        ]),
    ];
    let mut questions = vec![
        plain(Vec::new(), every(&number())),
        plain(vec![name()], every(&mixed)),
        plain(vec![mixed], every(&duration())),
        plain(vec![name(), user.clone()], vec![Aggregate::Count, Aggregate::Sum(number())]),
        plain(vec![Field::attribute("nothing")], every(&Field::attribute("nothing"))),
    ];
    for filter in filters {
        let mut question = plain(vec![name()], every(&duration()));
        question.scope.filter = Some(filter);
        question.step = Some(Duration::from_secs(900));
        questions.push(question);
    }
    let mut ordered = plain(vec![user.clone()], vec![Aggregate::Count]);
    ordered.havings = vec![Having {
        aggregate: Aggregate::Sum(number()),
        negated: false,
        comparison: Comparison::Greater,
        value: 900_000.0,
    }];
    ordered.orders = vec![
        Order { by: OrderBy::Aggregate(Aggregate::Greatest(number())), descending: true },
        Order { by: OrderBy::Group(0), descending: false },
    ];
    ordered.limit = 25;
    ordered.step = Some(Duration::from_secs(3_600));
    questions.push(ordered);
    questions
}

/// Guarantees: a question has one answer, whether its events are in memory, in fresh segments, in
/// merged ones, or partly in each.
#[test]
fn the_same_everywhere() {
    let mut worlds = [World::new(4_096), World::new(4_096), World::new(4_096), World::new(4_096)];
    for (at, start) in (0..30_000u64).step_by(1_000).enumerate() {
        for world in &mut worlds {
            world.append(vec![spans(start..start + 1_000)]);
        }
        if at % 3 == 2 {
            worlds[1].flush();
            worlds[2].flush();
        }
        if at == 15 || at == 22 {
            worlds[3].flush();
            worlds[3].compact();
        }
    }
    worlds[2].compact();
    assert!(worlds[1].segment_files().len() > worlds[2].segment_files().len());
    for question in questions() {
        let expected = worlds[0].aggregate(&question);
        assert!(expected.statistics.unreadable.is_empty());
        for (at, world) in worlds.iter().enumerate().skip(1) {
            let answer = world.aggregate(&question);
            assert_eq!(answer.groups, expected.groups, "layout {at}: {question:?}");
            assert_eq!(answer.series, expected.series, "layout {at}: {question:?}");
        }
    }
}

/// Guarantees: figures are those that arithmetic gives.
#[test]
fn figures() {
    let mut world = World::new(4_096);
    world.append(vec![spans(0..6_000)]);
    world.flush();
    world.append(vec![spans(6_000..9_000)]);
    let answer = world.aggregate(&plain(
        Vec::new(),
        vec![
            Aggregate::Count,
            Aggregate::Sum(number()),
            Aggregate::Greatest(number()),
            Aggregate::Distinct(Field::attribute("user.id")),
            Aggregate::Quantile(duration(), 990),
        ],
    ));
    let weight = |number: u64| number % 3 + 1;
    let count: u64 = (0..9_000).map(weight).sum();
    let sum: u64 = (0..9_000).map(|number| number * weight(number)).sum();
    let values = &answer.groups[0].values;
    assert_eq!(values[0], Calculated::Value(Datum::Int(count as i64)));
    assert_eq!(values[1], Calculated::Value(Datum::Int(sum as i64)));
    assert_eq!(values[2], Calculated::Value(Datum::Int(8_999)));
    assert_eq!(values[3], Calculated::Value(Datum::Int(997)));
    let Calculated::Value(Datum::Float(p99)) = values[4] else { panic!("{:?}", values[4]) };
    assert!((p99 / 990.0 - 1.0).abs() < 0.01, "{p99}");
}

/// Guarantees: a question that nothing matches has one row without groups and none with them.
#[test]
fn nothing() {
    let mut world = World::new(4_096);
    world.append(vec![spans(0..10)]);
    let none = is(number(), Test::Compare(Comparison::Less, Literal::Int(-1)));
    let mut question = plain(
        Vec::new(),
        vec![Aggregate::Count, Aggregate::Mean(number()), Aggregate::Least(name())],
    );
    question.scope.filter = Some(none);
    question.step = Some(Duration::from_secs(60));
    let answer = world.aggregate(&question);
    let zero = Calculated::Value(Datum::Int(0));
    assert_eq!(answer.groups[0].values, [zero, Calculated::Nothing, Calculated::Nothing]);
    assert!(answer.series.is_empty());
    question.groups = vec![name()];
    assert!(world.aggregate(&question).groups.is_empty());
}
