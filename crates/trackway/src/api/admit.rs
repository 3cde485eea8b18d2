//! Who may ask: the key of a request, judged by the registry.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use registry::{Admission, Permission, Refusal};

use super::Failure;
use crate::app::App;

/// The header in which some vendors' clients present a key.
pub(crate) const TEAM: &str = "x-honeycomb-team";
/// What stands before a key in the header for all of HTTP.
const BEARER: &str = "bearer";

/// Judges a request by the key it presents, if it presents one.
pub(crate) fn admit(
    app: &App,
    headers: &HeaderMap,
    need: Permission,
) -> Result<Admission, Failure> {
    let presented = presented(headers)?;
    app.keys.admit(presented, need).map_err(refused)
}

/// The key of a request: that of `Authorization: Bearer`, else that of `X-Honeycomb-Team`.
fn presented(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    let text = |name: &str| match headers.get(name).map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(unauthorized(&format!("the header {name} is not text"))),
    };
    let Some(authorization) = text(AUTHORIZATION.as_str())? else { return text(TEAM) };
    let (scheme, key) = authorization.split_once(' ').unwrap_or((authorization, ""));
    if !scheme.eq_ignore_ascii_case(BEARER) {
        return Err(unauthorized("the header authorization is not `Bearer KEY`"));
    }
    Ok(Some(key))
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

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    type Pairs = &'static [(&'static str, &'static [u8])];

    fn headers(pairs: Pairs) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static [u8])| {
            ((*name).parse().unwrap(), HeaderValue::from_bytes(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    /// Guarantees: a key is found in either header, the one of all of HTTP first.
    #[test]
    fn keys_are_found() {
        let cases: [(Pairs, Option<&str>); 5] = [
            (&[], None),
            (&[("authorization", b"Bearer abc")], Some("abc")),
            (&[("authorization", b"bearer abc")], Some("abc")),
            (&[("x-honeycomb-team", b"abc")], Some("abc")),
            (&[("x-honeycomb-team", b"abc"), ("authorization", b"Bearer def")], Some("def")),
        ];
        for (pairs, expected) in cases {
            assert_eq!(presented(&headers(pairs)).unwrap(), expected, "{pairs:?}");
        }
    }

    /// Guarantees: what looks like a credential and is none is refused, and not taken for no key.
    #[test]
    fn strange_credentials_are_refused() {
        let cases: [Pairs; 3] = [
            &[("authorization", b"Basic abc")],
            &[("authorization", b"Bearer \xff")],
            &[("x-honeycomb-team", b"\xff")],
        ];
        for pairs in cases {
            assert!(presented(&headers(pairs)).is_err(), "{pairs:?}");
        }
    }
}
