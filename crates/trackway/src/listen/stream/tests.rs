//! Tests of deadlines, each of them short.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::{interval, timeout};

use super::*;

/// A deadline that a test can wait for.
const SHORT: Duration = Duration::from_millis(40);
/// A time in which nothing must happen.
const LONGER: Duration = Duration::from_millis(200);

fn stream(patience: Patience, room: usize) -> (DuplexStream, Stream<DuplexStream>, Arc<Turn>) {
    let (client, server) = duplex(room);
    let stream = Stream::new(server, patience, Arc::default());
    let turn = stream.turn();
    (client, stream, turn)
}

/// Guarantees: a head that comes in drops ends, however often a drop comes.
#[tokio::test]
async fn slow_heads_end() {
    let (mut client, mut stream, _) = stream(Patience { head: SHORT, ..Patience::default() }, 64);
    let dripping = tokio::spawn(async move {
        let mut drops = interval(SHORT / 8);
        while client.write_all(b"x").await.is_ok() {
            drops.tick().await;
        }
    });
    let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    drop(stream);
    dripping.await.unwrap();
}

/// Guarantees: silence between requests and while one is served is no slow head, and the deadline
/// of one request is not that of the next.
#[tokio::test]
async fn silence_is_no_slow_head() {
    let (mut client, mut stream, turn) =
        stream(Patience { head: SHORT, ..Patience::default() }, 64);
    for _ in 0..2 {
        // Nobody says anything.
        assert!(timeout(LONGER, stream.read_u8()).await.is_err(), "the stream ended");
        client.write_all(b"x").await.unwrap();
        stream.read_u8().await.unwrap();
        turn.serve();
        // It is served for a long time, and its body comes late.
        assert!(timeout(LONGER, stream.read_u8()).await.is_err(), "the stream ended");
        client.write_all(b"y").await.unwrap();
        stream.read_u8().await.unwrap();
        turn.wait();
    }
    client.write_all(b"x").await.unwrap();
    stream.read_u8().await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
}

/// Guarantees: an answer that the client does not take fails after a while.
#[tokio::test]
async fn untaken_answers_fail() {
    let (mut client, mut stream, _) = stream(Patience { answer: SHORT, ..Patience::default() }, 1);
    let writing = stream.write_all(b"ab");
    let reading = client.read_u8();
    let (written, read) = tokio::join!(writing, reading);
    written.unwrap();
    read.unwrap();
    let error = stream.write_all(b"cd").await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

/// Guarantees: HTTP/2 is told from HTTP/1.1 by its first bytes, however they come, and they are
/// read again; whoever hangs up or goes on too slowly before that is not served.
#[tokio::test]
async fn protocols_are_told_apart() {
    let http1 = b"PRI * HTTP/1.1\r\nhost: a\r\n\r\n".as_slice();
    for (said, is_http2) in [(PREFACE, true), (http1, false), (b"GET /", false)] {
        let (mut client, mut stream, _) = stream(Patience::default(), 1);
        let saying = tokio::spawn(async move { client.write_all(said).await.unwrap() });
        assert_eq!(stream.speaks_http2().await.unwrap(), is_http2);
        let mut again = Vec::new();
        stream.read_to_end(&mut again).await.unwrap();
        assert_eq!(again, said);
        saying.await.unwrap();
    }
    let (client, mut gone, _) = stream(Patience::default(), 64);
    drop(client);
    assert!(gone.speaks_http2().await.is_err());
    let (mut client, mut slow, _) = stream(Patience { head: SHORT, ..Patience::default() }, 64);
    client.write_all(&PREFACE[..9]).await.unwrap();
    assert_eq!(slow.speaks_http2().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
}

/// Guarantees: a head that goes on and on ends at its bound with the status for that, and a body of
/// any length is no head.
#[tokio::test]
async fn long_heads_end() {
    let (mut client, mut one, turn) = stream(Patience::default(), 2 * HEAD_BYTES_MAX);
    client.write_all(&vec![b'x'; HEAD_BYTES_MAX]).await.unwrap();
    one.read_exact(&mut vec![0; HEAD_BYTES_MAX]).await.unwrap();
    turn.serve();
    client.write_all(&vec![b'x'; 2 * HEAD_BYTES_MAX]).await.unwrap();
    one.read_exact(&mut vec![0; 2 * HEAD_BYTES_MAX]).await.unwrap();
    turn.wait();
    client.write_all(&vec![b'x'; HEAD_BYTES_MAX + 1]).await.unwrap();
    let error = one.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(one.cuts.list(), [("long head", 1)]);
    drop(one);
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}
