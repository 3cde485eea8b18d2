//! `GET /api/v1/traces/breakdown`: how traces are spread over the values of a field.
//!
//! ```text
//! {"groups": [{"value", "count", "share", "avg_ms", "p95_ms", "errors", "error_share"}],
//!  "total": N, "statistics": {}}
//! ```
//!
//! It is of root spans, so that every trace counts once and the shares add up to one: `by` is a
//! field of the root span, and so are those of the filters. A trace without its root is not in it.
//! Counts are weighted by sample rates: they say how many there were, not how many were kept.
//! Shares are of all that passed, also of those beyond `limit`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use honeycomb::{field, render};
use model::Error;
use query::{
    Aggregate, AggregateQuery, Beside, Calculated, Datum, Filter, Group, Literal, Order, OrderBy,
    Predicate, Scope, Test,
};
use registry::Permission;
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::trace_list::{SCOPE, failed, scope};
use super::{Failure, admit, json_response};
use crate::app::App;

/// Most groups of an answer, as of a query.
const GROUPS_MAX: usize = 1_000;
/// How many there are where nobody says: more than a table shows.
const GROUPS_DEFAULT: usize = 100;

/// `GET /api/v1/traces/breakdown`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/v1/traces/breakdown", get(break_down))
}

async fn break_down(
    State(app): State<Arc<App>>,
    Query(given): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let admission = admit(&app, &headers, Permission::Query)?;
    let parameters = Parameters::new(given, &[&SCOPE[..], &["by", "limit"]].concat())?;
    let by = parameters.text("by").ok_or_else(|| {
        Error::invalid("by is missing: the name of a field, such as http.response.status_code")
    })?;
    let limit = parameters.number("limit", 1, GROUPS_MAX)?.unwrap_or(GROUPS_DEFAULT);
    let snapshot = app.snapshot().await?;
    let mut scope = scope(&app, &snapshot, &admission, &parameters)?;
    scope.filter = Some(all(root_spans(), scope.filter));
    let duration = || field("duration_ms");
    let of_groups =
        vec![Aggregate::Count, Aggregate::Mean(duration()), Aggregate::Quantile(duration(), 950)];
    let ask = |scope: &Scope, aggregates: Vec<Aggregate>, beside| {
        let query = AggregateQuery {
            scope: scope.clone(),
            groups: vec![field(by)],
            aggregates,
            havings: Vec::new(),
            orders: vec![Order { by: OrderBy::Aggregate(Aggregate::Count), descending: true }],
            limit,
            step: None,
            beside,
        };
        app.engine.aggregate(snapshot.clone(), query)
    };
    let groups = ask(&scope, of_groups, Beside { total: true, rest: false }).await?;
    // Of the groups that are shown, and no others: a field may have millions of values.
    let of_shown = all(vec![failed(), one_of(by, &groups.groups)], scope.filter.clone());
    let failing = Scope { filter: Some(of_shown), ..scope };
    let errors = ask(&failing, vec![Aggregate::Count], Beside::default()).await?;
    let total = groups.total.as_ref().and_then(|total| number(total, 0)).unwrap_or(0.0);
    let errors_of = |group: &Group| {
        let same = errors.groups.iter().find(|other| spelled(other) == spelled(group));
        same.and_then(|same| number(&same.values, 0)).unwrap_or(0.0)
    };
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let shown: Vec<Value> = groups
        .groups
        .iter()
        .map(|group| {
            let (count, failed) = (number(&group.values, 0).unwrap_or(0.0), errors_of(group));
            json!({
                "value": group.keys.first().and_then(Option::as_ref).map(render::value),
                "count": count as u64,
                "share": share(count, total),
                "avg_ms": number(&group.values, 1),
                "p95_ms": number(&group.values, 2),
                "errors": failed as u64,
                "error_share": share(failed, count),
            })
        })
        .collect();
    let statistics = render::statistics(&groups.statistics);
    let body = json!({"groups": shown, "total": total as u64, "statistics": statistics});
    Ok(json_response(body.to_string()))
}

/// What root spans have in common. The first is what leaves out files of other signals unread.
fn root_spans() -> Vec<Filter> {
    let exists = |name: &str, negated| {
        Filter::Is(Predicate { field: field(name), negated, test: Test::Exists })
    };
    vec![
        exists("duration_ms", false),
        exists("trace.parent_id", true),
        exists("trace.span_id", false),
        exists("trace.trace_id", false),
    ]
}

/// Spans whose value of a field is that of one of these groups.
fn one_of(by: &str, groups: &[Group]) -> Filter {
    let is = |negated, test| Filter::Is(Predicate { field: field(by), negated, test });
    let keys = || groups.iter().filter_map(|group| group.keys.first());
    let literal = |value: &Datum| match value {
        Datum::Text(text) => Literal::Text(text.clone()),
        Datum::Int(int) => Literal::Int(*int),
        Datum::Float(float) => Literal::Float(*float),
        Datum::Bool(bool) => Literal::Bool(*bool),
    };
    let mut ways = vec![is(false, Test::OneOf(keys().flatten().map(literal).collect()))];
    if keys().any(Option::is_none) {
        ways.push(is(true, Test::Exists));
    }
    Filter::Any(ways)
}

/// The value of a group in one spelling: whole numbers and fractions are told apart by which of
/// them a question met.
fn spelled(group: &Group) -> Option<String> {
    let mut text = String::new();
    match group.keys.first()?.as_ref()? {
        Datum::Text(value) => text.push_str(value),
        Datum::Int(int) => model::number_text(*int as f64, &mut text),
        Datum::Float(float) => model::number_text(*float, &mut text),
        Datum::Bool(bool) => text.push_str(if *bool { "true" } else { "false" }),
    }
    Some(text)
}

fn all(mut conditions: Vec<Filter>, more: Option<Filter>) -> Filter {
    conditions.extend(more);
    Filter::All(conditions)
}

fn number(values: &[Calculated], place: usize) -> Option<f64> {
    match values.get(place)? {
        Calculated::Value(Datum::Int(int)) => Some(*int as f64),
        Calculated::Value(Datum::Float(float)) => Some(*float),
        _ => None,
    }
}
