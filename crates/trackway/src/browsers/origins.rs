//! Where a request that changes something comes from.
//!
//! A page of another site can send a form or plain text here with whatever credentials the browser
//! keeps for us, though it does not see the answer. Browsers say where such a request comes from:
//! in `Sec-Fetch-Site` where the connection is safe, and always in `Origin`. What says neither is
//! no browser. A request with a key in a header passes: no page can add that header to a request to
//! another site unless we allow it, and we do not.

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ORIGIN, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use super::hosts::{Hosts, authority, name_of};
use crate::api::{Failure, TEAM};

/// Where a browser says how the page that asks is related to us.
const FETCH_SITE: &str = "sec-fetch-site";
/// The answers that mean our own pages, or the user's own hand.
const OURS: [&str; 2] = ["same-origin", "none"];
/// Where bodies must be JSON.
const API: &str = "/api/";
/// Every form and every plain text that a page can send without asking has another type.
const JSON: &str = "application/json";

/// Refuses what another site's page would change here.
pub(super) fn check(hosts: &Hosts, request: &Request) -> Result<(), Failure> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let headers = request.headers();
    if !headers.contains_key(AUTHORIZATION) && !headers.contains_key(TEAM) {
        check_origin(hosts, request)?;
    }
    if request.uri().path().starts_with(API) && has_body(headers) {
        check_type(headers)?;
    }
    Ok(())
}

fn check_origin(hosts: &Hosts, request: &Request) -> Result<(), Failure> {
    let headers = request.headers();
    let remedy = "only the server's own pages change something without a key: send \
                  `Authorization: Bearer KEY`, or ask from no browser";
    let refused = |header: &str, value: &HeaderValue, why: &str| {
        let text = format!("{header}: {value:?} {why}; {remedy}");
        Err(Failure::new(StatusCode::FORBIDDEN, text))
    };
    if let Some(value) = headers.get(FETCH_SITE) {
        let is_ours = OURS.iter().any(|ours| value == ours);
        return if is_ours { Ok(()) } else { refused(FETCH_SITE, value, "is another site") };
    }
    let Some(value) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = value.to_str().ok().and_then(|text| text.parse::<Uri>().ok());
    let Some(origin) = origin.as_ref().and_then(Uri::authority) else {
        return refused("origin", value, "is no site");
    };
    let is_host =
        authority(request)?.is_some_and(|host| host.eq_ignore_ascii_case(origin.as_str()));
    if is_host || hosts.allows(&name_of(origin.as_str())) {
        return Ok(());
    }
    refused("origin", value, "is not the host that is asked, nor one of --allowed-hosts")
}

fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH);
    headers.contains_key(TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

fn check_type(headers: &HeaderMap) -> Result<(), Failure> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        let text = format!("the header content-type is missing: send {JSON} (`curl --json`)");
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    };
    let kind = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    if kind.trim().eq_ignore_ascii_case(JSON) {
        return Ok(());
    }
    let text = format!("content-type: {value:?} is not taken here: send {JSON} (`curl --json`)");
    Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text))
}

#[cfg(test)]
mod tests;
