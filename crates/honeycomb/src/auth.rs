//! The key and the dataset that a request names in its headers.

use axum::http::HeaderMap;
use model::{Error, ErrorKind, Result, Signal};
use registry::{Admission, KeyClass, Keys, Mode, Permission, Refusal};

/// The header with the key, as documented and as libhoney for JavaScript spells it.
const KEY_HEADERS: [&str; 2] = ["x-honeycomb-team", "x-hny-team"];
/// The header with the dataset.
const DATASET_HEADER: &str = "x-honeycomb-dataset";

/// The header for keys in all of HTTP, and what stands before one in it.
const AUTHORIZATION: &str = "authorization";
const BEARER: &str = "bearer";

/// A header that should present a key and does not: the words say how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrangeCredential(pub &'static str);

/// The key of a request: in a header of Honeycomb's, or as a bearer token. Where both are, the
/// vendor's own header is meant for us, and the other may be for a proxy on the way.
pub fn credential(headers: &HeaderMap) -> Result<Option<&str>, StrangeCredential> {
    for name in KEY_HEADERS {
        if let Some(key) = headers.get(name) {
            let strange = StrangeCredential("the header x-honeycomb-team is not text");
            return key.to_str().map(Some).map_err(|_| strange);
        }
    }
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let value =
        value.to_str().map_err(|_| StrangeCredential("the header authorization is not text"))?;
    let (scheme, key) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case(BEARER) {
        return Err(StrangeCredential("the header authorization is not `Bearer KEY`"));
    }
    Ok(Some(key.trim()))
}

/// The key of a sender, for whom a strange credential counts as none: it may be for a proxy, and an
/// open server does not want one.
pub(crate) fn presented(headers: &HeaderMap) -> Option<&str> {
    credential(headers).ok().flatten()
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

    /// Guarantees: a key is found in each header that clients use, Honeycomb's first.
    #[test]
    fn keys_are_found() {
        let cases: [(Pairs, Option<&str>); 7] = [
            (&[], None),
            (&[("authorization", b"Bearer abc")], Some("abc")),
            (&[("authorization", b"bearer  abc ")], Some("abc")),
            (&[("authorization", b"Bearer")], Some("")),
            (&[("x-honeycomb-team", b"abc")], Some("abc")),
            (&[("x-hny-team", b"abc")], Some("abc")),
            (&[("authorization", b"Basic xyz"), ("x-honeycomb-team", b"abc")], Some("abc")),
        ];
        for (pairs, expected) in cases {
            assert_eq!(credential(&headers(pairs)), Ok(expected), "{pairs:?}");
        }
    }

    /// Guarantees: what looks like a credential and is none is told apart from no key.
    #[test]
    fn strange_credentials_are_told() {
        let cases: [Pairs; 3] = [
            &[("authorization", b"Basic abc")],
            &[("authorization", b"Bearer \xff")],
            &[("x-honeycomb-team", b"\xff")],
        ];
        for pairs in cases {
            assert!(credential(&headers(pairs)).is_err(), "{pairs:?}");
            assert_eq!(presented(&headers(pairs)), None);
        }
    }
}
