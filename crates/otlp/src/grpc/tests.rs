//! Tests of messages in bodies and of statuses in headers.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use body::Encoding;
use bytes::Bytes;
use http::HeaderValue;
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use model::{Error, ErrorKind};

use super::*;
use crate::StatusCode;

/// A body in given pieces.
#[derive(Debug)]
struct Pieces(VecDeque<Bytes>);

impl Pieces {
    fn new(pieces: &[&[u8]]) -> Self {
        Self(pieces.iter().map(|piece| Bytes::copy_from_slice(piece)).collect())
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }
}

async fn read(pieces: &[&[u8]]) -> Result<Bytes, String> {
    let message = Message::begin(Pieces::new(pieces)).await.map_err(|error| error.to_string())?;
    let whole = message.collect().await.map_err(|error| error.to_string())?;
    Ok(whole.to_bytes())
}

/// Guarantees: a message comes out whole, cut anywhere and with empty pieces between.
#[tokio::test]
async fn messages_come_whole() {
    let whole = frame(b"hello");
    for cut in 0..=whole.len() {
        let (first, rest) = whole.split_at(cut);
        assert_eq!(read(&[first, &[], rest, &[]]).await.unwrap(), "hello", "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = whole.chunks(1).collect();
    assert_eq!(read(&bytes).await.unwrap(), "hello");
    assert_eq!(read(&[&frame(b"")]).await.unwrap(), "");
    let message = Message::begin(Pieces::new(&[&whole])).await.unwrap();
    assert_eq!(message.size_hint().exact(), Some(5));
}

/// Guarantees: less or more than one message, and what cannot be the beginning of one, is refused
/// in words.
#[tokio::test]
async fn other_bodies_are_refused() {
    let whole = frame(b"hello");
    let cases: [(&[&[u8]], &str); 7] = [
        (&[], "no message: it ended after 0 bytes"),
        (&[&whole[..3]], "no message: it ended after 3 bytes"),
        (&[&whole[..5]], "5 of its 5 bytes are missing"),
        (&[&whole[..8]], "2 of its 5 bytes are missing"),
        (&[&whole, b"x"], "a call takes one message, and more came"),
        (&[&[&whole[..], b"x"].concat()], "a call takes one message, and more came"),
        (&[&[7, 0, 0, 0, 0]], "begins with 7 where 0 or 1 is expected"),
    ];
    for (pieces, words) in cases {
        let error = read(pieces).await.unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
}

/// Guarantees: a message is encoded as its mark and its call say together.
#[tokio::test]
async fn encodings() {
    let plain = Message::begin(Pieces::new(&[&frame(b"x")])).await.unwrap();
    assert_eq!(plain.encoding(Encoding::Gzip).unwrap(), Encoding::Identity);
    let mut marked = frame(b"x");
    marked[0] = 1;
    let marked = Message::begin(Pieces::new(&[&marked])).await.unwrap();
    assert_eq!(marked.encoding(Encoding::Zstd).unwrap(), Encoding::Zstd);
    assert!(marked.encoding(Encoding::Identity).is_err());
}

/// Guarantees: words go into a header whatever they are, and long ones are cut between characters.
#[test]
fn words_fit_into_headers() {
    let status = Status::new(StatusCode::InvalidArgument, "100 % für\n\"alle\"");
    let headers = status.headers();
    assert_eq!(headers["grpc-status"], "3");
    assert_eq!(headers["grpc-message"], "100 %25 f%C3%BCr%0A\"alle\"");
    assert!(!headers.contains_key("grpc-status-details-bin"));
    let long = Status::new(StatusCode::Internal, "ü".repeat(2_000));
    assert_eq!(long.words().chars().count(), 513);
    assert!(long.headers()["grpc-message"].len() < 4_096);
    assert_eq!(Status::OK.headers().len(), 1);
}

/// Guarantees: what is to be sent again is UNAVAILABLE with the time as RetryInfo, byte for byte as
/// the message is defined; what is too large is not.
#[test]
fn retry_info() {
    use base64::Engine as _;
    let error = Error::throttled(Duration::from_millis(1_500), "busy");
    let headers = Status::from(&error).headers();
    assert_eq!(headers["grpc-status"], "14");
    let details = headers["grpc-status-details-bin"].to_str().unwrap();
    let details = base64::engine::general_purpose::STANDARD_NO_PAD.decode(details).unwrap();
    let kind = b"type.googleapis.com/google.rpc.RetryInfo";
    // Status { code: 14, message: "busy", details: [Any { RetryInfo { 1 s, 500_000_000 ns } }] }
    let delay = [&[0x0a, 8, 0x08, 1, 0x10][..], &[0x80, 0xca, 0xb5, 0xee, 0x01]].concat();
    let any = [&[0x0a, kind.len() as u8][..], kind, &[0x12, delay.len() as u8], &delay].concat();
    let status = [&[0x08, 14, 0x12, 4][..], b"busy", &[0x1a, any.len() as u8], &any].concat();
    assert_eq!(details, status);
    let error = Error::new(ErrorKind::TooLarge, "too much");
    let headers = Status::from(&error).headers();
    assert_eq!(headers["grpc-status"], "8");
    assert!(!headers.contains_key("grpc-status-details-bin"));
}

/// Guarantees: only protobuf over gRPC itself is a call, with or without parameters.
#[test]
fn calls_are_known() {
    let is = |content: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
        is_call(&headers)
    };
    for content in ["application/grpc", "application/grpc+proto", "Application/GRPC; a=b"] {
        assert!(is(content), "{content}");
    }
    for content in ["application/grpc-web", "application/grpc+json", "application/json", ""] {
        assert!(!is(content), "{content}");
    }
}
