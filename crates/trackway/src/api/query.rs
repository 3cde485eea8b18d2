//! `POST /api/v1/query`: a question in Honeycomb's query language, answered at once.
//!
//! With `rows` the events themselves are listed, page by page. A body that cannot be read is a 400;
//! a question that is wrong or asks for what is not built is a 422 that names the clause. Who
//! accepts `text/event-stream` is told in events `progress` how far the question has come, and then
//! its answer in one event `result`, or why there is none in one event `error`. A question ends
//! when it is cancelled, and when nobody waits for it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use futures::stream;
use honeycomb::language::{self, Asked};
use honeycomb::render;
use model::{DatasetId, Error, Result};
use query::{Beside, Progress, RowsQuery, Ticket};
use registry::Permission;
use serde_json::{Map, Value, json};
use store::Snapshot;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::events::{self, Frames};
use super::{ALL_DATASETS, Failure, admit, datasets_of, json_response, read_body, running, wrong};
use crate::app::{App, blocking};

/// How often progress is told: as often as a bar moves smoothly.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

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
    beside: Beside,
}

/// A question that has been read.
enum Question {
    Groups(language::Question),
    Rows(RowsQuery),
}

async fn ask(
    State(app): State<Arc<App>>,
    request: axum::extract::Request,
) -> Result<Response, Failure> {
    let admission = admit(&app, request.headers(), Permission::Query)?;
    let wants_events = events::wants(request.headers());
    let request = Request::read(&read_body(request).await?)?;
    let snapshot = app.snapshot().await?;
    let asked = Asked {
        environment: admission.environment,
        datasets: datasets_of(&snapshot, admission.environment, &request.dataset)?,
        now: app.clock.now(),
    };
    let question = Question::read(&request, &asked).map_err(wrong)?;
    let told = json!({"dataset": request.dataset, "query": request.query, "rows": request.rows});
    let ticket = Arc::new(app.running.enter(admission.environment, told.to_string()));
    let work = {
        let ticket = Arc::clone(&ticket);
        async move {
            let progress = Arc::clone(ticket.question().progress());
            let work = answer(&app, snapshot, question, progress);
            running::unless_cancelled(&ticket, work).await
        }
    };
    if !wants_events {
        return Ok(json_response(work.await?));
    }
    let mut tick = interval(PROGRESS_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let telling = Telling { ticket, work: Some(Box::pin(work)), tick };
    Ok(events::answer(stream::unfold(telling, Telling::next)))
}

impl Question {
    fn read(request: &Request, asked: &Asked) -> Result<Self> {
        if request.rows {
            let next = request.next.as_deref();
            return language::read_rows(&request.query, asked, next).map(Self::Rows);
        }
        let mut question = language::read_question(&request.query, asked, request.disable_series)?;
        question.query.beside = request.beside;
        Ok(Self::Groups(question))
    }
}

/// Works on a question; gives the JSON of its answer.
async fn answer(
    app: &App,
    snapshot: Snapshot,
    question: Question,
    progress: Arc<Progress>,
) -> Result<String, Failure> {
    match question {
        Question::Groups(question) => {
            let query = question.query.clone();
            let answer = app.engine.aggregate_watched(snapshot, query, progress).await?;
            let body = blocking(move || {
                let data = render::results(&question, &answer);
                let statistics = render::statistics(&answer.statistics);
                Ok(json!({"data": data, "statistics": statistics}).to_string())
            });
            Ok(body.await?)
        }
        Question::Rows(query) => {
            let scope = query.scope.clone();
            let answer = app.engine.rows_watched(snapshot.clone(), query, progress).await?;
            // Ten thousand events take a while to write.
            let body = blocking(move || {
                let name =
                    |id: DatasetId| snapshot.datasets().get(id).map_or("", |known| &known.name);
                let rows = answer.rows.iter().map(|row| render::event(row, name(row.dataset)));
                let body = json!({
                    "rows": rows.collect::<Vec<_>>(),
                    "next": answer.next.map(|cursor| language::write_cursor(&scope, &cursor)),
                    "statistics": render::statistics(&answer.statistics),
                });
                Ok(body.to_string())
            });
            Ok(body.await?)
        }
    }
}

/// A question on its way to the JSON of its answer.
type Work = Pin<Box<dyn Future<Output = Result<String, Failure>> + Send>>;

/// Tells how far a question has come, and its answer in the end. Dropped when its client hangs up,
/// and the question with it.
struct Telling {
    ticket: Arc<Ticket>,
    work: Option<Work>,
    tick: Interval,
}

impl Telling {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let mut frames = Frames::default();
        let work = self.work.as_mut()?;
        tokio::select! {
            biased;
            done = work => {
                self.work = None;
                match done {
                    Ok(answer) => frames.written_event("result", &answer),
                    Err(failure) => frames.event("error", &failure.told()),
                }
            }
            _ = self.tick.tick() => frames.event("progress", &running::told(&self.ticket)),
        }
        Some((Ok(frames.bytes()), self))
    }
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
                ("disable_total_by_aggregate", Value::Bool(disabled)) => {
                    request.beside.total = !*disabled;
                }
                ("disable_other_by_aggregate", Value::Bool(disabled)) => {
                    request.beside.rest = !*disabled;
                }
                (
                    "rows"
                    | "disable_series"
                    | "disable_total_by_aggregate"
                    | "disable_other_by_aggregate",
                    _,
                ) => return Err(wrong("true or false")),
                ("next", Value::String(next)) => request.next = Some(next.clone()),
                ("next", Value::Null) => {}
                ("next", _) => return Err(wrong("the \"next\" of the page before")),
                _ => {
                    return Err(Error::invalid(format!(
                        "{name:?} is not a member; these are: dataset, query, rows, next, \
                         disable_series, disable_total_by_aggregate, disable_other_by_aggregate"
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
