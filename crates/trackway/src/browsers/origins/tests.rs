use axum::body::Body;
use axum::http::header::HOST;

use super::*;

type Headers = &'static [(&'static str, &'static str)];

fn checked(method: Method, path: &str, headers: Headers) -> Result<(), Failure> {
    let hosts = Hosts::new("127.0.0.1".parse().unwrap(), &["obs.lan".to_owned()], None);
    let mut request = Request::builder().method(method).uri(path).header(HOST, "localhost:4400");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    check(&hosts, &request.body(Body::empty()).unwrap())
}

/// Guarantees: what another site's page sends changes nothing, and our own pages, tools without a
/// browser and whoever has a key are not kept from it.
#[test]
fn other_sites_change_nothing() {
    let cases: [(Headers, bool); 13] = [
        (&[], true),
        (&[("sec-fetch-site", "same-origin")], true),
        (&[("sec-fetch-site", "none")], true),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("sec-fetch-site", "cross-site")], false),
        (&[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:4400")], false),
        (&[("origin", "http://localhost:4400")], true),
        (&[("origin", "http://localhost:8080")], false),
        (&[("origin", "https://obs.lan")], true),
        (&[("origin", "http://evil.example")], false),
        (&[("origin", "null")], false),
        (&[("origin", "http://evil.example"), ("authorization", "Bearer k")], true),
        (&[("origin", "http://evil.example"), ("x-honeycomb-team", "k")], true),
    ];
    for (headers, expected) in cases {
        let deleted = checked(Method::DELETE, "/api/v1/datasets/a", headers);
        assert_eq!(deleted.is_ok(), expected, "{headers:?}");
        assert!(checked(Method::GET, "/api/v1/datasets", headers).is_ok(), "{headers:?}");
    }
}

/// Guarantees: bodies under /api are JSON by their type, whoever sends them, and nothing is asked
/// of requests without one or of other paths.
#[test]
fn bodies_are_json() {
    let cases: [(Headers, bool); 6] = [
        (&[("content-length", "2"), ("content-type", "application/json")], true),
        (&[("content-length", "2"), ("content-type", "Application/JSON; charset=utf-8")], true),
        (&[("content-length", "2"), ("content-type", "text/plain")], false),
        (&[("transfer-encoding", "chunked"), ("authorization", "Bearer k")], false),
        (&[("content-length", "2")], false),
        (&[("content-length", "0")], true),
    ];
    for (headers, expected) in cases {
        assert_eq!(
            checked(Method::POST, "/api/v1/query", headers).is_ok(),
            expected,
            "{headers:?}"
        );
        assert!(checked(Method::POST, "/1/queries/a", headers).is_ok(), "{headers:?}");
    }
}
