//! A connection of HTTP/2 without TLS, as gRPC speaks it: many requests at a time.
//!
//! The client begins with HTTP/2 at once ("prior knowledge"); there is no upgrade from HTTP/1.1.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::connection::Served;
use super::cut::Cut;
use super::pace::Paced;
use super::stream::{HEAD_BYTES_MAX, Stream};
use super::streams::{Answer, Streams};
use super::turned_away;

/// Most requests at a time on one connection: more than a collector's exporters have in flight.
const STREAMS_MAX: u32 = 100;
/// Bytes of a body that may come before they are read, which no budget counts yet: enough for
/// 5 MB a second over a line of 50 ms.
const STREAM_WINDOW: u32 = 256 << 10;
/// The same for all requests of a connection together.
const CONNECTION_WINDOW: u32 = 512 << 10;
/// Most bytes of answers that wait for the socket on one stream.
const SEND_BUFFER: usize = 64 << 10;
/// Deadlines are looked at this often within the shortest of them.
const LOOKS: u32 = 4;

/// Serves it until it ends, or ends it after its requests when the server stops.
pub(super) async fn serve(stream: Stream, mut served: Served) {
    let patience = served.connections.patience;
    let streams = Streams::new();
    let service = service_fn({
        let (streams, routes) = (Arc::clone(&streams), served.routes.clone());
        let connections = Arc::clone(&served.connections);
        let routes = TowerToHyperService::new(routes);
        move |request: Request<Incoming>| {
            let answering = match connections.enter_request() {
                Some(place) => {
                    let stay = streams.enter(place);
                    let paced = |body| Paced::new(body, patience.body, &connections.cuts);
                    Ok((routes.call(request.map(paced)), stay))
                }
                None => Err(turned_away::answer(request.headers())),
            };
            async move {
                let (answering, stay) = match answering {
                    Ok(answering) => answering,
                    Err(turned_away) => return Ok(turned_away),
                };
                let answer: Result<Response, Infallible> = answering.await;
                answer.map(|answer| answer.map(|body| Body::new(Answer::new(body, stay))))
            }
        }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .keep_alive_interval(patience.idle)
        .keep_alive_timeout(patience.answer)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let mut looks = interval(patience.idle.min(patience.answer) / LOOKS);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ending: Option<Instant> = None;
    loop {
        let is_ending = ending.is_some();
        tokio::select! {
            // Clients hang up in many ways; none of them is news.
            _ = connection.as_mut() => return,
            // The sender gone means the same.
            _ = served.stopping.wait_for(|stopping| *stopping), if !is_ending => {
                ending = Some(Instant::now());
                connection.as_mut().graceful_shutdown();
            }
            _ = looks.tick() => {
                if streams.is_stuck(patience.answer) {
                    served.connections.cuts.count(Cut::UntakenAnswer);
                    return;
                }
                match ending {
                    None if streams.is_idle(patience.idle) => {
                        ending = Some(Instant::now());
                        connection.as_mut().graceful_shutdown();
                    }
                    // It was told, has no request open, and does not hang up.
                    Some(since) if since.elapsed() >= patience.answer
                        && streams.is_idle(patience.answer) => return,
                    _ => {}
                }
            }
        }
    }
}
