//! The values that a field has had lately, for whoever completes what somebody types.
//!
//! All values would be a question about groups over everything. What helps while typing is what is
//! common now, so the newest events that have the field are looked at, a bounded number of them.

use std::collections::BTreeMap;

use model::{Result, number_text};
use store::Snapshot;

use crate::datum::Datum;
use crate::engine::Context;
use crate::field::Field;
use crate::progress::Progress;
use crate::row::WholeRow;
use crate::rows;
use crate::scan::Detail;
use crate::spec::{Filter, Predicate, Scope, Test};
use crate::statistics::Statistics;

/// Events that are looked at: values that one in a thousand has are most likely among them, and
/// reading them takes some tens of milliseconds.
const SAMPLE_ROWS: usize = 10_000;

/// A question for the values of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct ValuesQuery {
    /// Of which events.
    pub scope: Scope,
    /// The field.
    pub field: Field,
    /// What the values begin with, as text; anything if unset.
    pub starts_with: Option<String>,
    /// How many values.
    pub limit: usize,
}

/// Values of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValuesAnswer {
    /// The values and how many events of the sample have them, the most common first.
    pub values: Vec<(Datum, u64)>,
    /// The events that were looked at: the newest that have such a value.
    pub sampled: u64,
    /// What it took.
    pub statistics: Statistics,
}

/// Looks values up in a snapshot.
pub(crate) async fn run(
    context: &Context,
    snapshot: &Snapshot,
    query: &ValuesQuery,
) -> Result<ValuesAnswer> {
    let test = query.starts_with.clone().map_or(Test::Exists, Test::StartsWith);
    let has = Filter::Is(Predicate { field: query.field.clone(), negated: false, test });
    let conditions = std::iter::once(has).chain(query.scope.filter.clone());
    let scope = Scope { filter: Some(Filter::All(conditions.collect())), ..query.scope.clone() };
    let names: Vec<&str> = query.field.attributes.iter().map(String::as_str).collect();
    let sample = rows::Sample {
        scope: &scope,
        wanted: SAMPLE_ROWS,
        until: i64::MAX,
        detail: Detail::Attributes(&names),
    };
    let mut answer = ValuesAnswer::default();
    let progress = Progress::default();
    let mut found =
        rows::find(context, snapshot, &sample, &progress, &mut answer.statistics).await?;
    // Rows of one moment are all found together.
    found.truncate(SAMPLE_ROWS);
    let mut counted: BTreeMap<String, (Datum, u64)> = BTreeMap::new();
    for value in found.iter().filter_map(|row| value_of(row, &query.field)) {
        answer.sampled += 1;
        counted.entry(spelled(&value)).or_insert((value, 0)).1 += 1;
    }
    let mut values: Vec<(String, (Datum, u64))> = counted.into_iter().collect();
    values.sort_by(|a, b| b.1.1.cmp(&a.1.1).then_with(|| a.0.cmp(&b.0)));
    values.truncate(query.limit);
    answer.values = values.into_iter().map(|(_, counted)| counted).collect();
    Ok(answer)
}

fn value_of(row: &WholeRow, field: &Field) -> Option<Datum> {
    let attribute = field.attributes.iter().find_map(|name| row.attribute(name)).cloned();
    attribute.or_else(|| row.view(field.view.as_ref()?))
}

/// A value as text, so that 5 and 5.0 are one.
fn spelled(value: &Datum) -> String {
    let mut text = String::new();
    match value {
        Datum::Text(value) => text.push_str(value),
        Datum::Int(int) => text.push_str(&int.to_string()),
        Datum::Float(float) => number_text(*float, &mut text),
        Datum::Bool(bool) => text.push_str(if *bool { "true" } else { "false" }),
    }
    text
}
