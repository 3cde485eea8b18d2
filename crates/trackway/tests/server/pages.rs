//! What pages in browsers may do: send, and nothing else.

use ureq::http::Method;

use super::spans;
use super::world::{Server, World, ask};

const PREFLIGHT: [(&str, &str); 3] = [
    ("origin", "https://shop.example"),
    ("access-control-request-method", "POST"),
    ("access-control-request-headers", "content-type,x-honeycomb-team,traceparent"),
];

const ORIGIN: (&str, &str) = ("origin", "https://shop.example");
/// What a page is told of an answer that it may read.
const READABLE: &str = "access-control-allow-origin: *\naccess-control-expose-headers: retry-after";

/// The status and the headers of an answer that are about other sites.
fn allowed(server: &Server, method: Method, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let body = spans::request("page", 1).to_string();
    let body = (method == Method::POST).then_some(body.as_str());
    exchange(server, method, path, headers, body)
}

/// The same of a request with this body.
fn exchange(
    server: &Server,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> (u16, String) {
    let url = format!("{}{path}", server.url);
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
    let origin = [ORIGIN];
    let (status, said) = allowed(&server, Method::POST, "/v1/traces", &origin);
    assert_eq!(status, 401);
    assert!(said.contains("access-control-allow-origin: *"), "{said}");
    let (status, said) = allowed(&server, Method::GET, "/1/auth", &origin);
    assert_eq!(status, 401);
    assert!(said.contains("access-control-allow-origin: *"), "{said}");
    assert_eq!(allowed(&server, Method::POST, "/v1/traces", &[]), (401, String::new()));
}

/// Guarantees: a page that really sends, or asks what its key may do, reads the answer and when to
/// try again, whether it was taken or refused; who is no page is told nothing of sites.
#[test]
fn pages_read_answers() {
    let server = World::new().start();
    let span = spans::request("page", 1).to_string();
    let (event, batch) = (r#"{"n": 1}"#, r#"[{"data": {"n": 1}}]"#);
    let post = |path, headers: &[_], body| exchange(&server, Method::POST, path, headers, body);
    for (path, body) in
        [("/v1/traces", &*span), ("/1/events/page", event), ("/1/batch/page", batch)]
    {
        for (body, status) in [(body, 200), ("{", 400)] {
            let (found, said) = post(path, &[ORIGIN], Some(body));
            assert_eq!((found, said.as_str()), (status, READABLE), "{path} {body}");
            assert_eq!(post(path, &[], Some(body)), (status, String::new()), "{path} {body}");
        }
    }
    let key = ("x-honeycomb-team", "any-on-loopback");
    let (status, said) = exchange(&server, Method::GET, "/1/auth", &[ORIGIN, key], None);
    assert_eq!((status, said.as_str()), (200, READABLE));
    let (status, said) = post("/1/auth", &[ORIGIN, key], Some("{}"));
    assert_eq!((status, said.as_str()), (405, READABLE));
    assert_eq!(spans::rows(&server, "page"), Some(2 + 2 + 2));
}

/// Guarantees: a question of another site's page is not answered, nor is its answer shown to that
/// page if it has a key; a question of the server's own pages is answered, and says nothing of
/// sites; what would ask for permission is refused.
#[test]
fn pages_may_not_ask() {
    let server = World::new().start();
    let question = r#"{"dataset": "__all__", "query": {}}"#;
    let ask = |headers: &[(&str, &str)]| {
        exchange(&server, Method::POST, "/api/v1/query", headers, Some(question))
    };
    assert_eq!(ask(&[ORIGIN]), (403, String::new()));
    assert_eq!(ask(&[ORIGIN, ("authorization", "Bearer any-on-loopback")]), (200, String::new()));
    assert_eq!(ask(&[("origin", &server.url)]), (200, String::new()));
    for path in ["/api/v1/query", "/api/v1/datasets/page", "/1/queries/page"] {
        let preflight = exchange(&server, Method::OPTIONS, path, &PREFLIGHT, None);
        assert_eq!(preflight, (405, String::new()), "{path}");
    }
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
