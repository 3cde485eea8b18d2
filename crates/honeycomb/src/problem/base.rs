//! The URL under which a client reached the server, as far as the path.
//!
//! Clients compare the `type` of a problem with the URL that they were given, and follow links.
//! The server knows neither its name nor what stands before it, so it repeats what the client
//! said, unless its operator set a public URL.

use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};

/// What a proxy says about the scheme that its client used.
const FORWARDED_PROTO: &str = "x-forwarded-proto";
/// What stands for the host where a request names none, as HTTP/1.0 allows.
const NO_HOST: &str = "localhost";
/// Longest host that is repeated: a domain name has at most 253 characters, and a port five.
const HOST_CHARS_MAX: usize = 260;

/// A URL without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base(pub(crate) String);

impl Base {
    /// The base of a request's URLs.
    pub(crate) fn of(head: &Parts, public_url: Option<&str>) -> Self {
        match public_url {
            Some(url) => Self(url.trim_end_matches('/').to_owned()),
            None => Self(format!("{}://{}", scheme(&head.headers), host(&head.headers, &head.uri))),
        }
    }
}

fn scheme(headers: &HeaderMap) -> &'static str {
    // Every proxy on the way adds one; the first was the client's.
    let said = headers.get(FORWARDED_PROTO).and_then(|value| value.to_str().ok());
    match said.and_then(|said| said.split(',').next()).map(str::trim) {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
        _ => "http",
    }
}

fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> &'a str {
    // HTTP/2 has no such header and says it in the URI.
    let said = headers.get(HOST).and_then(|value| value.to_str().ok());
    let said = said.or_else(|| uri.authority().map(|authority| authority.as_str()));
    said.filter(|host| is_host(host)).unwrap_or(NO_HOST)
}

/// Whether text can be a host with a port, and nothing that would read as more in a URL.
fn is_host(text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    !text.is_empty() && text.len() <= HOST_CHARS_MAX && text.chars().all(part)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn base(uri: &str, headers: &[(&str, &str)], public_url: Option<&str>) -> String {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Base::of(&request.body(()).unwrap().into_parts().0, public_url).0
    }

    /// Guarantees: a client reads the URL that it used, through a proxy and in HTTP/2 too; what the
    /// operator set goes before all of it.
    #[test]
    fn what_the_client_used() {
        assert_eq!(base("/1/x", &[("host", "api.test:81")], None), "http://api.test:81");
        assert_eq!(base("/1/x", &[("host", "[::1]:81")], None), "http://[::1]:81");
        let proxied = [("host", "api.test"), ("x-forwarded-proto", "HTTPS, http")];
        assert_eq!(base("/1/x", &proxied, None), "https://api.test");
        assert_eq!(base("http://two.test/1/x", &[], None), "http://two.test");
        assert_eq!(base("/1/x", &proxied, Some("https://o.test/hny/")), "https://o.test/hny");
    }

    /// Guarantees: what is no host is not repeated.
    #[test]
    fn strange_hosts() {
        for host in ["", "a/b", "a b", "user@host", "a?b", "ü"] {
            assert_eq!(base("/1/x", &[("host", host)], None), "http://localhost", "{host}");
        }
        assert_eq!(base("/1/x", &[], None), "http://localhost");
    }
}
