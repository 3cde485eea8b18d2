//! Query results: questions that were asked with "run this", worked out in the background.
//!
//! What was asked is a document, with the moment it was asked at, from which its range of time
//! follows; so an id is good for as long as the document is kept, also across a restart. Answers
//! are kept in memory, bounded in bytes, and worked out again when somebody asks for one that had
//! to go.
//!
//! While they are worked out they are listed with all other questions, and can be ended there. A
//! question that fails, or was ended, answers with its problem and not with an empty result:
//! clients take whatever is complete for an answer, and none of them looks for an error in it.

mod cache;
mod links;

use std::sync::Arc;

use model::{DatasetId, EnvironmentId, Error, Result, Timestamp};
use query::{Beside, Cancelled, Ticket};
use registry::Registry;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::desk::{Desk, blocking};
use crate::language::{self, Asked};
use crate::problem::{Kind, Problem};
use crate::render;
use crate::shelf::Shelf;

pub(crate) use cache::{Outcome, Progress};
pub(crate) use links::{links, location};

use cache::{Begun, Cache};

/// The documents: what was asked.
const COLLECTION: &str = "honeycomb.query_results";
/// Most of them. A client asks for a result within minutes of asking the question; this many
/// questions are some days of a busy team's dashboards.
const REQUESTS_MAX: usize = 5_000;

/// A question that was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) environment: u32,
    /// The dataset; every one if unset.
    pub(crate) dataset: Option<u32>,
    pub(crate) query_id: String,
    /// The specification as its client sent it, with the limit that holds.
    pub(crate) query: Value,
    /// When it was asked, ns: what relative ranges are relative to.
    pub(crate) asked: i64,
    pub(crate) disable_series: bool,
    pub(crate) total: bool,
    pub(crate) other: bool,
}

/// All results.
pub(crate) struct Results {
    pub(crate) requests: Shelf,
    cache: Cache,
}

impl Results {
    pub(crate) fn open(registry: Arc<Registry>) -> Result<Self> {
        let requests = Shelf::open(registry, COLLECTION, REQUESTS_MAX)?;
        Ok(Self { requests, cache: Cache::default() })
    }
}

/// How far a question about the datasets behind an address is; begins to work it out if nobody has.
/// Waits for no answer.
pub(crate) fn progress(
    desk: &Arc<Desk>,
    slug: &str,
    id: &str,
    request: &Request,
) -> Result<Progress> {
    match desk.results.cache.begin(id)? {
        Begun::Before(progress) => return Ok(progress),
        Begun::Now => {}
    }
    let end = End { desk: Arc::clone(desk), id: id.to_owned(), outcome: None };
    let told = json!({"dataset": slug, "query": request.query, "query_result": id});
    let environment = EnvironmentId(request.environment);
    let ticket = desk.parts.running.enter(environment, told.to_string());
    tokio::spawn(run(end, ticket, request.clone()));
    Ok(Progress::Running)
}

/// Works a question out, on behalf of whoever asks next.
async fn run(mut end: End, ticket: Ticket, request: Request) {
    let progress = Arc::clone(ticket.question().progress());
    let work = work_out(&end.desk, request, progress);
    // Clients go on asking for a result until it is there or has failed.
    let answer = ticket.unless_cancelled(work).await.unwrap_or_else(|Cancelled| {
        let number = ticket.question().id;
        let text = format!("the query was cancelled by DELETE /api/v1/queries/{number}");
        Err(Problem::new(Kind::Conflict, text))
    });
    // What may be better next time is asked again.
    let is_final = match &answer {
        Ok(_) => true,
        Err(problem) => problem.retry_after.is_none(),
    };
    let finished = end.desk.parts.clock.now();
    end.outcome = is_final.then_some(Outcome { finished, answer });
}

/// Tells the cache how the work on a question ended, also where it just ended.
struct End {
    desk: Arc<Desk>,
    id: String,
    outcome: Option<Outcome>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.desk.results.cache.end(&self.id, self.outcome.take());
    }
}

/// The data of an answer, as JSON.
async fn work_out(
    desk: &Desk,
    request: Request,
    progress: Arc<query::Progress>,
) -> Result<String, Problem> {
    let asked = Asked {
        environment: EnvironmentId(request.environment),
        datasets: request.dataset.map(|id| vec![DatasetId(id)]),
        now: Timestamp::from_nanos(request.asked),
    };
    let mut question = language::read_question(&request.query, &asked, request.disable_series)?;
    question.query.beside = Beside { total: request.total, rest: request.other };
    let snapshot = desk.snapshot().await?;
    let query = question.query.clone();
    let answer = desk.parts.engine.aggregate_watched(snapshot, query, progress).await?;
    if !answer.statistics.unreadable.is_empty() {
        return Err(Error::corrupt(format!(
            "files that hold a part of the answer do not read: {}; `trackway check` says more",
            answer.statistics.unreadable.join(", ")
        ))
        .into());
    }
    // Thousands of groups take a while to write.
    Ok(blocking(move || Ok(render::query_result(&question, &answer).to_string())).await?)
}
