//! Honeycomb's query specification, as questions for the engine.
//!
//! Every member of a specification is read or refused, never passed over: what is wrong or not
//! built yet is an error that names the clause, its value and what was expected. Source: the query
//! specification of Honeycomb's API reference.

mod calculations;
mod clause;
mod cursor;
mod filters;
mod groups;
mod window;

use std::time::Duration;

use model::{DatasetId, EnvironmentId, Error, Result, Timestamp};
use query::{AggregateQuery, Beside, Filter, RowsQuery, Scope};
use serde_json::{Value, json};

use clause::Clause;
use window::Window;

pub use cursor::write_cursor;

/// Most groups in an answer, and how many there are where a query does not say.
const GROUPS_MAX: u64 = 1_000;
/// Most groups in an answer without series.
const GROUPS_WITHOUT_SERIES_MAX: u64 = 10_000;
/// Most events on a page.
const ROWS_MAX: u64 = 10_000;
/// How many there are where a query does not say.
const ROWS_DEFAULT: u64 = 100;

/// Where and when a question is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What it may see.
    pub environment: EnvironmentId,
    /// The datasets it is about; all if unset.
    pub datasets: Option<Vec<DatasetId>>,
    /// The moment it is asked, to which ranges without a start or end are relative.
    pub now: Timestamp,
}

/// A question about groups, and what its parts are called in the answer.
#[derive(Clone, Debug)]
pub struct Question {
    /// The question.
    pub query: AggregateQuery,
    /// The names of its groups' fields.
    pub breakdowns: Vec<String>,
    /// The names of its calculations.
    pub calculations: Vec<String>,
}

/// What errors call the specification itself.
const ROOT: &str = "query";
/// Members of a specification that are only about groups.
const ABOUT_GROUPS: [&str; 5] = ["calculations", "breakdowns", "orders", "havings", "granularity"];
/// Members of a specification that are not built. Refused unless they say nothing.
const NOT_BUILT: [&str; 4] =
    ["calculated_fields", "compare_time_offset_seconds", "formulas", "usage_mode"];

/// The place in a specification that an error of this reader is about: `filters[0].op`.
pub(crate) fn place_of(error: &str) -> &str {
    let place = error.split([':', ' ']).next().unwrap_or_default();
    place.strip_prefix(ROOT).and_then(|place| place.strip_prefix('.')).unwrap_or(ROOT)
}

/// Reads a specification as a question about groups.
pub fn read_question(
    specification: &Value,
    asked: &Asked,
    disable_series: bool,
) -> Result<Question> {
    let clause = Clause::root(ROOT, specification);
    let members = clause.members()?;
    refuse_unknown(&members)?;
    let window = Window::read(&members, asked.now)?;
    let calculations = calculations::read(&members)?;
    let breakdowns = groups::breakdowns(&members)?;
    let orders = groups::orders(&members, &calculations, &breakdowns)?;
    let (aggregates, names) = calculations.into_iter().unzip();
    let limit_max = if disable_series { GROUPS_WITHOUT_SERIES_MAX } else { GROUPS_MAX };
    let query = AggregateQuery {
        scope: scope(&members, asked, window)?,
        groups: breakdowns.iter().map(|name| crate::field(name)).collect(),
        aggregates,
        havings: groups::havings(&members)?,
        orders,
        limit: limit(&members, GROUPS_MAX, limit_max)?,
        step: Some(step(&members, window)?).filter(|_| !disable_series),
        beside: Beside::default(),
    };
    Ok(Question { query, breakdowns, calculations: names })
}

/// Reads conditions alone, as they stand in a path: a list of filters in JSON, and how they are
/// combined where that is said.
pub fn read_filters(filters: Option<&str>, combination: Option<&str>) -> Result<Option<Filter>> {
    let filters: Value = filters.map_or(Ok(Value::Null), |text| {
        serde_json::from_str(text).map_err(|error| {
            Error::invalid("filters: not JSON where a list of filters is expected").because(error)
        })
    })?;
    let said = json!({"filters": filters, "filter_combination": combination});
    filters::read(&Clause::root("parameters", &said).members()?)
}

/// Reads a range of time alone, as it stands in a path: its start, its end and its length, each in
/// seconds, of which any two may be left out or all three.
pub fn read_range(
    start: Option<&str>,
    end: Option<&str>,
    range: Option<&str>,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp)> {
    let said = |name: &str, text: Option<&str>| -> Result<Value> {
        let Some(text) = text else { return Ok(Value::Null) };
        let number: Option<f64> = text.parse().ok().filter(|number: &f64| number.is_finite());
        let wrong = || Error::invalid(format!("{name}: {text:?} where seconds are expected"));
        // Whole numbers keep all their digits.
        match text.parse::<i64>() {
            Ok(whole) => Ok(whole.into()),
            Err(_) => number.map(Value::from).ok_or_else(wrong),
        }
    };
    let said = json!({
        "start_time": said("start_time", start)?,
        "end_time": said("end_time", end)?,
        "time_range": said("time_range", range)?,
    });
    let window = Window::read(&Clause::root("parameters", &said).members()?, now)?;
    Ok((window.start, window.end))
}

/// Reads a specification as a question for events, of the page behind `next` if that is given.
pub fn read_rows(specification: &Value, asked: &Asked, next: Option<&str>) -> Result<RowsQuery> {
    let clause = Clause::root(ROOT, specification);
    let members = clause.members()?;
    for name in ABOUT_GROUPS {
        if let Some(member) = members.said(name) {
            return Err(member.refused("left out where \"rows\" is true: events are not grouped"));
        }
    }
    refuse_unknown(&members)?;
    let window = Window::read(&members, asked.now)?;
    let mut scope = scope(&members, asked, window)?;
    let mut after = None;
    if let Some(next) = next {
        // The range of the first page goes on, also where it was relative to then.
        let (start, end, cursor) = cursor::read(next)?;
        (scope.start, scope.end, after) = (start, end, Some(cursor));
    }
    Ok(RowsQuery { scope, limit: limit(&members, ROWS_DEFAULT, ROWS_MAX)?, after })
}

fn scope(members: &clause::Members<'_>, asked: &Asked, window: Window) -> Result<Scope> {
    Ok(Scope {
        environment: asked.environment,
        datasets: asked.datasets.clone(),
        start: window.start,
        end: window.end,
        filter: filters::read(members)?,
    })
}

fn limit(members: &clause::Members<'_>, default: u64, most: u64) -> Result<usize> {
    let Some(limit) = members.said("limit") else { return Ok(default as usize) };
    let number = limit.whole_number()?;
    match u64::try_from(number) {
        Ok(number) if (1..=most).contains(&number) => Ok(number as usize),
        _ => Err(limit.refused(&format!("a whole number from 1 to {most}"))),
    }
}

fn step(members: &clause::Members<'_>, window: Window) -> Result<Duration> {
    let Some(granularity) = members.said("granularity") else { return Ok(window.round_step()) };
    let seconds = granularity.number()?;
    if seconds == 0.0 {
        return Ok(window.round_step());
    }
    let (least, most) = window.granularities();
    if !(least..=most).contains(&seconds) {
        return Err(granularity.refused(&format!(
            "seconds from a thousandth of the range to all of it, {least} to {most}; 0 for a round \
             one"
        )));
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// Refuses what is no member of a specification, or is one and not built.
fn refuse_unknown(members: &clause::Members<'_>) -> Result<()> {
    let known: [&[&str]; 4] = [&ABOUT_GROUPS, &window::MEMBERS, &filters::MEMBERS, &["limit"]];
    members.refuse_unknown(&known)
}

/// What is said of a part that exists in Honeycomb and not here.
fn not_built(place: &str, what: &str) -> Error {
    Error::invalid(format!("{place}: {what} is not supported yet"))
}

#[cfg(test)]
mod tests;
