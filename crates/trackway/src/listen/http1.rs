//! A connection of HTTP/1.1: one request at a time.

use std::pin::pin;
use std::sync::Arc;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;

use super::connection::Served;
use super::pace::Paced;
use super::stream::Stream;

/// Serves it until it ends, or ends it after its request when the server stops.
pub(super) async fn serve(stream: Stream, mut served: Served) {
    let patience = served.connections.patience;
    let cuts = Arc::clone(&served.connections.cuts);
    let turn = stream.turn();
    let routes = TowerToHyperService::new(served.routes);
    let service = service_fn(move |request: Request<Incoming>| {
        turn.serve();
        let turn = Arc::clone(&turn);
        let answering = routes.call(request.map(|body| Paced::new(body, patience.body, &cuts)));
        async move {
            let answer = answering.await;
            turn.wait();
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.idle)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        // The sender gone means the same.
        _ = served.stopping.wait_for(|stopping| *stopping) => None,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        // Clients hang up in many ways; none of them is news.
        drop(connection.await);
    }
}
