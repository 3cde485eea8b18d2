use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use model::{SystemClock, Timestamp};

use super::super::{Generator, Plan};
use super::*;

/// A server on loopback that gives each request the answer that `answer` makes of its number,
/// counted from 0 over all connections, until `connections` connections have closed.
struct Server {
    target: Target,
    served: thread::JoinHandle<Vec<Received>>,
}

/// A request as the server saw it.
struct Received {
    head: String,
    body: Vec<u8>,
}

impl Server {
    fn start(connections: usize, answer: fn(usize) -> &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serve = move || {
            let all = Mutex::new(Vec::new());
            thread::scope(|scope| {
                for _ in 0..connections {
                    let (stream, _) = listener.accept().unwrap();
                    let all = &all;
                    scope.spawn(move || serve_connection(stream, all, answer));
                }
            });
            all.into_inner().unwrap()
        };
        let served = thread::Builder::new().name("server".to_owned()).spawn(serve).unwrap();
        Self { target: Target::parse(&url).unwrap(), served }
    }
}

fn serve_connection(
    stream: TcpStream,
    all: &Mutex<Vec<Received>>,
    answer: fn(usize) -> &'static str,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let (mut head, mut body_len) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap() == 0 {
                return;
            }
            if let Some(len) = line.strip_prefix("content-length: ") {
                body_len = len.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head += &line;
        }
        let mut body = vec![0; body_len];
        reader.read_exact(&mut body).unwrap();
        let mut all = all.lock().unwrap();
        let answer = answer(all.len());
        all.push(Received { head, body });
        drop(all);
        stream.write_all(answer.as_bytes()).unwrap();
        if answer.contains("connection: close") {
            return;
        }
    }
}

const ACCEPTED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn settings(connections: usize) -> Settings {
    Settings {
        connections,
        rate: None,
        shape: Shape::Traces,
        encoding: Encoding::Identity,
        in_memory: 0,
    }
}

fn requests(bodies: &[&str]) -> impl Iterator<Item = Request> {
    let request = |body: &&str| Request {
        body: body.as_bytes().to_vec(),
        spans: 10,
        sent: Timestamp::from_nanos(0),
    };
    bodies.iter().map(request).collect::<Vec<_>>().into_iter()
}

/// Guarantees: everything generated arrives byte for byte, over kept connections, and is counted.
#[test]
fn everything_arrives() {
    let server = Server::start(2, |_| ACCEPTED);
    let mut generator = Generator::new(Plan::new(5, 2_000));
    let mut settings = settings(2);
    settings.in_memory = 3;
    let run = send(&server.target, &settings, &mut generator, &SystemClock::new());
    assert!(run.failure.is_none());
    let mut received: Vec<_> = server.served.join().unwrap();
    let mut expected: Vec<_> = Generator::new(Plan::new(5, 2_000)).map(|sent| sent.body).collect();
    received.sort_by(|a, b| a.body.cmp(&b.body));
    expected.sort();
    assert!(received.iter().map(|received| &received.body).eq(&expected));
    assert!(received[0].head.starts_with("POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1:"));
    assert!(received[0].head.contains("content-type: application/x-protobuf\r\n"));
    let bytes = expected.iter().map(Vec::len).sum::<usize>() as u64;
    assert_eq!((run.summary.spans, run.summary.requests), (2_000, expected.len() as u64));
    assert_eq!((run.summary.bytes_sent, run.summary.bytes_uncompressed), (bytes, bytes));
    let ack = run.summary.ack_ms.unwrap();
    assert!(0.0 < ack.p50 && ack.p50 <= ack.p99 && ack.p99 <= ack.max);
}

/// Guarantees: compressed bodies say so and are smaller.
#[test]
fn encodings() {
    for (encoding, name) in [(Encoding::Gzip, "gzip"), (Encoding::Zstd, "zstd")] {
        let server = Server::start(1, |_| ACCEPTED);
        let settings = Settings { encoding, ..settings(1) };
        let body = "observed ".repeat(100);
        let run = send(&server.target, &settings, &mut requests(&[&body]), &SystemClock::new());
        let received = server.served.join().unwrap();
        assert!(received[0].head.contains(&format!("content-encoding: {name}\r\n")));
        assert_eq!(run.summary.bytes_uncompressed, 900);
        assert_eq!(run.summary.bytes_sent, received[0].body.len() as u64);
        assert!(run.summary.bytes_sent < 100);
    }
}

/// Guarantees: a request that is put off is sent again unchanged, and counted once.
#[test]
fn retries() {
    let server = Server::start(1, |number| match number {
        0 => "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n",
        2 => "HTTP/1.1 503 Busy\r\nretry-after: 0\r\ncontent-length: 4\r\n\r\nbusy",
        _ => ACCEPTED,
    });
    let mut two = requests(&["first", "second"]);
    let run = send(&server.target, &settings(1), &mut two, &SystemClock::new());
    assert!(run.failure.is_none());
    assert_eq!((run.summary.requests, run.summary.spans, run.summary.retries), (2, 20, 2));
    let bodies: Vec<_> = server.served.join().unwrap().into_iter().map(|got| got.body).collect();
    assert_eq!(bodies, [&b"first"[..], b"first", b"second", b"second"]);
}

/// Guarantees: any other refusal ends the run with the server's words; what was acknowledged
/// before still counts, and the rest is not sent.
#[test]
fn refusals() {
    let server = Server::start(1, |number| match number {
        0 => ACCEPTED,
        _ => "HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\nno spans\n",
    });
    let bodies = ["body"; 100];
    let run = send(&server.target, &settings(1), &mut requests(&bodies), &SystemClock::new());
    let failure = run.failure.unwrap();
    assert_eq!(failure.to_string(), "the server answered 400: no spans");
    assert_eq!(run.summary.requests, 1);
    assert_eq!(server.served.join().unwrap().len(), 2);
}

/// Guarantees: a closed connection is opened again where the server announced it, and is an error
/// where it did not.
#[test]
fn closed_connections() {
    let server = Server::start(2, |number| match number {
        0 => "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        _ => ACCEPTED,
    });
    let mut two = requests(&["first", "second"]);
    let run = send(&server.target, &settings(1), &mut two, &SystemClock::new());
    assert!(run.failure.is_none());
    assert_eq!(run.summary.requests, 2);
    drop(server.served.join().unwrap());

    let silent = Server::start(1, |_| "connection: close");
    let run = send(&silent.target, &settings(1), &mut requests(&["x"]), &SystemClock::new());
    assert!(run.failure.is_some());
}

/// Guarantees: with a rate, a stall of the server is charged to every request that it delayed.
#[test]
fn latency_counts_from_the_scheduled_time() {
    let server = Server::start(1, |number| match number {
        0 => "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n",
        _ => ACCEPTED,
    });
    // Ten requests of ten spans at 1,000 spans a second are due within 0.1 s.
    let settings = Settings { rate: Some(1_000.0), ..settings(1) };
    let bodies = ["body"; 10];
    let run = send(&server.target, &settings, &mut requests(&bodies), &SystemClock::new());
    assert!(run.failure.is_none());
    // All were due in the first tenth of the second that the first one had to wait.
    assert!(run.summary.ack_ms.unwrap().p50 > 900.0);
    drop(server.served.join().unwrap());
}

/// Guarantees: with a rate, requests are not sent before their time.
#[test]
fn rate_is_kept() {
    let server = Server::start(1, |_| ACCEPTED);
    let settings = Settings { rate: Some(1_000.0), ..settings(1) };
    let bodies = ["body"; 21];
    let run = send(&server.target, &settings, &mut requests(&bodies), &SystemClock::new());
    // The twenty-first is due after 200 spans, 0.2 s.
    assert!(run.summary.seconds >= 0.2);
    drop(server.served.join().unwrap());
}
