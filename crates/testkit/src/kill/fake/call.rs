//! Calls of gRPC to the fake: one on each connection.

use std::net::TcpStream;

use bytes::Bytes;
use h2::server::handshake;
use http::{HeaderMap, HeaderValue, Response};
use tokio::runtime::Builder;

use super::{Port, Post};
use crate::grpc;

/// What a connection of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI";

/// Whether a connection begins as those of gRPC do.
pub(super) fn is_call(stream: &TcpStream) -> bool {
    let mut first = [0; PREFACE.len()];
    stream.peek(&mut first).is_ok_and(|read| first[..read] == *PREFACE)
}

/// Answers the call of a connection, and stays until the client has gone.
pub(super) fn answer(port: &Port, stream: TcpStream) {
    stream.set_nonblocking(true).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::from_std(stream).unwrap();
        let mut connection = handshake(stream).await.unwrap();
        let (request, mut respond) = connection.accept().await.unwrap().unwrap();
        let path = request.uri().path().to_owned();
        let reading = tokio::spawn(read(request.into_body()));
        // The frames of the body come in while the connection is asked for the next call, which
        // does not come: the client waits for its answer.
        let framed = tokio::select! {
            framed = reading => framed.unwrap(),
            _ = connection.accept() => return,
        };
        let post = Post {
            path,
            kind: grpc::CONTENT_TYPE.to_owned(),
            event_time: None,
            body: framed[grpc::PREFIX_BYTES..].to_vec(),
        };
        assert_eq!(framed, grpc::framed(&post.body, false));
        let Some((status, body)) = port.say(&post) else { return };
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        stream.send_data(Bytes::from(grpc::framed(&body, false)), false).unwrap();
        let mut trailers = HeaderMap::new();
        let code = match status {
            200 => "0",
            503 => "14",
            _ => "3",
        };
        trailers.insert("grpc-status", HeaderValue::from_static(code));
        stream.send_trailers(trailers).unwrap();
        while connection.accept().await.is_some() {}
    });
}

async fn read(mut stream: h2::RecvStream) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(Ok(data)) = stream.data().await {
        stream.flow_control().release_capacity(data.len()).unwrap();
        body.extend_from_slice(&data);
    }
    body
}
