//! `breakdowns`, `orders` and `havings`: which groups there are, which are kept, and in what order.

use model::Result;
use query::{Aggregate, Comparison, Having, Order, OrderBy};

use super::clause::Members;
use super::{calculations, filters};

/// Most of each.
const CLAUSES_MAX: usize = 100;

/// The names of the fields that groups are by.
pub(super) fn breakdowns(members: &Members<'_>) -> Result<Vec<String>> {
    let Some(breakdowns) = members.said("breakdowns") else { return Ok(Vec::new()) };
    let mut names: Vec<String> = Vec::new();
    for breakdown in breakdowns.list(CLAUSES_MAX)? {
        let name = filters::column(&breakdown)?;
        if names.iter().any(|known| known == name) {
            return Err(breakdown.refused("a field that is not among the breakdowns yet"));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// What groups are sorted by: calculations and breakdowns of the query.
pub(super) fn orders(
    members: &Members<'_>,
    calculations: &[(Aggregate, String)],
    breakdowns: &[String],
) -> Result<Vec<Order>> {
    let Some(orders) = members.said("orders") else { return Ok(Vec::new()) };
    orders
        .list(CLAUSES_MAX)?
        .iter()
        .map(|clause| {
            let members = clause.members()?;
            members.refuse_unknown(&[&["op", "column", "order"]])?;
            let descending = match members.said("order") {
                Some(word) => word.one_of(&[("ascending", false), ("descending", true)])?,
                None => false,
            };
            let expected = "a calculation or breakdown of this query";
            let by = match members.said("op") {
                Some(op) => {
                    let (aggregate, _) =
                        calculations::named(&op, members.said("column"), &members)?;
                    if matches!(aggregate, Aggregate::Heatmap(_)) {
                        return Err(op.refused("a calculation that gives one value"));
                    }
                    if !calculations.iter().any(|(known, _)| *known == aggregate) {
                        return Err(clause.refused(expected));
                    }
                    OrderBy::Aggregate(aggregate)
                }
                None => {
                    let column = members.required("column", expected)?;
                    let name = column.text()?;
                    let place = breakdowns.iter().position(|known| known == name);
                    OrderBy::Group(place.ok_or_else(|| column.refused(expected))?)
                }
            };
            Ok(Order { by, descending })
        })
        .collect()
}

/// The conditions that groups must meet.
pub(super) fn havings(members: &Members<'_>) -> Result<Vec<Having>> {
    const OPS: [(&str, (Comparison, bool)); 6] = [
        ("=", (Comparison::Equal, false)),
        ("!=", (Comparison::Equal, true)),
        (">", (Comparison::Greater, false)),
        (">=", (Comparison::GreaterOrEqual, false)),
        ("<", (Comparison::Less, false)),
        ("<=", (Comparison::LessOrEqual, false)),
    ];
    let Some(havings) = members.said("havings") else { return Ok(Vec::new()) };
    havings
        .list(CLAUSES_MAX)?
        .iter()
        .map(|clause| {
            let members = clause.members()?;
            members.refuse_unknown(&[&["calculate_op", "column", "op", "value"]])?;
            let op = members.required("calculate_op", "an operation such as COUNT")?;
            let (aggregate, _) = calculations::named(&op, members.said("column"), &members)?;
            if matches!(aggregate, Aggregate::Heatmap(_)) {
                return Err(op.refused("a calculation that gives one value"));
            }
            let comparison = members.required("op", "a comparison such as >")?;
            let (comparison, negated) = comparison.one_of(&OPS)?;
            let value = members.required("value", "a number")?.number()?;
            Ok(Having { aggregate, negated, comparison, value })
        })
        .collect()
}
