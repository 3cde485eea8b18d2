//! Clients that keep a server waiting, flood it or hang up: bounded time and memory, and nobody
//! else notices.
//!
//! Deadlines are those of production here, so what only a deadline ends is tested beside the
//! listener, with short ones.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use model::{Clock as _, SystemClock};

use super::calls::{Caller, framed};
use super::spans;
use super::world::{PATIENCE, Server, World};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// The setting that says how many requests a peer may have open.
const MAX_CONCURRENT_STREAMS: u16 = 3;
/// The reason of a reset that says that the request was not begun and may be sent again.
const REFUSED_STREAM: u32 = 7;
/// `:method: POST`, `:scheme: http` and `:path: /` from the table that every client has.
const HEAD: [u8; 3] = [0x83, 0x86, 0x84];

/// A connection to the main port.
pub(super) fn connect(server: &Server) -> TcpStream {
    let address = server.url.strip_prefix("http://").unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// A connection that speaks HTTP/2.
fn connect_h2(server: &Server) -> TcpStream {
    let mut stream = connect(server);
    stream.write_all(PREFACE).unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).unwrap();
    stream
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A frame that came.
#[derive(Debug)]
struct Frame {
    kind: u8,
    stream: u32,
    payload: Vec<u8>,
}

fn read_frame(stream: &mut TcpStream) -> Frame {
    let mut head = [0; 9];
    stream.read_exact(&mut head).unwrap();
    let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    let mut payload = vec![0; number(&head[..3]) as usize];
    stream.read_exact(&mut payload).unwrap();
    Frame { kind: head[3], stream: number(&head[5..]), payload }
}

/// The next frame of one of these kinds.
fn read_until_of(stream: &mut TcpStream, kinds: &[u8]) -> Frame {
    loop {
        let frame = read_frame(stream);
        if kinds.contains(&frame.kind) {
            return frame;
        }
    }
}

/// What the server says until it closes; a reset closes too.
pub(super) fn rest(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    if let Err(error) = stream.read_to_end(&mut read) {
        assert_ne!(error.kind(), ErrorKind::WouldBlock, "the server neither answers nor closes");
    }
    String::from_utf8_lossy(&read).into_owned()
}

/// Sends the same again and again until the server has closed.
fn send_until_closed(stream: &mut TcpStream, bytes: &[u8]) {
    let clock = SystemClock::new();
    while stream.write_all(bytes).is_ok() {
        assert!(clock.elapsed() < PATIENCE, "the server takes it for ever");
    }
}

/// The memory that the server has now, KiB.
fn memory_kib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// How often connections were cut for a reason.
fn cut(server: &Server, reason: &str) -> f64 {
    let (_, page) = server.get("/metrics");
    let name = format!("trackway_connections_cut_total{{reason=\"{reason}\"}} ");
    page.lines().find_map(|line| line.strip_prefix(&name)).map_or(0.0, |at| at.parse().unwrap())
}

/// Guarantees: a head of a thousand headers, and one that goes on and on, is refused as too large
/// over HTTP/1.1, and over HTTP/2 with no more than a head's memory.
#[test]
fn large_heads_are_refused() {
    let server = World::new().start();
    let mut many = connect(&server);
    let headers: String = (0..1_000).map(|n| format!("x-{n}: y\r\n")).collect();
    let head = format!("GET /livez HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
    many.write_all(head.as_bytes()).unwrap();
    assert!(rest(&mut many).starts_with("HTTP/1.1 431 "));

    let mut long = connect(&server);
    long.write_all(b"GET /livez HTTP/1.1\r\nx-long: ").unwrap();
    send_until_closed(&mut long, &[b'x'; 4_096]);
    assert_eq!(cut(&server, "long head"), 1.0);

    let before = memory_kib(&server);
    let mut flood = connect_h2(&server);
    flood.write_all(&frame(HEADERS, 0, 1, &HEAD)).unwrap();
    // Names and values that no table holds: `x-…: y…`, 100 bytes each.
    let header = [&[0x00, 3][..], b"x-y", &[96], &[b'z'; 96]].concat();
    send_until_closed(&mut flood, &frame(CONTINUATION, 0, 1, &header.repeat(10)));
    let grown = memory_kib(&server).saturating_sub(before);
    assert!(grown < 8 << 10, "{grown} KiB more");
    spans::send(&server, "api", 1);
}

/// Guarantees: requests that come without waiting for answers are answered in order, and a client
/// that closes its side is let go.
#[test]
fn pipelined_and_half_closed() {
    let server = World::new().start();
    let mut stream = connect(&server);
    let one = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(50);
    let last = "GET /nowhere HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(format!("{one}{last}").as_bytes()).unwrap();
    let answers = rest(&mut stream);
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 50, "{answers}");
    assert!(answers.contains("HTTP/1.1 404"), "{answers}");

    // In the middle of a body, of a head, and before anything was said.
    let posts = "POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{";
    for said in [posts, "GET /livez", "", "PRI * HTT"] {
        let mut stream = connect(&server);
        stream.write_all(said.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        rest(&mut stream);
    }
    // The connection that asks is one.
    server.wait_until("let go", |server| server.metric("trackway_connections") <= 1.0);
}

/// Guarantees: pings, settings, cancelled requests and bodies in tiny pieces without end are cut
/// off, or do no more than they cost to send, and memory does not grow with them.
#[test]
fn floods_are_cut_off() {
    let server = World::new().start();
    let before = memory_kib(&server);
    // Whoever reads nothing is cut off like whoever reads everything: the server says little.
    for flood in [frame(PING, 0, 0, &[0; 8]), frame(SETTINGS, 0, 0, &[])] {
        send_until_closed(&mut connect_h2(&server), &flood.repeat(100));
    }
    assert_eq!(cut(&server, "flood of frames"), 2.0);

    let mut resets = connect_h2(&server);
    let clock = SystemClock::new();
    for id in (1_u32..).step_by(2) {
        let open = frame(HEADERS, END_HEADERS, id, &HEAD);
        let reset = frame(RST_STREAM, 0, id, &[0, 0, 0, 8]);
        if resets.write_all(&[open, reset].concat()).is_err() {
            break;
        }
        assert!(clock.elapsed() < PATIENCE, "requests are cancelled for ever");
    }

    let mut tiny = connect_h2(&server);
    tiny.write_all(&frame(HEADERS, END_HEADERS, 1, &HEAD)).unwrap();
    send_until_closed(&mut tiny, &frame(DATA, 0, 1, b"x").repeat(100));
    let grown = memory_kib(&server).saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB more");
    spans::send(&server, "api", 1);
}

/// Guarantees: a connection says that it takes a hundred requests at a time; one more is refused
/// as not begun (REFUSED_STREAM), the hundred are answered, and then there is room again.
#[test]
fn many_streams() {
    let server = World::new().start();
    let mut stream = connect_h2(&server);
    let path = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    // Names from the table that every client has, with values of their own.
    let own = |name: &[u8], value: &str| [name, &[value.len() as u8], value.as_bytes()].concat();
    let content = own(&[0x0f, 0x10], "application/grpc");
    let head = [&HEAD[..2], &own(&[0x04], path), &content].concat();
    let ids = |count: u32| (0..count).map(|place| 2 * place + 1);
    for id in ids(101) {
        stream.write_all(&frame(HEADERS, END_HEADERS, id, &head)).unwrap();
    }
    let said = read_frame(&mut stream);
    assert_eq!((said.kind, said.stream), (SETTINGS, 0), "{said:?}");
    let streams_max = [&MAX_CONCURRENT_STREAMS.to_be_bytes()[..], &100_u32.to_be_bytes()].concat();
    assert!(said.payload.chunks(6).any(|setting| setting == streams_max), "{said:?}");
    let refused = read_until_of(&mut stream, &[RST_STREAM, HEADERS]);
    assert_eq!((refused.kind, refused.stream), (RST_STREAM, 201), "{refused:?}");
    assert_eq!(refused.payload, REFUSED_STREAM.to_be_bytes(), "{refused:?}");

    for id in ids(100) {
        stream.write_all(&frame(DATA, END_STREAM, id, &framed(0, &[]))).unwrap();
    }
    let mut answered = Vec::new();
    while answered.len() < 100 {
        let said = read_until_of(&mut stream, &[RST_STREAM, DATA]);
        assert_eq!((said.kind, &said.payload), (DATA, &framed(0, &[])), "{said:?}");
        answered.push(said.stream);
    }
    answered.sort_unstable();
    assert!(answered.iter().copied().eq(ids(100)), "{answered:?}");
    stream.write_all(&frame(HEADERS, END_HEADERS, 203, &head)).unwrap();
    stream.write_all(&frame(DATA, END_STREAM, 203, &framed(0, &[]))).unwrap();
    let said = read_until_of(&mut stream, &[RST_STREAM, DATA]);
    assert_eq!((said.kind, said.stream), (DATA, 203), "{said:?}");
}

/// Guarantees: nine hundred connections that say nothing, or something in drops, keep nobody out,
/// take a bounded amount of memory each, and are counted.
#[test]
fn crowds_keep_nobody_out() {
    const CROWD: u64 = 900;
    let server = World::new().start();
    spans::send(&server, "api", 1);
    let before = memory_kib(&server);
    let said: [&[u8]; 5] = [
        b"",
        b"GET /livez HTTP/1.1\r\nhost: loc",
        b"POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n{",
        &PREFACE[..12],
        PREFACE,
    ];
    let mut crowd = Vec::new();
    for which in said.iter().cycle().take(CROWD as usize) {
        let mut stream = connect(&server);
        stream.write_all(which).unwrap();
        crowd.push(stream);
    }
    server.wait_until("they are taken", |server| {
        server.metric("trackway_connections") >= CROWD as f64
    });
    let caller = Caller::connect(&server.grpc_url);
    for number in 0..50 {
        spans::send(&server, "api", 1);
        let outcome = caller.export("logs", &[], &[&framed(0, &[])]);
        assert_eq!(outcome.code, Some(0), "{number}: {outcome:?}");
    }
    assert_eq!(spans::rows(&server, "api"), Some(51));
    let grown = memory_kib(&server).saturating_sub(before);
    assert!(grown < CROWD * 64, "{grown} KiB for {CROWD} connections");
    drop(crowd);
}
