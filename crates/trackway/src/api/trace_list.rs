//! `GET /api/v1/traces`: traces page by page, those with the newest or the longest spans first.
//!
//! ```text
//! {"traces": [{"trace_id",
//!              "root": {"name", "service", "kind", "status"} or null, where it is not there,
//!              "first": the same of the span that began first,
//!              "start": TIME, "duration_ms", "spans", "errors", "logs",
//!              "services": [], "missing": spans above others that are not there}],
//!  "next": a page's "next" or null, "statistics": {}}
//! ```
//!
//! A trace is listed if one of its spans passes everything that is asked: dataset, time, filters
//! and, with `failing=true`, that it failed. `sort=recent` puts the trace first whose newest such
//! span began last; `sort=slowest` the one whose longest such span took longest. That needs no row
//! but spans that pass, and says the same whether a root is there or not. The summary is of the
//! whole trace, as far as it lies within an hour of that span.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use honeycomb::{field, language, render};
use model::{Error, Result, Timestamp, TraceId};
use query::{
    Comparison, Filter, Literal, Predicate, Scope, SpanFields, SpanHead, Test, TraceCursor,
    TraceListAnswer, TraceListQuery, TraceOrder, TraceSummary,
};
use registry::{Admission, Permission};
use serde_json::{Value, json};
use store::Snapshot;

use super::parameters::Parameters;
use super::{ALL_DATASETS, Failure, admit, datasets_of, json_response, wrong};
use crate::app::{App, blocking};

/// Most traces on a page: all their rows are read for it.
const TRACES_MAX: usize = 100;
/// How many there are where nobody says.
const TRACES_DEFAULT: usize = 20;
/// The parameters that say which spans are asked for.
pub(super) const SCOPE: [&str; 7] =
    ["dataset", "filters", "filter_combination", "failing", "start_time", "end_time", "time_range"];
const ORDERS: [(&str, TraceOrder); 2] =
    [("recent", TraceOrder::Newest), ("slowest", TraceOrder::Longest)];

/// `GET /api/v1/traces`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/v1/traces", get(list))
}

async fn list(
    State(app): State<Arc<App>>,
    Query(given): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let admission = admit(&app, &headers, Permission::Query)?;
    let known = [&SCOPE[..], &["sort", "limit", "next"]].concat();
    let parameters = Parameters::new(given, &known)?;
    let snapshot = app.snapshot().await?;
    let mut scope = scope(&app, &snapshot, &admission, &parameters)?;
    let order = parameters.one_of("sort", &ORDERS)?.unwrap_or(TraceOrder::Newest);
    let limit = parameters.number("limit", 1, TRACES_MAX)?.unwrap_or(TRACES_DEFAULT);
    let mut after = None;
    if let Some(next) = parameters.text("next") {
        // The range of the first page goes on, also where it was relative to then.
        let (start, end, cursor) = read_cursor(next, order)?;
        (scope.start, scope.end, after) = (start, end, Some(cursor));
    }
    let (start, end) = (scope.start, scope.end);
    let query = TraceListQuery { scope, fields: fields(), order, limit, after };
    let answer = app.engine.traces(snapshot, query).await?;
    let next = answer.next.map(|cursor| write_cursor(start, end, order, &cursor));
    let body = blocking(move || Ok(shown(&answer, next).to_string()));
    Ok(json_response(body.await?))
}

/// What a span is told by, in Honeycomb's names.
fn fields() -> SpanFields {
    SpanFields {
        name: field("name"),
        service: field("service.name"),
        kind: field("span.kind"),
        error: field("error"),
        status: field("status_code"),
        duration_ms: field("duration_ms"),
        parent: field("trace.parent_id"),
    }
}

/// The spans that are asked for.
pub(super) fn scope(
    app: &App,
    snapshot: &Snapshot,
    admission: &Admission,
    parameters: &Parameters,
) -> Result<Scope, Failure> {
    let dataset = parameters.text("dataset").unwrap_or(ALL_DATASETS);
    let filters = parameters.text("filters");
    let filter = language::read_filters(filters, parameters.text("filter_combination"));
    let mut conditions: Vec<Filter> = filter.map_err(wrong)?.into_iter().collect();
    if parameters.one_of("failing", &[("true", true), ("false", false)])? == Some(true) {
        conditions.push(failed());
    }
    let [start, end, range] =
        ["start_time", "end_time", "time_range"].map(|name| parameters.text(name));
    let (start, end) = language::read_range(start, end, range, app.clock.now()).map_err(wrong)?;
    Ok(Scope {
        environment: admission.environment,
        datasets: datasets_of(snapshot, admission.environment, dataset)?,
        start,
        end,
        filter: (!conditions.is_empty()).then_some(Filter::All(conditions)),
    })
}

/// Spans that failed.
pub(super) fn failed() -> Filter {
    let test = Test::Compare(Comparison::Equal, Literal::Bool(true));
    Filter::Is(Predicate { field: field("error"), negated: false, test })
}

fn shown(answer: &TraceListAnswer, next: Option<String>) -> Value {
    json!({
        "traces": answer.traces.iter().map(summary).collect::<Vec<_>>(),
        "next": next,
        "statistics": render::statistics(&answer.statistics),
    })
}

fn summary(trace: &TraceSummary) -> Value {
    json!({
        "trace_id": trace.id.to_string(),
        "root": trace.root.as_ref().map(head),
        "first": head(&trace.first),
        "start": trace.start.to_string(),
        "duration_ms": trace.duration_ms,
        "spans": trace.spans,
        "errors": trace.errors,
        "logs": trace.logs,
        "services": trace.services,
        "missing": trace.missing,
    })
}

fn head(span: &SpanHead) -> Value {
    let status = match (span.is_error, span.is_ok) {
        (true, _) => "error",
        (false, true) => "ok",
        (false, false) => "unset",
    };
    json!({"name": span.name, "service": span.service, "kind": span.kind, "status": status})
}

fn write_cursor(
    start: Timestamp,
    end: Timestamp,
    order: TraceOrder,
    cursor: &TraceCursor,
) -> String {
    let order = ORDERS.iter().find(|(_, known)| *known == order).map_or("", |(word, _)| *word);
    format!("{order}.{}.{}.{}.{}", start.nanos(), end.nanos(), cursor.rank, cursor.id)
}

fn read_cursor(text: &str, order: TraceOrder) -> Result<(Timestamp, Timestamp, TraceCursor)> {
    let read = || {
        let parts: Vec<&str> = text.split('.').collect();
        let [word, start, end, rank, id] = parts.as_slice() else { return None };
        ORDERS.iter().find(|(known, of)| known == word && *of == order)?;
        let moment = |text: &str| text.parse().ok().map(Timestamp::from_nanos);
        let cursor = TraceCursor { rank: rank.parse().ok()?, id: TraceId::parse(id)? };
        Some((moment(start)?, moment(end)?, cursor))
    };
    read().ok_or_else(|| {
        Error::invalid(format!(
            "next: {text:?} where the \"next\" of the page before is expected, with the same sort"
        ))
    })
}
