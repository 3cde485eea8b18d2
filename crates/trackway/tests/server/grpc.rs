//! OpenTelemetry over gRPC, frame by frame, and the health of a server.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::process::Signal;

use super::calls::{Caller, Metadata, framed, read_outcome};
use super::protobuf::field;
use super::recovery::start_replaying;
use super::spans;
use super::world::{Server, World};

/// gRPC's codes.
const OK: Option<u32> = Some(0);
const INVALID_ARGUMENT: Option<u32> = Some(3);
const NOT_FOUND: Option<u32> = Some(5);
const RESOURCE_EXHAUSTED: Option<u32> = Some(8);
const UNIMPLEMENTED: Option<u32> = Some(12);
const UNAVAILABLE: Option<u32> = Some(14);
const UNAUTHENTICATED: Option<u32> = Some(16);

const CALL: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];
const HEALTH: &str = "/grpc.health.v1.Health";

/// A request with one span of a service, and this much text in an attribute.
fn span(service: &str, text_bytes: usize) -> Vec<u8> {
    let attribute =
        |name: &str, value: &[u8]| [field(1, name.as_bytes()), field(2, &field(1, value))].concat();
    let text = attribute("app.text", &vec![b'x'; text_bytes]);
    let span = [field(1, &[7; 16]), field(2, &[8; 8]), field(5, b"step"), field(9, &text)].concat();
    let resource = field(1, &attribute("service.name", service.as_bytes()));
    field(1, &[field(1, &resource), field(2, &field(2, &span))].concat())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn count_of(server: &Server, dataset: &str) -> u64 {
    spans::rows(server, dataset).unwrap_or(0)
}

/// Guarantees: a call is kept on every port, compressed or not and however it is cut into frames,
/// and is there again after a crash.
#[test]
fn calls_are_kept() {
    let world = World::new();
    let server = world.start();
    let message = span("api", 70_000);
    let zstd = zstd::bulk::compress(&message, 3).unwrap();
    for url in [&server.url, &server.otlp_url, &server.grpc_url] {
        let caller = Caller::connect(url);
        let plain = framed(0, &message);
        let outcome = caller.export("trace", &[], &[&plain]);
        assert_eq!((outcome.status, outcome.code), (200, OK), "{outcome:?}");
        assert_eq!(outcome.body, framed(0, &[]), "an empty message says that all is kept");
        assert_eq!(outcome.headers["content-type"], "application/grpc");
        assert_eq!(outcome.headers["grpc-accept-encoding"], "identity,gzip,zstd");
        for (name, message) in [("gzip", gzip(&message)), ("zstd", zstd.clone())] {
            let named = [("grpc-encoding", name)];
            let outcome = caller.export("trace", &named, &[&framed(1, &message)]);
            assert_eq!(outcome.code, OK, "{name}: {outcome:?}");
        }
        // A call may name an encoding and not use it.
        let outcome = caller.export("trace", &[("grpc-encoding", "gzip")], &[&plain]);
        assert_eq!(outcome.code, OK, "{outcome:?}");
        // What stands before the message, cut in every way, with empty frames between.
        for cut in [1, 4, 5, 6] {
            let (first, rest) = plain.split_at(cut);
            let pieces = [&[], first, &[], &rest[..rest.len() - 1], &rest[rest.len() - 1..], &[]];
            let outcome = caller.export("trace", &[], &pieces);
            assert_eq!(outcome.code, OK, "cut at {cut}: {outcome:?}");
        }
    }
    assert_eq!(count_of(&server, "api"), 3 * 8);
    server.kill();
    let server = world.start();
    assert_eq!(count_of(&server, "api"), 3 * 8);
}

/// Guarantees: nothing is a request with nothing in it, a call without a message is none.
#[test]
fn empty_calls() {
    let server = World::new().start();
    let caller = Caller::connect(&server.grpc_url);
    for signal in ["trace", "logs", "metrics"] {
        let outcome = caller.export(signal, &[], &[&framed(0, &[])]);
        assert_eq!(outcome.code, OK, "{signal}: {outcome:?}");
    }
    for pieces in [&[][..], &[&[][..]], &[&[0, 0][..]]] {
        let outcome = caller.export("logs", &[], pieces);
        assert_eq!(outcome.code, INVALID_ARGUMENT, "{outcome:?}");
        assert!(outcome.words.contains("the call has no message"), "{outcome:?}");
    }
}

/// Guarantees: every wrong call is refused with the code and the words for it, in headers alone,
/// and the connection goes on.
#[test]
fn wrong_calls_are_refused() {
    let server = World::new().start();
    let caller = Caller::connect(&server.grpc_url);
    let message = span("api", 10);
    let whole = framed(0, &message);
    let cut = &whole[..whole.len() - 3];
    let two = [whole.clone(), whole.clone()].concat();
    let broken = framed(0, &message[..message.len() - 3]);
    type Case<'a> = (Metadata<'a>, &'a [&'a [u8]], Option<u32>, &'a str);
    let cases: [Case<'_>; 9] = [
        (&[], &[cut], INVALID_ARGUMENT, "3 of its "),
        (&[], &[&two], INVALID_ARGUMENT, "a call takes one message, and more came"),
        (&[], &[&whole, &whole], INVALID_ARGUMENT, "a call takes one message, and more came"),
        (&[], &[&broken], INVALID_ARGUMENT, "failed to parse OTLP request body: byte "),
        (&[], &[&framed(2, &message)], INVALID_ARGUMENT, "begins with 2"),
        (&[], &[&framed(1, &message)], INVALID_ARGUMENT, "names no encoding"),
        (&[("grpc-encoding", "gzip")], &[&framed(1, b"x")], INVALID_ARGUMENT, "gzip"),
        (&[("grpc-encoding", "br")], &[&whole], UNIMPLEMENTED, "use gzip, zstd or none"),
        (&[], &[&[0, 0xff, 0, 0, 0]], RESOURCE_EXHAUSTED, "larger than 64 MiB"),
    ];
    for (metadata, pieces, code, words) in cases {
        let outcome = caller.export("trace", metadata, pieces);
        assert_eq!((outcome.status, outcome.code), (200, code), "{words}: {outcome:?}");
        assert!(outcome.words.contains(words), "{words}: {outcome:?}");
        assert!(outcome.body.is_empty() && outcome.details.is_none(), "{outcome:?}");
    }
    let outcome = caller.call("/a.B/C", &CALL, &[&whole]);
    assert_eq!((outcome.status, outcome.code), (200, UNIMPLEMENTED), "{outcome:?}");
    assert!(outcome.words.contains("there is no method /a.B/C"), "{outcome:?}");
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    for content in ["application/grpc-web", "application/grpc+json", "application/x-protobuf"] {
        let outcome = caller.call(path, &[("content-type", content)], &[&whole]);
        assert_eq!((outcome.status, outcome.code), (415, None), "{content}: {outcome:?}");
    }
    let answer = server.ask(ureq::http::Method::POST, path, &[], Some("{}"));
    assert_eq!(answer, (505, "gRPC is spoken over HTTP/2".to_owned()));
    assert_eq!(caller.export("trace", &[], &[&whole]).code, OK);
    assert_eq!(count_of(&server, "api"), 1);
    let refused = "trackway_requests_refused_total{door=\"otlp/grpc traces\",reason=\"malformed\"}";
    assert!(server.metric(refused) >= 7.0, "{}", server.metric(refused));
}

/// Guarantees: what decompresses to more than it may is refused as too large, before it has grown.
#[test]
fn bombs_are_refused() {
    let server = World::new().start();
    let caller = Caller::connect(&server.grpc_url);
    let bomb = gzip(&vec![0; 100 << 20]);
    let outcome = caller.export("trace", &[("grpc-encoding", "gzip")], &[&framed(1, &bomb)]);
    assert_eq!(outcome.code, RESOURCE_EXHAUSTED, "{outcome:?}");
    assert!(outcome.words.contains("256 times"), "{outcome:?}");
}

/// Guarantees: one wrong span costs that span, and the answer says so.
#[test]
fn partial_success() {
    let server = World::new().start();
    let caller = Caller::connect(&server.grpc_url);
    let span = |id: &[u8]| field(2, &[field(1, &[7; 16]), field(2, id)].concat());
    let spans = [span(&[8; 8]), span(&[8; 3]), span(&[9; 8])].concat();
    let message = field(1, &field(2, &spans));
    let outcome = caller.export("trace", &[], &[&framed(0, &message)]);
    assert_eq!(outcome.code, OK, "{outcome:?}");
    // ExportTracePartialSuccess: rejected_spans = 1, and why.
    assert_eq!(outcome.body[5], 0x0a, "{outcome:?}");
    assert_eq!(&outcome.body[7..9], &[0x08, 1], "{outcome:?}");
    assert!(String::from_utf8_lossy(&outcome.body).contains("byte "), "{outcome:?}");
    assert_eq!(count_of(&server, "unknown_service"), 2);
}

/// Guarantees: keys and datasets are in the metadata; without a key that is known a strict server
/// answers UNAUTHENTICATED in Honeycomb's words.
#[test]
fn keys_are_metadata() {
    let world = World::new().with_flags(&["--keys", "strict"]);
    let data = world.data();
    let data = data.to_str().unwrap();
    let key = "0123456789abcdef0123456789abcdef";
    world.run(&["key", "create", "--data", data, "--value", key]).done();
    let server = world.start();
    let caller = Caller::connect(&server.grpc_url);
    let whole = framed(0, &span("api", 10));
    let bearer = format!("Bearer {key}");
    let cases: [(Metadata<'_>, Option<u32>, &str); 6] = [
        (&[], UNAUTHENTICATED, "missing 'x-honeycomb-team' header"),
        (&[("x-honeycomb-team", "nobody")], UNAUTHENTICATED, "unknown API key"),
        (&[("x-honeycomb-team", key)], UNAUTHENTICATED, "missing 'x-honeycomb-dataset' header"),
        (&[("x-honeycomb-team", key), ("x-honeycomb-dataset", "one")], OK, ""),
        (&[("x-hny-team", key), ("x-honeycomb-dataset", "one")], OK, ""),
        (&[("authorization", &bearer), ("x-honeycomb-dataset", "one")], OK, ""),
    ];
    for (metadata, code, words) in cases {
        let outcome = caller.export("trace", metadata, &[&whole]);
        assert_eq!((outcome.status, outcome.code), (200, code), "{metadata:?}: {outcome:?}");
        assert!(outcome.words.contains(words), "{outcome:?}");
    }
}

/// Guarantees: a server that is not ready yet says UNAVAILABLE and when to come again, and its
/// health is NOT_SERVING; both change when it is ready.
#[test]
fn starting_servers_are_unavailable() {
    let mut world = World::new();
    let server = start_replaying(&mut world);
    let caller = Caller::connect(&server.grpc_url);
    let outcome = caller.export("trace", &[], &[&framed(0, &span("api", 10))]);
    assert_eq!(outcome.code, UNAVAILABLE, "{outcome:?}");
    let details = String::from_utf8_lossy(outcome.details.as_ref().unwrap()).into_owned();
    assert!(details.contains("type.googleapis.com/google.rpc.RetryInfo"), "{details:?}");
    assert!(details.ends_with("\x12\x04\n\x02\x08\x01"), "a second: {details:?}");
    let outcome = caller.call(&format!("{HEALTH}/Check"), &CALL, &[&framed(0, &[])]);
    assert_eq!((outcome.code, outcome.body), (OK, framed(0, &[8, 2])));
}

/// Guarantees: the health of the server and of each service is answered without a key, an unknown
/// service is not found, and a watcher hears of the end.
#[test]
fn health_is_told() {
    let server = World::new().with_flags(&["--keys", "strict"]).start();
    let caller = Caller::connect(&server.grpc_url);
    let check = format!("{HEALTH}/Check");
    let trace = field(1, b"opentelemetry.proto.collector.trace.v1.TraceService");
    for service in [&[][..], &trace] {
        let outcome = caller.call(&check, &CALL, &[&framed(0, service)]);
        assert_eq!((outcome.code, outcome.body), (OK, framed(0, &[8, 1])));
    }
    let outcome = caller.call(&check, &CALL, &[&framed(0, &field(1, b"a.B"))]);
    assert_eq!(outcome.code, NOT_FOUND, "{outcome:?}");
    let outcome = caller.call(&check, &CALL, &[&framed(0, &[0xff])]);
    assert_eq!(outcome.code, INVALID_ARGUMENT, "{outcome:?}");
    let outcome = caller.call(&format!("{HEALTH}/List"), &CALL, &[&framed(0, &[])]);
    assert_eq!(outcome.code, UNIMPLEMENTED, "{outcome:?}");

    let watch = format!("{HEALTH}/Watch");
    let outcome = caller.run(async {
        let (answer, mut request) = caller.open(&watch, &CALL, false).await;
        request.send_data(framed(0, &[]).into(), true).unwrap();
        let mut answer = answer.await.unwrap();
        let first = answer.body_mut().data().await.unwrap().unwrap();
        assert_eq!(first, framed(0, &[8, 1]));
        server.signal(Signal::TERM);
        read_outcome(answer).await
    });
    assert_eq!((outcome.code, outcome.body), (UNAVAILABLE, framed(0, &[8, 2])));
    assert_eq!(server.wait(super::world::PATIENCE).code(), Some(0));
}
