//! Who may ask: the key of a request, judged by the registry.

use axum::http::{HeaderMap, StatusCode};
use honeycomb::credential;
use registry::{Admission, Permission, Refusal};

use super::Failure;
use crate::app::App;

/// The header in which some vendors' clients present a key.
pub(crate) const TEAM: &str = "x-honeycomb-team";

/// Judges a request by the key it presents, if it presents one.
pub(crate) fn admit(
    app: &App,
    headers: &HeaderMap,
    need: Permission,
) -> Result<Admission, Failure> {
    app.keys.admit(presented(headers)?, need).map_err(refused)
}

/// The key that a request presents, if it presents one.
pub(super) fn presented(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    credential(headers).map_err(|strange| unauthorized(strange.0))
}

/// Judges again a reader that was admitted and has not hung up.
pub(super) fn still_admitted(app: &App, presented: Option<&str>) -> Result<(), Failure> {
    app.keys.admits_still(presented, Permission::Query).map_err(refused)
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Missing => unauthorized(
            "this server wants a key: send `Authorization: Bearer KEY` or `X-Honeycomb-Team: KEY`, \
             with a key made by `trackway key create`",
        ),
        Refusal::Unknown => unauthorized("this key is not known here"),
        Refusal::Revoked => unauthorized("this key was revoked"),
        Refusal::NotPermitted(need) => Failure::new(
            StatusCode::FORBIDDEN,
            format!("this key may not {need}: it was made without that permission"),
        ),
    }
}

fn unauthorized(text: &str) -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, text)
}
