//! What pages in browsers may do: send, and nothing else.

use ureq::http::Method;

use super::spans;
use super::world::{Server, World, ask};

const PREFLIGHT: [(&str, &str); 3] = [
    ("origin", "https://shop.example"),
    ("access-control-request-method", "POST"),
    ("access-control-request-headers", "content-type,x-honeycomb-team,traceparent"),
];

/// The status and the headers of an answer that are about other sites.
fn allowed(server: &Server, method: Method, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let url = format!("{}{path}", server.url);
    let body = spans::request("page", 1).to_string();
    let body = (method == Method::POST).then_some(body.as_str());
    let answer = ask(method, &url, headers, body).unwrap();
    let mut said: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-"))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    said.sort();
    (answer.status, said.join("\n"))
}

/// Guarantees: a page of any site may send telemetry and read the answer, a refusal too, and its
/// preflight says so without a key.
#[test]
fn pages_may_send() {
    let server = World::new().with_flags(&["--keys", "strict"]).start();
    let ingest = ["/v1/traces", "/v1/logs", "/v1/metrics", "/v1/traces/"];
    for path in ingest.into_iter().chain(["/1/events/page", "/1/batch/page", "/1/auth"]) {
        let (status, said) = allowed(&server, Method::OPTIONS, path, &PREFLIGHT);
        assert_eq!(status, 204, "{path}");
        for part in [
            "access-control-allow-origin: *",
            "access-control-allow-methods: GET, POST",
            "content-type",
            "content-encoding",
            "x-honeycomb-team",
            "x-hny-team",
            "authorization",
            "traceparent",
            "access-control-max-age: 86400",
        ] {
            assert!(said.contains(part), "{path}: {part} is not in:\n{said}");
        }
        assert!(!said.contains("credentials"), "{said}");
    }
    let origin = [("origin", "https://shop.example")];
    let (status, said) = allowed(&server, Method::POST, "/v1/traces", &origin);
    assert_eq!(status, 401);
    assert!(said.contains("access-control-allow-origin: *"), "{said}");
    let (status, said) = allowed(&server, Method::GET, "/1/auth", &origin);
    assert_eq!(status, 401);
    assert!(said.contains("access-control-allow-origin: *"), "{said}");
    assert_eq!(allowed(&server, Method::POST, "/v1/traces", &[]), (401, String::new()));
}

/// Guarantees: nothing else on the server is shown to pages of other sites, on any path.
#[test]
fn pages_may_not_read() {
    let server = World::new().start();
    let ours = ["/api/v1/datasets", "/api/v1/query", "/metrics", "/livez", "/nowhere"];
    for path in ours.into_iter().chain(["/1/datasets", "/1/queries/page", "/2/auth"]) {
        let (status, said) = allowed(&server, Method::OPTIONS, path, &PREFLIGHT);
        assert_ne!(status, 204, "{path}");
        assert_eq!(said, "", "{path}");
        let (_, said) = allowed(&server, Method::GET, path, &[("origin", "https://a.example")]);
        assert_eq!(said, "", "{path}");
    }
}
