//! `calculations`: what is worked out for each group.

use model::Result;
use query::Aggregate;

use super::clause::{Clause, Members};
use super::{filters, not_built};

/// Most calculations of a query.
const CALCULATIONS_MAX: usize = 100;

const MEMBERS: [&str; 2] = ["op", "column"];

/// What an operation makes of a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Count,
    Sum,
    Mean,
    Least,
    Greatest,
    Distinct,
    Heatmap,
    /// In thousandths.
    Quantile(u32),
    NotBuilt,
}

/// Every operation of the specification.
pub(super) const OPS: [(&str, Op); 26] = [
    ("COUNT", Op::Count),
    ("SUM", Op::Sum),
    ("AVG", Op::Mean),
    ("MIN", Op::Least),
    ("MAX", Op::Greatest),
    ("COUNT_DISTINCT", Op::Distinct),
    ("HEATMAP", Op::Heatmap),
    ("P001", Op::Quantile(1)),
    ("P01", Op::Quantile(10)),
    ("P05", Op::Quantile(50)),
    ("P10", Op::Quantile(100)),
    ("P20", Op::Quantile(200)),
    ("P25", Op::Quantile(250)),
    ("P50", Op::Quantile(500)),
    ("P75", Op::Quantile(750)),
    ("P80", Op::Quantile(800)),
    ("P90", Op::Quantile(900)),
    ("P95", Op::Quantile(950)),
    ("P99", Op::Quantile(990)),
    ("P999", Op::Quantile(999)),
    ("CONCURRENCY", Op::NotBuilt),
    ("RATE_AVG", Op::NotBuilt),
    ("RATE_SUM", Op::NotBuilt),
    ("RATE_MAX", Op::NotBuilt),
    ("COUNT_DATAPOINTS", Op::NotBuilt),
    ("HISTOGRAM_COUNT", Op::NotBuilt),
];

/// The calculations of a query and what they are called; the count where it names none.
pub(super) fn read(members: &Members<'_>) -> Result<Vec<(Aggregate, String)>> {
    let Some(calculations) = members.said("calculations") else {
        return Ok(vec![(Aggregate::Count, "COUNT".to_owned())]);
    };
    let calculations = calculations.list(CALCULATIONS_MAX)?;
    calculations
        .iter()
        .map(|calculation| {
            let members = calculation.members()?;
            for name in ["filters", "filter_combination", "name"] {
                if members.said(name).is_some() {
                    return Err(not_built(&format!("{name} of a calculation")));
                }
            }
            members.refuse_unknown(&[&MEMBERS, &["filters", "filter_combination", "name"]])?;
            let op = members.required("op", "an operation such as COUNT or P99")?;
            named(&op, members.said("column"), &members)
        })
        .collect()
}

/// The calculation of an operation and a column, and its name.
pub(super) fn named(
    op: &Clause<'_>,
    column: Option<Clause<'_>>,
    members: &Members<'_>,
) -> Result<(Aggregate, String)> {
    let kind = op.one_of(&OPS)?;
    let name = op.text()?;
    if matches!(kind, Op::NotBuilt) {
        return Err(not_built(&format!("the calculation {name}")));
    }
    let Some(column) = column else {
        if matches!(kind, Op::Count) {
            return Ok((Aggregate::Count, name.to_owned()));
        }
        members.required("column", "the field to calculate with")?;
        return Ok((Aggregate::Count, name.to_owned()));
    };
    let column = filters::column(&column)?;
    let field = crate::field(column);
    let aggregate = match kind {
        Op::Count | Op::NotBuilt => Aggregate::CountOf(field),
        Op::Sum => Aggregate::Sum(field),
        Op::Mean => Aggregate::Mean(field),
        Op::Least => Aggregate::Least(field),
        Op::Greatest => Aggregate::Greatest(field),
        Op::Distinct => Aggregate::Distinct(field),
        Op::Heatmap => Aggregate::Heatmap(field),
        Op::Quantile(thousandths) => Aggregate::Quantile(field, thousandths),
    };
    Ok((aggregate, format!("{name}({column})")))
}
