//! `filters` and `filter_combination`: which events a query is about.

use model::Result;
use query::{Comparison, Filter, Literal, Predicate, Test};
use serde_json::Value;

use super::clause::{Clause, Members};

/// The members of a query that are about filters.
pub(super) const MEMBERS: [&str; 2] = ["filters", "filter_combination"];
/// Most filters of a query.
const FILTERS_MAX: usize = 100;
/// Most values of `in` and `not-in`.
const LIST_MAX: usize = 10_000;

/// Fields of other spans of an event's trace.
const RELATIONAL: [&str; 7] = ["root.", "parent.", "child.", "any.", "any2.", "any3.", "none."];

/// What an operator asks, apart from its negation.
#[derive(Clone, Copy, Debug)]
enum Op {
    Compare(Comparison),
    StartsWith,
    EndsWith,
    Contains,
    Exists,
    OneOf,
}

/// Every operator, and whether it is the opposite of what it asks.
const OPS: [(&str, (Op, bool)); 16] = [
    ("=", (Op::Compare(Comparison::Equal), false)),
    ("!=", (Op::Compare(Comparison::Equal), true)),
    (">", (Op::Compare(Comparison::Greater), false)),
    (">=", (Op::Compare(Comparison::GreaterOrEqual), false)),
    ("<", (Op::Compare(Comparison::Less), false)),
    ("<=", (Op::Compare(Comparison::LessOrEqual), false)),
    ("starts-with", (Op::StartsWith, false)),
    ("does-not-start-with", (Op::StartsWith, true)),
    ("ends-with", (Op::EndsWith, false)),
    ("does-not-end-with", (Op::EndsWith, true)),
    ("exists", (Op::Exists, false)),
    ("does-not-exist", (Op::Exists, true)),
    ("contains", (Op::Contains, false)),
    ("does-not-contain", (Op::Contains, true)),
    ("in", (Op::OneOf, false)),
    ("not-in", (Op::OneOf, true)),
];

/// The condition that a query's filters make.
///
/// A filter on a field that an event does not have does not hold, and its opposite does.
pub(super) fn read(members: &Members<'_>) -> Result<Option<Filter>> {
    let any = match members.said("filter_combination") {
        Some(word) => word.one_of(&[("AND", false), ("OR", true)])?,
        None => false,
    };
    let Some(filters) = members.said("filters") else { return Ok(None) };
    let filters = filters.list(FILTERS_MAX)?;
    let filters = filters.iter().map(filter).collect::<Result<Vec<_>>>()?;
    Ok(Some(if any { Filter::Any(filters) } else { Filter::All(filters) }))
}

fn filter(clause: &Clause<'_>) -> Result<Filter> {
    let members = clause.members()?;
    members.refuse_unknown(&[&["column", "op", "value"]])?;
    let column = column(&members.required("column", "the name of a field")?)?;
    let (op, negated) = members.required("op", "an operator such as =")?.one_of(&OPS)?;
    let value = || members.required("value", "what the field is compared with");
    let test = match op {
        Op::Exists => {
            if let Some(value) = members.said("value") {
                return Err(value.refused("no value beside this operator"));
            }
            Test::Exists
        }
        Op::Compare(comparison) => Test::Compare(comparison, literal(&value()?)?),
        Op::StartsWith => Test::StartsWith(text(&value()?)?),
        Op::EndsWith => Test::EndsWith(text(&value()?)?),
        Op::Contains => Test::Contains(text(&value()?)?),
        Op::OneOf => {
            let values = value()?.list(LIST_MAX)?;
            Test::OneOf(values.iter().map(literal).collect::<Result<_>>()?)
        }
    };
    Ok(Filter::Is(Predicate { field: crate::field(column), negated, test }))
}

/// The name of a field, one of the event itself.
pub(super) fn column<'a>(clause: &Clause<'a>) -> Result<&'a str> {
    let name = clause.text()?;
    if name.is_empty() {
        return Err(clause.refused("the name of a field"));
    }
    if RELATIONAL.iter().any(|prefix| name.starts_with(prefix)) {
        return Err(clause.not_built(&format!("the field {name:?} of another span")));
    }
    Ok(name)
}

fn literal(clause: &Clause<'_>) -> Result<Literal> {
    Ok(match clause.value() {
        Value::String(text) => Literal::Text(text.clone()),
        Value::Bool(bool) => Literal::Bool(*bool),
        Value::Number(number) => match number.as_i64() {
            Some(int) => Literal::Int(int),
            None => Literal::Float(clause.number()?),
        },
        _ => return Err(clause.refused("text, a number, true or false")),
    })
}

/// A literal as the text it is searched as.
fn text(clause: &Clause<'_>) -> Result<String> {
    Ok(match literal(clause)? {
        Literal::Text(text) => text,
        Literal::Int(int) => int.to_string(),
        Literal::Bool(bool) => bool.to_string(),
        Literal::Float(float) => {
            let mut text = String::new();
            model::number_text(float, &mut text);
            text
        }
    })
}
