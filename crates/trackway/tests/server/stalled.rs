//! Bodies that stop coming: answered in time, in the words of whoever asked, and nothing is kept of
//! them.

use std::io::Write as _;

use serde_json::Value;

use super::calls::{Caller, framed, read_outcome};
use super::connections::{connect, rest};
use super::world::{Server, World};

/// Answers to bodies that stop come after this.
const SOON: &str = "body_ms=200";
const JSON: &str = "application/json";

fn world() -> World {
    let mut world = World::new();
    world.set_variable("TRACKWAY_TEST_PATIENCE", SOON);
    world
}

/// Sends the beginning of a body: the head and the body of the answer.
fn stall(server: &Server, line: &str, content: &str) -> (String, String) {
    let mut stream = connect(server);
    let head = format!(
        "{line} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content}\r\ncontent-length: 99"
    );
    stream.write_all(format!("{head}\r\n\r\n{{\"a\":").as_bytes()).unwrap();
    let answer = rest(&mut stream);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
    (head.to_lowercase(), body.to_owned())
}

/// Whether this is what is said everywhere, and said once.
fn is_said(text: &str) -> bool {
    text.starts_with("the body stopped coming: nothing more of it came for 0.2 s, or ")
        && text.matches("nothing more").count() == 1
}

fn json_of(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// Guarantees: a body that stops coming is answered 408, at every door in the form in which its
/// clients read errors, and is counted as such.
#[test]
fn stalled_bodies_are_answered() {
    let world = world();
    let server = world.start();
    let is_408 = |line: &str, content: &str| {
        let (head, body) = stall(&server, line, content);
        assert!(head.starts_with("http/1.1 408 "), "{line}: {head}\n{body}");
        body
    };
    for signal in ["traces", "logs", "metrics"] {
        let line = format!("POST /v1/{signal}");
        let status = json_of(&is_408(&line, JSON));
        assert_eq!(status["code"], 4, "{status}");
        assert!(is_said(status["message"].as_str().unwrap()), "{status}");
        // google.rpc.Status: the code is field 1, the message field 2.
        let body = is_408(&line, "application/x-protobuf");
        let message = body.strip_prefix("\x08\x04\x12").unwrap_or_else(|| panic!("{body:?}"));
        // Behind its length.
        assert!(is_said(message.trim_start_matches(|c| c != 't')), "{body:?}");
    }
    for line in ["POST /1/events/x", "POST /1/batch/x"] {
        let said = json_of(&is_408(line, JSON));
        assert_eq!(said["error"], "the body stopped coming", "{said}");
        assert!(is_said(said["detail"].as_str().unwrap()), "{said}");
    }
    let said = json_of(&is_408("POST /1/datasets", JSON));
    assert_eq!(said["status"], 408, "{said}");
    assert!(is_said(said["error"].as_str().unwrap()), "{said}");
    assert!(said["type"].as_str().unwrap().ends_with("/problems/request-timeout"), "{said}");
    for line in ["POST /api/v1/query", "PATCH /api/v1/datasets/x"] {
        let said = json_of(&is_408(line, JSON));
        assert!(is_said(said["error"].as_str().unwrap()), "{said}");
    }
    let refused = |door: &str| {
        let name = "trackway_requests_refused_total";
        server.metric(&format!("{name}{{door=\"{door}\",reason=\"stalled\"}}"))
    };
    assert_eq!([refused("otlp/http logs"), refused("events"), refused("batch")], [2.0, 1.0, 1.0]);
    let cut = server.metric("trackway_connections_cut_total{reason=\"slow body\"}");
    assert_eq!(cut, 11.0);
}

/// Guarantees: a call whose message stops coming, or never begins, is answered DEADLINE_EXCEEDED,
/// and the other calls of its connection go on.
#[test]
fn stalled_calls_are_answered() {
    let world = world();
    let server = world.start();
    let caller = Caller::connect(&server.grpc_url);
    let whole = framed(0, &[0; 100]);
    let headers = [("content-type", "application/grpc"), ("te", "trailers")];
    let export = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    for (path, came) in [
        (export, &whole[..0]),
        (export, &whole[..3]),
        (export, &whole[..50]),
        ("/grpc.health.v1.Health/Check", &whole[..50]),
    ] {
        let outcome = caller.run(async {
            let (answer, mut body) = caller.open(path, &headers, false).await;
            body.send_data(came.to_vec().into(), false).unwrap();
            read_outcome(answer.await.unwrap()).await
        });
        assert_eq!((outcome.status, outcome.code), (200, Some(4)), "{path}: {outcome:?}");
        assert!(is_said(&outcome.words), "{path}: {outcome:?}");
        let outcome = caller.export("logs", &[], &[&framed(0, &[])]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
    let door = "{door=\"otlp/grpc logs\",reason=\"stalled\"}";
    assert_eq!(server.metric(&format!("trackway_requests_refused_total{door}")), 3.0);
}
