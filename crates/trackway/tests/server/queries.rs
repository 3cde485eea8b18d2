//! Questions while they run: how far they have come, and their end.

use serde_json::{Value, json};
use ureq::http::{Method, Request};

use super::following::Following;
use super::spans;
use super::world::{PATIENCE, Server, World};

/// A question whose answer takes seconds, since every span is a group with a distribution.
fn long_question() -> Value {
    json!({"dataset": "__all__", "query": {
        "breakdowns": ["trace.span_id", "name"],
        "calculations": [
            {"op": "P99", "column": "duration_ms"},
            {"op": "HEATMAP", "column": "duration_ms"},
            {"op": "COUNT_DISTINCT", "column": "name"},
        ],
        "granularity": 60,
    }})
}

fn ask(server: &Server, question: &Value) -> Following {
    let request = Request::post(format!("{}/api/v1/query", server.url))
        .header("content-type", "application/json")
        .header("accept", "text/event-stream");
    Following::of(request.body(question.to_string()).unwrap())
}

fn running(server: &Server) -> Vec<Value> {
    let (status, body) = server.get("/api/v1/queries");
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    body["queries"].as_array().unwrap().clone()
}

fn fill(server: &Server) {
    for number in 0..12 {
        spans::send(server, &format!("service-{number}"), 10_000);
    }
}

/// Guarantees: whoever accepts events is told how far a question has come, and its answer as the
/// last event; a question that is wrong is refused before any event.
#[test]
fn progress_is_told() {
    let world = World::new();
    let server = world.start();
    fill(&server);
    let mut told = ask(&server, &long_question());
    assert_eq!(told.status, 200);
    let (mut parts_done, mut seen) = (0, 0);
    let result = loop {
        let event = told.next().unwrap();
        match event.name.as_deref() {
            Some("progress") => {
                let done = event.data["parts_done"].as_u64().unwrap();
                assert!(done >= parts_done && event.data["id"].is_string(), "{event:?}");
                (parts_done, seen) = (done, seen + 1);
            }
            Some("result") => break event.data,
            other => panic!("{other:?}: {}", event.data),
        }
    };
    assert!(seen > 0);
    assert_eq!(result["data"]["results"].as_array().unwrap().len(), 1_000);
    assert_eq!(told.next(), None);
    assert_eq!(running(&server), Vec::<Value>::new());
    let wrong = json!({"dataset": "__all__", "query": {"calculations": [{"op": "BEST"}]}});
    let (status, error) = ask(&server, &wrong).error();
    assert!(status == 422 && error.contains("BEST"), "{status} {error}");
}

/// Guarantees: a running question is listed, and cancelling it ends it for who asked, in words.
#[test]
fn questions_are_cancelled() {
    let world = World::new();
    let server = world.start();
    fill(&server);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| server.post("/api/v1/query", &long_question()));
        server.wait_until("a question runs", |server| !running(server).is_empty());
        let listed = running(&server).remove(0);
        assert_eq!(listed["question"]["query"]["granularity"], 60);
        let path = format!("/api/v1/queries/{}", listed["id"].as_str().unwrap());
        let (status, body) = server.ask(Method::DELETE, &path, &[], None);
        assert_eq!(status, 200, "{body}");
        let (status, body) = asked.join().unwrap();
        assert!(status == 409 && body.contains("was cancelled by DELETE"), "{status} {body}");
        let (status, body) = server.ask(Method::DELETE, &path, &[], None);
        assert!(status == 404 && body.contains("no query"), "{status} {body}");
    });
    let mut told = ask(&server, &long_question());
    let id = told.next().unwrap().data["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/queries/{id}");
    assert_eq!(server.ask(Method::DELETE, &path, &[], None).0, 200);
    let end = loop {
        let event = told.next().unwrap();
        if event.name.as_deref() != Some("progress") {
            break event;
        }
    };
    assert_eq!((end.name.as_deref(), &end.data["status"]), (Some("error"), &json!(409)));
}

/// Guarantees: a question that is worked out for later is listed with its result's id, and whoever
/// asks for that result is told that it was cancelled, each time.
#[test]
fn results_are_cancelled() {
    let world = World::new();
    let server = world.start();
    fill(&server);
    let (_, body) = server.post("/1/queries/__all__", &long_question()["query"]);
    let query: Value = serde_json::from_str(&body).unwrap();
    let run = json!({"query_id": query["id"]});
    let (status, body) = server.post("/1/query_results/__all__", &run);
    assert_eq!(status, 201, "{body}");
    let started: Value = serde_json::from_str(&body).unwrap();
    let listed = running(&server).remove(0);
    assert_eq!(listed["question"]["query_result"], started["id"]);
    assert_eq!(listed["question"]["dataset"], "__all__");
    assert_eq!(listed["question"]["query"]["granularity"], 60);
    let path = format!("/api/v1/queries/{}", listed["id"].as_str().unwrap());
    assert_eq!(server.ask(Method::DELETE, &path, &[], None).0, 200);
    server.wait_until("nothing runs", |server| running(server).is_empty());
    let result = format!("/1/query_results/__all__/{}", started["id"].as_str().unwrap());
    for _ in 0..2 {
        let (status, body) = server.get(&result);
        assert!(status == 409 && body.contains("was cancelled by DELETE"), "{status} {body}");
    }
    assert_eq!(running(&server), Vec::<Value>::new());
}

/// Guarantees: a question whose client hangs up is not worked on any more, asked either way.
#[test]
fn hanging_up_cancels() {
    let world = World::new();
    let server = world.start();
    fill(&server);
    let mut told = ask(&server, &long_question());
    assert_eq!(told.next().unwrap().name.as_deref(), Some("progress"));
    assert_eq!(running(&server).len(), 1);
    drop(told);
    server.wait_until("nothing runs", |server| running(server).is_empty());
    let address = server.url.trim_start_matches("http://");
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let body = long_question().to_string();
    let head = format!(
        "POST /api/v1/query HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    std::io::Write::write_all(&mut socket, format!("{head}{body}").as_bytes()).unwrap();
    server.wait_until("a question runs", |server| !running(server).is_empty());
    drop(socket);
    server.wait_until("nothing runs", |server| running(server).is_empty());
    let (status, body) = server.post("/api/v1/query", &json!({"dataset": "__all__", "query": {}}));
    assert_eq!(status, 200, "{body}");
}
