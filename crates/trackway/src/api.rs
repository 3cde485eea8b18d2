//! Our own API: what the command line asks, and everybody who writes a program of their own.
//!
//! Every operation is a file; what they share is how a request is admitted and how an error is
//! said. Paths begin with `/api/v1`, and answers are JSON.

pub(crate) mod admit;
mod backup;
mod datasets;
mod event_span;
mod events;
pub(crate) mod failure;
mod fields;
mod ingest;
mod openapi;
mod parameters;
mod query;
mod running;
pub(crate) mod tail;
mod trace_breakdown;
mod trace_columns;
mod trace_list;
mod traces;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Response};
use bytes::BytesMut;
use futures::StreamExt as _;
use model::{DatasetId, EnvironmentId, Error, ErrorKind, Result};
use store::Snapshot;
use tokio::time::timeout;

pub(crate) use admit::{TEAM, admit};
pub(crate) use failure::Failure;

use crate::app::App;

/// Every path of the API.
pub(crate) fn routes(app: &Arc<App>) -> Router {
    let operations = Router::new()
        .merge(backup::routes())
        .merge(datasets::routes())
        .merge(fields::routes())
        .merge(ingest::routes())
        .merge(openapi::routes())
        .merge(query::routes())
        .merge(running::routes())
        .merge(tail::routes())
        .merge(trace_breakdown::routes())
        .merge(trace_list::routes())
        .merge(traces::routes());
    operations.layer(map_response(failure::in_our_words)).with_state(Arc::clone(app))
}

/// An answer whose JSON has been written already, on a thread that has time for it.
pub(crate) fn json_response(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Stands for every dataset.
const ALL_DATASETS: &str = "__all__";

/// The datasets that a question is about; none stands for all.
fn datasets_of(
    snapshot: &Snapshot,
    environment: EnvironmentId,
    name: &str,
) -> Result<Option<Vec<DatasetId>>> {
    if name == ALL_DATASETS {
        return Ok(None);
    }
    let dataset = snapshot.datasets().find(environment, name).ok_or_else(|| {
        Error::missing(format!(
            "there is no dataset named {name:?}; GET /api/v1/datasets lists them, and \
             {ALL_DATASETS:?} stands for all"
        ))
    })?;
    Ok(Some(vec![dataset.id]))
}

/// What is wrong with a question is not wrong with the request that carries it.
fn wrong(error: Error) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
}

/// Most bytes of a question: those of its longest lists.
const BODY_BYTES_MAX: usize = 2 << 20;
/// How long a question may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// Reads the body of a request, which only those may send whose key has been judged.
pub(crate) async fn read_body(request: Request) -> Result<Bytes, Failure> {
    let Ok(read) = timeout(BODY_PATIENCE, gather(request.into_body())).await else {
        let seconds = BODY_PATIENCE.as_secs();
        let text = format!("the body took longer than {seconds} s to arrive");
        return Err(Failure::new(StatusCode::REQUEST_TIMEOUT, text));
    };
    Ok(read?)
}

async fn gather(body: Body) -> Result<Bytes> {
    let mut pieces = body.into_data_stream();
    let mut all = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(body::broken_off)?;
        if all.len() + piece.len() > BODY_BYTES_MAX {
            let text =
                format!("the body is larger than {BODY_BYTES_MAX} bytes, which are the most");
            return Err(Error::new(ErrorKind::TooLarge, text));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}
