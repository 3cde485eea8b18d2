//! `calculations`: what is worked out for each group.

use model::Result;
use query::Aggregate;

use super::clause::{Clause, Members};
use super::filters;

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
}

/// Every operation of the specification; those that are not built make nothing.
pub(super) const OPS: [(&str, Option<Op>); 26] = [
    ("COUNT", Some(Op::Count)),
    ("SUM", Some(Op::Sum)),
    ("AVG", Some(Op::Mean)),
    ("MIN", Some(Op::Least)),
    ("MAX", Some(Op::Greatest)),
    ("COUNT_DISTINCT", Some(Op::Distinct)),
    ("HEATMAP", Some(Op::Heatmap)),
    ("P001", Some(Op::Quantile(1))),
    ("P01", Some(Op::Quantile(10))),
    ("P05", Some(Op::Quantile(50))),
    ("P10", Some(Op::Quantile(100))),
    ("P20", Some(Op::Quantile(200))),
    ("P25", Some(Op::Quantile(250))),
    ("P50", Some(Op::Quantile(500))),
    ("P75", Some(Op::Quantile(750))),
    ("P80", Some(Op::Quantile(800))),
    ("P90", Some(Op::Quantile(900))),
    ("P95", Some(Op::Quantile(950))),
    ("P99", Some(Op::Quantile(990))),
    ("P999", Some(Op::Quantile(999))),
    ("CONCURRENCY", None),
    ("RATE_AVG", None),
    ("RATE_SUM", None),
    ("RATE_MAX", None),
    ("COUNT_DATAPOINTS", None),
    ("HISTOGRAM_COUNT", None),
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
                if let Some(member) = members.said(name) {
                    return Err(member.not_built(&format!("{name} of a calculation")));
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
    let name = op.text()?;
    let Some(kind) = op.one_of(&OPS)? else {
        return Err(op.not_built(&format!("the calculation {name}")));
    };
    let column = match (kind, column) {
        (Op::Count, None) => return Ok((Aggregate::Count, name.to_owned())),
        (_, Some(column)) => column,
        (_, None) => members.required("column", "the field to calculate with")?,
    };
    let column = filters::column(&column)?;
    let field = crate::field(column);
    let aggregate = match kind {
        Op::Count => Aggregate::CountOf(field),
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
