//! Our own API: what the command line asks, and everybody who writes a program of their own.
//!
//! Every operation is a file; what they share is how a request is admitted and how an error is
//! said. Paths begin with `/api/v1`, and answers are JSON.

pub(crate) mod admit;
mod datasets;
pub(crate) mod failure;
mod query;
mod trace_columns;
mod traces;

use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response;

pub(crate) use admit::admit;
pub(crate) use failure::Failure;

use crate::app::App;

/// Every path of the API.
pub(crate) fn routes(app: &Arc<App>) -> Router {
    let operations =
        Router::new().merge(datasets::routes()).merge(query::routes()).merge(traces::routes());
    operations.layer(map_response(failure::in_our_words)).with_state(Arc::clone(app))
}
