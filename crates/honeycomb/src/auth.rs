//! The key and the dataset that a request names in its headers.

use axum::http::HeaderMap;
use model::{Error, ErrorKind, Result, Signal};
use registry::{Admission, KeyClass, Keys, Mode, Permission, Refusal};

/// The header with the key, as documented and as libhoney for JavaScript spells it.
const KEY_HEADERS: [&str; 2] = ["x-honeycomb-team", "x-hny-team"];
/// The header with the dataset.
const DATASET_HEADER: &str = "x-honeycomb-dataset";

/// The key of a request: in a header of Honeycomb's, or as a bearer token.
pub(crate) fn presented(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = || {
        let (scheme, token) = text("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    };
    KEY_HEADERS.into_iter().find_map(text).or_else(bearer)
}

/// The dataset that a request names; empty if it names none.
pub(crate) fn dataset(headers: &HeaderMap) -> &str {
    headers.get(DATASET_HEADER).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// Why a sender was not admitted, in the words of Honeycomb's where it has any.
pub(crate) fn words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Missing => "missing 'x-honeycomb-team' header",
        Refusal::Unknown => "unknown API key - check your credentials",
        Refusal::Revoked => "this API key was revoked - create another with `trackway key create`",
        Refusal::NotPermitted(_) => "this API key may not send events",
    }
}

/// Judges a request that sends OpenTelemetry's data.
pub(crate) fn admit_sender(keys: &Keys, headers: &HeaderMap, signal: Signal) -> Result<Admission> {
    let denied = |text: &str| Error::new(ErrorKind::Denied, text);
    let mut admission = keys
        .admit(presented(headers), Permission::Send)
        .map_err(|refusal| denied(words(refusal)))?;
    if admission.class == KeyClass::Classic
        && matches!(signal, Signal::Spans | Signal::Metrics)
        && dataset(headers).trim().is_empty()
    {
        if keys.mode() == Mode::Strict {
            return Err(denied("missing 'x-honeycomb-dataset' header"));
        }
        // An open server takes what comes, and puts it where it would without such a key.
        admission.class = KeyClass::Environment;
    }
    Ok(admission)
}
