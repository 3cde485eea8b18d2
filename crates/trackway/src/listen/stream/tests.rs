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
    let turn = Arc::new(Turn::default());
    let stream = Stream::new(server, Arc::clone(&turn), patience);
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
