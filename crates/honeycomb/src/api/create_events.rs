//! `POST /1/batch/{dataset}`: a list of events, each with its time and sample rate.
//!
//! The answer has the status of each event in its place, so that a client sends again, or reports,
//! just the one that was refused. It is in MessagePack if the events were and the client takes
//! it.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};

use crate::counts::Doorway;
use crate::delivery;
use crate::door::Door;
use crate::events::{Form, answer_json, answer_msgpack};

pub(crate) async fn handle(
    State(door): State<Arc<Door>>,
    dataset: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let form = answer_form(request.headers());
    match delivery::take(&door, Doorway::Batch, dataset, request).await {
        Ok(outcomes) if form == Form::Msgpack => {
            ([(header::CONTENT_TYPE, "application/msgpack")], answer_msgpack(&outcomes))
                .into_response()
        }
        Ok(outcomes) => {
            ([(header::CONTENT_TYPE, "application/json")], answer_json(&outcomes)).into_response()
        }
        Err(refused) => refused,
    }
}

fn answer_form(headers: &HeaderMap) -> Form {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let accepts = |kind: &str| Form::of(Some(kind)) == Form::Msgpack;
    if text(header::ACCEPT).is_some_and(|kinds| kinds.split(',').any(accepts)) {
        return Form::of(text(header::CONTENT_TYPE));
    }
    Form::Json
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: an answer is in MessagePack only if the request was and says that it may be.
    #[test]
    fn answers_are_in_the_form_that_is_accepted() {
        for (content, accept, form) in [
            ("application/msgpack", Some("application/json, application/x-msgpack"), Form::Msgpack),
            ("application/x-msgpack", Some("application/msgpack;q=0.9"), Form::Msgpack),
            ("application/msgpack", Some("*/*"), Form::Json),
            ("application/msgpack", None, Form::Json),
            ("application/json", Some("application/msgpack"), Form::Json),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, content.parse().unwrap());
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(answer_form(&headers), form, "{content} {accept:?}");
        }
    }
}
