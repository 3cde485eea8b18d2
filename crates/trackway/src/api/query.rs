//! `POST /api/v1/query`: a question in Honeycomb's query language, answered at once.
//!
//! With `rows` the events themselves are listed, page by page. A body that cannot be read is a 400;
//! a question that is wrong or asks for what is not built is a 422 that names the clause.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use honeycomb::language::{self, Asked};
use honeycomb::render;
use model::{DatasetId, Error, Result};
use registry::Permission;
use serde_json::{Map, Value, json};
use store::Snapshot;

use super::{ALL_DATASETS, Failure, admit, datasets_of, json_response, read_body, wrong};
use crate::app::{App, blocking};

/// `POST /api/v1/query`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/v1/query", post(ask))
}

/// A request's members.
#[derive(Debug, Default)]
struct Request {
    dataset: String,
    query: Value,
    rows: bool,
    next: Option<String>,
    disable_series: bool,
}

async fn ask(
    State(app): State<Arc<App>>,
    request: axum::extract::Request,
) -> Result<Response, Failure> {
    let admission = admit(&app, request.headers(), Permission::Query)?;
    let request = Request::read(&read_body(request).await?)?;
    let snapshot = app.snapshot().await?;
    let asked = Asked {
        environment: admission.environment,
        datasets: datasets_of(&snapshot, admission.environment, &request.dataset)?,
        now: app.clock.now(),
    };
    if request.rows {
        list(&app, snapshot, &asked, &request).await
    } else {
        group(&app, snapshot, &asked, &request).await
    }
}

async fn group(
    app: &App,
    snapshot: Snapshot,
    asked: &Asked,
    request: &Request,
) -> Result<Response, Failure> {
    let question =
        language::read_question(&request.query, asked, request.disable_series).map_err(wrong)?;
    let answer = app.engine.aggregate(snapshot, question.query.clone()).await?;
    let body = blocking(move || {
        let data = render::results(&question, &answer);
        let statistics = render::statistics(&answer.statistics);
        Ok(json!({"data": data, "statistics": statistics}).to_string())
    });
    Ok(json_response(body.await?))
}

async fn list(
    app: &App,
    snapshot: Snapshot,
    asked: &Asked,
    request: &Request,
) -> Result<Response, Failure> {
    let next = request.next.as_deref();
    let query = language::read_rows(&request.query, asked, next).map_err(wrong)?;
    let scope = query.scope.clone();
    let answer = app.engine.rows(snapshot.clone(), query).await?;
    // Ten thousand events take a while to write.
    let body = blocking(move || {
        let name = |id: DatasetId| snapshot.datasets().get(id).map_or("", |known| &known.name);
        let rows = answer.rows.iter().map(|row| render::event(row, name(row.dataset)));
        let body = json!({
            "rows": rows.collect::<Vec<_>>(),
            "next": answer.next.map(|cursor| language::write_cursor(&scope, &cursor)),
            "statistics": render::statistics(&answer.statistics),
        });
        Ok(body.to_string())
    });
    Ok(json_response(body.await?))
}

impl Request {
    fn read(body: &[u8]) -> Result<Self> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|error| Error::invalid("the body is not JSON").because(error))?;
        let Value::Object(members) = body else {
            return Err(Error::invalid("the body is not an object"));
        };
        Self::of(members)
    }

    fn of(members: Map<String, Value>) -> Result<Self> {
        let mut request = Self::default();
        let (mut has_dataset, mut has_query) = (false, false);
        for (name, value) in members {
            let wrong = |expected: &str| {
                Error::invalid(format!("{name}: {value} where {expected} is expected"))
            };
            match (name.as_str(), &value) {
                ("dataset", Value::String(dataset)) => {
                    request.dataset.clone_from(dataset);
                    has_dataset = true;
                }
                ("dataset", _) => return Err(wrong("the name of a dataset")),
                ("query", Value::Object(_)) => {
                    request.query = value;
                    has_query = true;
                }
                ("query", _) => return Err(wrong("a query, which is an object,")),
                ("rows", Value::Bool(rows)) => request.rows = *rows,
                ("disable_series", Value::Bool(disabled)) => request.disable_series = *disabled,
                ("rows" | "disable_series", _) => return Err(wrong("true or false")),
                ("next", Value::String(next)) => request.next = Some(next.clone()),
                ("next", Value::Null) => {}
                ("next", _) => return Err(wrong("the \"next\" of the page before")),
                _ => {
                    return Err(Error::invalid(format!(
                        "{name:?} is not a member; these are: dataset, query, rows, next, \
                         disable_series"
                    )));
                }
            }
        }
        if !has_dataset {
            return Err(Error::invalid(format!(
                "dataset is missing: the name of one, or {ALL_DATASETS:?}"
            )));
        }
        if !has_query {
            return Err(Error::invalid("query is missing: {} counts all events of two hours"));
        }
        if request.next.is_some() && !request.rows {
            return Err(Error::invalid(
                "next is given where rows is not true: only rows have pages",
            ));
        }
        Ok(request)
    }
}
