//! Tests of ports and connections, on loopback.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Bytes;
use axum::http::Request;
use axum::routing::{get, post};
use h2::client::{Builder, SendRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::*;
use crate::settings::{LISTEN, Origin};

/// A patience that a test can wait for.
const SHORT: Duration = Duration::from_millis(30);

const ANY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

struct Running {
    address: SocketAddr,
    connections: Arc<Connections>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

async fn run(most: usize, routes: Router) -> Running {
    run_with(most, Patience::default(), routes).await
}

async fn run_with(most: usize, patience: Patience, routes: Router) -> Running {
    let wanted = Chosen { value: ANY, origin: Origin::Default };
    let listener = Listener::bind(LISTEN, &wanted).unwrap();
    let address = listener.address();
    let connections = Arc::new(Connections::new(most, patience));
    let (stop, stopping) = watch::channel(false);
    let task = tokio::spawn(listener.serve(routes, Arc::clone(&connections), stopping));
    Running { address, connections, stop, task }
}

fn routes() -> Router {
    let echo = post(|body: String| async move { body });
    Router::new().route("/", get(|| async { "hello" })).route("/echo", echo)
}

async fn get_hello(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    read_until(stream, "hello").await
}

/// Reads until the text has come or the other side has closed.
async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 1_024];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        read.extend_from_slice(&buffer[..count]);
        let so_far = String::from_utf8_lossy(&read).into_owned();
        if count == 0 || so_far.contains(text) {
            return so_far;
        }
    }
}

/// Guarantees: a taken port is refused with the port, the setting and the flag that changes it.
#[tokio::test]
async fn taken_ports_are_named() {
    let running = run(10, routes()).await;
    let taken = Chosen { value: running.address, origin: Origin::Flag("--listen".to_owned()) };
    let refusal = match Listener::bind(LISTEN, &taken) {
        Ok(_) => panic!("the port is open twice"),
        Err(stop) => format!("{stop:?}"),
    };
    let port = format!("port {} is taken", running.address.port());
    for part in [&port, "listen is 127.0.0.1", "(by --listen)", "--listen ADDR", "TRACKWAY_LISTEN"]
    {
        assert!(refusal.contains(part), "{part} is not in: {refusal}");
    }
}

/// Guarantees: a connection serves many requests; beyond the bound one is answered 503 and counted,
/// and when one ends there is room again.
#[tokio::test]
async fn connections_are_bounded() {
    let running = run(1, routes()).await;
    let mut first = TcpStream::connect(running.address).await.unwrap();
    for _ in 0..2 {
        assert!(get_hello(&mut first).await.contains("200 OK"));
    }
    assert_eq!(running.connections.open(), 1);
    let mut second = TcpStream::connect(running.address).await.unwrap();
    let answer = get_hello(&mut second).await;
    assert!(answer.contains("503") && answer.contains("retry-after"), "{answer}");
    assert_eq!(running.connections.refused(), 1);

    let ended = running.connections.ended.notified();
    drop(first);
    ended.await;
    let mut third = TcpStream::connect(running.address).await.unwrap();
    assert!(get_hello(&mut third).await.contains("200 OK"));
}

/// Guarantees: stopping closes the port and idle connections, and waits for the request that a
/// connection is in.
#[tokio::test]
async fn stopping_waits_for_requests() {
    let (entered, mut has_entered) = watch::channel(false);
    let (leave, may_leave) = watch::channel(false);
    let slow = get(move || async move {
        entered.send_replace(true);
        let mut may_leave = may_leave;
        may_leave.wait_for(|may| *may).await.unwrap();
        "hello"
    });
    let running = run(10, Router::new().route("/", slow)).await;
    let idle = TcpStream::connect(running.address).await.unwrap();
    let mut busy = TcpStream::connect(running.address).await.unwrap();
    let asking = tokio::spawn(async move { get_hello(&mut busy).await });
    has_entered.wait_for(|entered| *entered).await.unwrap();

    running.stop.send_replace(true);
    let mut idle = idle;
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0, "the idle one is closed");
    assert!(TcpStream::connect(running.address).await.is_err(), "the port is closed");
    assert!(!running.task.is_finished());
    leave.send_replace(true);
    assert!(asking.await.unwrap().contains("200 OK"));
    running.task.await.unwrap();
}

/// Guarantees: a body that stops coming is answered, and ends its connection.
#[tokio::test]
async fn stuck_bodies_end() {
    let patience = Patience { body: SHORT, ..Patience::default() };
    let running = run_with(10, patience, routes()).await;
    let mut stuck = TcpStream::connect(running.address).await.unwrap();
    let head = b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc";
    stuck.write_all(head).await.unwrap();
    let mut answer = String::new();
    stuck.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

/// Guarantees: a connection on which nothing is said ends, and so does one whose head never does.
#[tokio::test]
async fn silent_connections_end() {
    let patience = Patience { idle: SHORT, ..Patience::default() };
    let running = run_with(10, patience, routes()).await;
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap(), 0);

    let patience = Patience { head: SHORT, ..Patience::default() };
    let running = run_with(10, patience, routes()).await;
    let mut slow = TcpStream::connect(running.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost").await.unwrap();
    assert_eq!(slow.read(&mut [0; 1]).await.unwrap(), 0);
}

/// A client of HTTP/2, and how its connection ends.
async fn connect_h2(
    address: SocketAddr,
    builder: &Builder,
) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (requests, connection) = builder.handshake(stream).await.unwrap();
    (requests, tokio::spawn(connection))
}

fn ask(path: &str) -> Request<()> {
    Request::post(format!("http://a{path}")).body(()).unwrap()
}

/// Guarantees: both protocols are spoken on one port; of requests that share a connection those
/// beyond the bound are answered 503 and counted, and there is room again afterwards.
#[tokio::test]
async fn requests_share_connections() {
    let running = run(2, routes()).await;
    let mut plain = TcpStream::connect(running.address).await.unwrap();
    assert!(get_hello(&mut plain).await.contains("200 OK"));
    let (mut requests, _connection) = connect_h2(running.address, &Builder::new()).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        open.push(requests.send_request(ask("/echo"), false).unwrap());
        requests = requests.ready().await.unwrap();
    }
    let (answer, _) = requests.send_request(ask("/echo"), true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (503, &"5".parse().unwrap())
    );
    assert_eq!(running.connections.refused_requests(), 1);
    for (answer, mut body) in open {
        body.send_data(Bytes::from_static(b"abc"), true).unwrap();
        let mut answer = answer.await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.body_mut().data().await.unwrap().unwrap(), "abc");
    }
    let (answer, _) = requests.send_request(ask("/echo"), true).unwrap();
    assert_eq!(answer.await.unwrap().status().as_u16(), 200);
}

/// Guarantees: a shared connection ends when no request was open for a while, and when a head does
/// not come to its end.
#[tokio::test]
async fn silent_shared_connections_end() {
    let patience = Patience { idle: SHORT, ..Patience::default() };
    let running = run_with(10, patience, routes()).await;
    let (_requests, connection) = connect_h2(running.address, &Builder::new()).await;
    // Whether politely or not.
    drop(connection.await.unwrap());

    let patience = Patience { head: SHORT, ..Patience::default() };
    let running = run_with(10, patience, routes()).await;
    let mut slow = TcpStream::connect(running.address).await.unwrap();
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let unended_head = [0, 0, 1, 1, 0, 0, 0, 0, 1, 0x83];
    let said = [frames::PREFACE, &settings, &unended_head].concat();
    slow.write_all(&said).await.unwrap();
    drop(slow.read_to_end(&mut Vec::new()).await);
    assert_eq!(running.connections.cuts(), [("slow head", 1)]);
}

/// Guarantees: a client that has no room for an answer, and never makes any, loses its connection;
/// one that takes its answer keeps it, however long the answer takes to come.
#[tokio::test]
async fn untaken_answers_end_shared_connections() {
    let patience = Patience { answer: SHORT, ..Patience::default() };
    let running = run_with(10, patience, routes()).await;
    let (mut requests, connection) =
        connect_h2(running.address, Builder::new().initial_window_size(0)).await;
    let (answer, _) = requests
        .send_request(ask("/echo"), false)
        .map(|(answer, mut body)| {
            body.send_data(Bytes::from_static(b"abc"), true).unwrap();
            (answer, body)
        })
        .unwrap();
    assert_eq!(answer.await.unwrap().status().as_u16(), 200);
    drop(connection.await.unwrap());
    assert_eq!(running.connections.cuts(), [("untaken answer", 1)]);

    let slow = post(|| async {
        drop(tokio::time::timeout(SHORT * 4, std::future::pending::<()>()).await);
        "hello"
    });
    let running = run_with(10, patience, Router::new().route("/slow", slow)).await;
    let (mut requests, _connection) = connect_h2(running.address, &Builder::new()).await;
    let (answer, _) = requests.send_request(ask("/slow"), true).unwrap();
    let mut answer = answer.await.unwrap();
    assert_eq!(answer.body_mut().data().await.unwrap().unwrap(), "hello");
}

/// Guarantees: a body that stops coming on a shared connection is answered, and the connection's
/// other requests go on.
#[tokio::test]
async fn stuck_bodies_leave_others_alone() {
    let patience = Patience { body: SHORT, ..Patience::default() };
    let running = run_with(10, patience, routes()).await;
    let (mut requests, _connection) = connect_h2(running.address, &Builder::new()).await;
    let (answer, mut body) = requests.send_request(ask("/echo"), false).unwrap();
    body.send_data(Bytes::from_static(b"abc"), false).unwrap();
    assert!(answer.await.unwrap().status().is_client_error());
    assert_eq!(running.connections.cuts(), [("slow body", 1)]);
    let (answer, _) = requests.send_request(ask("/echo"), true).unwrap();
    assert_eq!(answer.await.unwrap().status().as_u16(), 200);
}

/// Guarantees: stopping ends a shared connection after the requests that are open on it.
#[tokio::test]
async fn stopping_waits_for_shared_requests() {
    let running = run(10, routes()).await;
    let (mut requests, connection) = connect_h2(running.address, &Builder::new()).await;
    let (answer, mut body) = requests.send_request(ask("/echo"), false).unwrap();
    // It has been taken when another behind it is answered.
    let mut requests = requests.ready().await.unwrap();
    let (other, _) = requests.send_request(ask("/echo"), true).unwrap();
    other.await.unwrap();
    running.stop.send_replace(true);
    body.send_data(Bytes::from_static(b"abc"), true).unwrap();
    let mut answer = answer.await.unwrap();
    assert_eq!(answer.body_mut().data().await.unwrap().unwrap(), "abc");
    drop((answer, requests));
    connection.await.unwrap().unwrap();
    running.task.await.unwrap();
}
