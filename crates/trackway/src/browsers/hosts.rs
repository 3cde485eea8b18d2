//! Names under which a listener may be asked.
//!
//! A page of `evil.example` may let its own name lead to 127.0.0.1 after it was loaded; the browser
//! then takes us for `evil.example` and gives the page what we answer. It also says so, in the
//! header `Host`. A listener that only this machine reaches therefore answers to the names of
//! loopback and to those that somebody allowed. Where other machines reach a listener, nobody knows
//! its names but an administrator: once any is allowed, it answers to these and to bare addresses,
//! which no page can make lead elsewhere; until then to all, and keys are what protects it.

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::{StatusCode, Uri};

use crate::api::Failure;

/// The name of loopback, which no browser asks the network about.
const LOCALHOST: &str = "localhost";

/// The names of one listener.
pub(super) struct Hosts {
    is_loopback: bool,
    /// Whether anybody allowed a name, and so meant to shut out others.
    is_named: bool,
    names: Vec<String>,
}

impl Hosts {
    /// The names of a listener at an address: its own, those allowed, in lower case, and the one in
    /// the server's public URL, under which a proxy asks it.
    pub(super) fn new(listener: IpAddr, allowed: &[String], public_url: Option<&str>) -> Self {
        let public = public_url.and_then(|url| url.parse::<Uri>().ok());
        let public = public.as_ref().and_then(Uri::authority).map(|host| name_of(host.as_str()));
        Self {
            is_loopback: listener.to_canonical().is_loopback(),
            is_named: !allowed.is_empty(),
            names: allowed.iter().cloned().chain(public).collect(),
        }
    }

    /// Whether somebody allowed this name.
    pub(super) fn allows(&self, name: &str) -> bool {
        self.names.iter().any(|allowed| allowed == name)
    }

    /// Refuses a request that asks for somebody else.
    pub(super) fn check(&self, request: &Request) -> Result<(), Failure> {
        if !self.is_loopback && !self.is_named {
            return Ok(());
        }
        let Some(authority) = authority(request)? else {
            let text = "the header host is missing: send the name under which you reach the server";
            return Err(Failure::new(StatusCode::BAD_REQUEST, text));
        };
        let name = name_of(&authority);
        if self.allows(&name) || name == LOCALHOST {
            return Ok(());
        }
        match address(&name) {
            Some(address) if address.is_loopback() || !self.is_loopback => Ok(()),
            _ => Err(self.refused(&authority, &name)),
        }
    }

    fn refused(&self, authority: &str, name: &str) -> Failure {
        let why = match self.is_loopback {
            true => "this server listens on loopback and answers to localhost, 127.0.0.1 and [::1]",
            false => "this server answers to bare addresses and to the names it was given",
        };
        let text = format!(
            "host: {authority:?} is not a name of this server: {why}, so that no web page can \
             reach it under a name of its own; if {name:?} is yours, start the server with \
             --allowed-hosts {name}"
        );
        Failure::new(StatusCode::FORBIDDEN, text)
    }
}

/// Whom a request asks: HTTP/2 says it in the target, HTTP/1.1 in a header. A request that says
/// both must say the same, since what stands in front of us may have looked at either.
pub(super) fn authority(request: &Request) -> Result<Option<String>, Failure> {
    let wrong = |what: &str| {
        let text = format!("the header host {what}: send the name of the server, once");
        Failure::new(StatusCode::BAD_REQUEST, text)
    };
    let mut headers = request.headers().get_all(HOST).iter();
    let (header, more) = (headers.next(), headers.next());
    if more.is_some() {
        return Err(wrong("stands twice"));
    }
    let header = header.map(|value| value.to_str().map_err(|_| wrong("is not text")));
    let header = header.transpose()?.map(str::to_owned);
    match (request.uri().authority(), header) {
        (Some(target), Some(header)) if *target != *header => {
            Err(wrong("is not what the request's target says"))
        }
        (Some(target), _) => Ok(Some(target.to_string())),
        (None, header) => Ok(header),
    }
}

/// The name in an authority, without port, in lower case and without the dot of a full name.
pub(super) fn name_of(authority: &str) -> String {
    let name = match authority.rfind(']') {
        // The colons of an IPv6 address are within brackets.
        Some(end) => authority.get(..=end).unwrap_or(authority),
        None => authority.split_once(':').map_or(authority, |(name, _)| name),
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// The address that a name is, if it is one.
fn address(name: &str) -> Option<IpAddr> {
    let v6 = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let address = match v6 {
        Some(v6) => IpAddr::V6(v6.parse::<Ipv6Addr>().ok()?),
        None => IpAddr::V4(name.parse().ok()?),
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests;
