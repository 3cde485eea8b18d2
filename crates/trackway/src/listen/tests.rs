//! Tests of ports and connections, on loopback.

use std::net::{IpAddr, Ipv4Addr};

use axum::routing::{get, post};
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
