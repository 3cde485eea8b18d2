//! What other people's web pages could make a browser do here, and what keeps them from it.
//!
//! A page can make its visitor's browser send requests to any address that the browser reaches, so
//! a server that only its own machine reaches is still reached by every page that is open there.
//! Two rules keep such pages from reading and from changing anything: a listener on loopback
//! answers to its own names alone ([`hosts`]), and what changes something comes from our own pages
//! or from no browser at all ([`origins`]). There is no CORS on our API either, so a browser shows
//! none of its answers to other pages.
//!
//! Paths that only take events in are left out: senders reach them under whatever names their
//! networks give to this machine, such as `xray-daemon` or `host.docker.internal`, pages of other
//! sites are among the senders, and what is written there cannot be read back through them.

mod hosts;
mod origins;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use honeycomb::Door;

use self::hosts::Hosts;
use crate::api::Failure;
use crate::settings::Settings;

/// Paths that tell nothing but whether the server lives.
const HEALTH: [&str; 2] = ["/livez", "/readyz"];

/// Guards the routes of a listener at an address.
pub(crate) fn guard(routes: Router, listener: IpAddr, settings: &Settings) -> Router {
    let public_url = settings.public_url.value.as_deref();
    let hosts = Arc::new(Hosts::new(listener, &settings.allowed_hosts.value, public_url));
    routes.layer(from_fn_with_state(hosts, pass))
}

async fn pass(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    match check(&hosts, &request) {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

fn check(hosts: &Hosts, request: &Request) -> Result<(), Failure> {
    let path = request.uri().path();
    if HEALTH.contains(&path) || Door::takes_events(path) {
        return Ok(());
    }
    hosts.check(request)?;
    origins::check(hosts, request)
}
