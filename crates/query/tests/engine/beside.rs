//! Totals over all groups, and what the groups that are not shown come to.

use std::time::Duration;

use query::{
    Aggregate, AggregateAnswer, AggregateQuery, Beside, Calculated, Comparison, Datum, Field,
    Filter, Having, Literal, Predicate, Test, View,
};

use crate::world::{World, everything, spans};

const BOTH: Beside = Beside { total: true, rest: true };

fn user() -> Field {
    Field::attribute("user.id")
}

/// Everything that can be calculated, of a field with numbers and of one with text among them.
fn every() -> Vec<Aggregate> {
    let duration = Field::attribute("duration_ms").over(View::DurationMillis);
    let number = Field::attribute("number");
    let of = |field: Field| {
        [
            Aggregate::CountOf(field.clone()),
            Aggregate::Sum(field.clone()),
            Aggregate::Mean(field.clone()),
            Aggregate::Least(field.clone()),
            Aggregate::Greatest(field.clone()),
            Aggregate::Distinct(field.clone()),
            Aggregate::Quantile(field.clone(), 500),
            Aggregate::Heatmap(field),
        ]
    };
    let mut every = vec![Aggregate::Count];
    every.extend([number, duration, Field::attribute("mixed"), user()].into_iter().flat_map(of));
    every
}

fn question(groups: Vec<Field>, beside: Beside) -> AggregateQuery {
    AggregateQuery {
        scope: everything(),
        groups,
        aggregates: every(),
        havings: Vec::new(),
        orders: Vec::new(),
        limit: 25,
        step: Some(Duration::from_secs(3_600)),
        beside,
    }
}

/// What the same aggregates come to without groups, for events of other users than these.
fn apart_from(world: &World, users: &[Datum]) -> AggregateAnswer {
    let mut all = question(Vec::new(), Beside::default());
    let literal = |user: &Datum| match user {
        Datum::Text(text) => Literal::Text(text.clone()),
        other => panic!("{other:?} is no user"),
    };
    let test = Test::OneOf(users.iter().map(literal).collect());
    all.scope.filter = Some(Filter::Is(Predicate { field: user(), negated: true, test }));
    world.aggregate(&all)
}

fn shown(answer: &AggregateAnswer) -> Vec<Datum> {
    answer.groups.iter().map(|group| group.keys[0].clone().unwrap()).collect()
}

fn having(value: f64) -> Vec<Having> {
    let aggregate = Aggregate::Sum(Field::attribute("number"));
    vec![Having { aggregate, negated: false, comparison: Comparison::Greater, value }]
}

fn check(world: &World) {
    let mut grouped = question(vec![user()], BOTH);
    // Some users pass with the first spans alone, and all with all of them.
    grouped.havings = having(80_000.0);
    let answer = world.aggregate(&grouped);
    assert_eq!(answer.groups.len(), 25);
    // Conditions on groups do not apply: it is all events, as if nobody had asked for groups.
    let all = world.aggregate(&question(Vec::new(), Beside::default()));
    assert_eq!(answer.total.as_ref(), Some(&all.groups[0].values));
    assert_eq!(answer.total_series, all.series);
    let others = apart_from(world, &shown(&answer));
    assert_eq!(answer.rest.as_ref(), Some(&others.groups[0].values));
    // What was not asked for changes nothing and is not there.
    let plain = world.aggregate(&AggregateQuery { beside: Beside::default(), ..grouped });
    assert_eq!((plain.total, plain.rest, plain.total_series), (None, None, Vec::new()));
    assert_eq!((plain.groups, plain.series), (answer.groups, answer.series));
}

/// Guarantees: the total is that of all events, and the rest that of the events of no group shown,
/// for every aggregate, wherever the events lie.
#[test]
fn all_together_and_the_others() {
    let mut world = World::new(4_096);
    world.append(vec![spans(0..9_000)]);
    check(&world);
    world.flush();
    world.append(vec![spans(9_000..25_000)]);
    check(&world);
    world.flush();
    check(&world);
    world.compact();
    check(&world);
}

/// Guarantees: where every group is shown the rest is of no event; where none is, it is the total;
/// without groups the total is the one group.
#[test]
fn edges() {
    let mut world = World::new(4_096);
    world.append(vec![spans(0..2_000)]);
    let name = Field::attribute("name").over(View::Name);
    let all_shown = world.aggregate(&question(vec![name.clone()], BOTH));
    assert_eq!(all_shown.groups.len(), 3);
    let rest = all_shown.rest.unwrap();
    assert_eq!(rest[0], Calculated::Value(Datum::Int(0)));
    assert_eq!(rest[2], Calculated::Nothing, "a sum of nothing");
    let mut none = question(vec![name], BOTH);
    none.havings = having(1e12);
    let none_shown = world.aggregate(&none);
    assert!(none_shown.groups.is_empty());
    assert_eq!(none_shown.rest, none_shown.total);
    assert_eq!(none_shown.total, all_shown.total);
    let one = world.aggregate(&question(Vec::new(), BOTH));
    assert_eq!(one.total.as_ref(), Some(&one.groups[0].values));
    assert_eq!(one.total, all_shown.total);
    assert_eq!(one.rest.unwrap()[0], Calculated::Value(Datum::Int(0)));
}
