//! The neutral query: what dialects translate their languages into.

use std::time::Duration;

use model::{DatasetId, EnvironmentId, Timestamp};

use crate::field::Field;

/// Which events a query is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// The environment.
    pub environment: EnvironmentId,
    /// Its datasets; every one if unset.
    pub datasets: Option<Vec<DatasetId>>,
    /// The first moment.
    pub start: Timestamp,
    /// The first moment after the last.
    pub end: Timestamp,
    /// Which of those events; all if unset.
    pub filter: Option<Filter>,
}

/// A condition on events.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every condition holds.
    All(Vec<Filter>),
    /// At least one holds.
    Any(Vec<Filter>),
    /// A field's value is as said.
    Is(Predicate),
}

/// A condition on one field.
///
/// A condition on a field that a row does not have is false, and its negation true.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    /// The field.
    pub field: Field,
    /// Whether the condition must not hold.
    pub negated: bool,
    /// The condition.
    pub test: Test,
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// There is one.
    Exists,
    /// How it compares with a literal.
    Compare(Comparison, Literal),
    /// It is one of these.
    OneOf(Vec<Literal>),
    /// Its text begins so.
    StartsWith(String),
    /// Its text ends so.
    EndsWith(String),
    /// Its text has this in it.
    Contains(String),
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They are equal.
    Equal,
    /// The first is less.
    Less,
    /// The first is less or equal.
    LessOrEqual,
    /// The first is greater.
    Greater,
    /// The first is greater or equal.
    GreaterOrEqual,
}

/// A value in a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// True or false.
    Bool(bool),
}

/// What is calculated of each group of events. Every event counts with its sample rate.
#[derive(Clone, Debug, PartialEq)]
pub enum Aggregate {
    /// How many events.
    Count,
    /// How many events that have the field.
    CountOf(Field),
    /// The sum of the field's numbers.
    Sum(Field),
    /// Their mean.
    Mean(Field),
    /// The least, not weighted.
    Least(Field),
    /// The greatest, not weighted.
    Greatest(Field),
    /// How many distinct values, not weighted.
    Distinct(Field),
    /// The value at or below which so many thousandths lie.
    Quantile(Field, u32),
    /// The distribution, by quarters of an octave.
    Heatmap(Field),
}

impl Aggregate {
    /// The field it is of.
    pub fn field(&self) -> Option<&Field> {
        match self {
            Self::Count => None,
            Self::CountOf(field)
            | Self::Sum(field)
            | Self::Mean(field)
            | Self::Least(field)
            | Self::Greatest(field)
            | Self::Distinct(field)
            | Self::Quantile(field, _)
            | Self::Heatmap(field) => Some(field),
        }
    }
}

/// A condition on groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Having {
    /// The aggregate, one that can be compared.
    pub aggregate: Aggregate,
    /// Whether the comparison must not hold.
    pub negated: bool,
    /// How it compares.
    pub comparison: Comparison,
    /// With what.
    pub value: f64,
}

/// What groups are sorted by.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The key.
    pub by: OrderBy,
    /// Whether the greatest comes first. Groups without a value always come last.
    pub descending: bool,
}

/// A key that groups are sorted by.
#[derive(Clone, Debug, PartialEq)]
pub enum OrderBy {
    /// The group field at this place.
    Group(usize),
    /// An aggregate.
    Aggregate(Aggregate),
}

/// A question about groups of events.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateQuery {
    /// Which events.
    pub scope: Scope,
    /// What they are grouped by.
    pub groups: Vec<Field>,
    /// What is calculated of each group.
    pub aggregates: Vec<Aggregate>,
    /// Which groups are kept: all conditions hold.
    pub havings: Vec<Having>,
    /// How groups are sorted; ties by the group fields.
    pub orders: Vec<Order>,
    /// How many groups are kept.
    pub limit: usize,
    /// The step of the series of each group; no series if unset.
    pub step: Option<Duration>,
    /// What is worked out beside the groups.
    pub beside: Beside,
}

/// What may be worked out beside the groups that are shown, from the same events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Everything calculated of all groups together, those that no condition lets pass included;
    /// with a series where groups have one.
    pub total: bool,
    /// Everything calculated of the groups together that are not shown.
    pub rest: bool,
}

/// A question for events as they are, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct RowsQuery {
    /// Which events.
    pub scope: Scope,
    /// How many.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<Cursor>,
}

/// A place in a list of events, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The time of the last event.
    pub time: Timestamp,
    /// Orders events of one time.
    pub tie: u64,
    /// How many events of just this time and tie have been listed.
    pub listed: u64,
}
