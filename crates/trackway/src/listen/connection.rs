//! One connection: HTTP/1.1, no longer than its client lets the server go on.

use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;

use super::stream::{Stream, Turn};
use super::{Patience, Place};

/// Serves a connection in a task of its own, until it ends or `watcher` ends it.
pub(super) fn spawn(
    stream: TcpStream,
    routes: Router,
    patience: Patience,
    watcher: Watcher,
    place: Place,
) {
    // Answers are written whole: waiting for more to send would only delay them. Without it they
    // come later, which is no reason to refuse.
    drop(stream.set_nodelay(true));
    let turn = Arc::new(Turn::default());
    let stream = TokioIo::new(Stream::new(stream, Arc::clone(&turn), patience));
    let routes = TowerToHyperService::new(routes);
    let service = service_fn(move |request| {
        turn.serve();
        let turn = Arc::clone(&turn);
        let answering = routes.call(request);
        async move {
            let answer = answering.await;
            turn.wait();
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.idle)
        .serve_connection(stream, service);
    let connection = watcher.watch(connection);
    tokio::spawn(async move {
        // Clients hang up in many ways; none of them is news.
        drop(connection.await);
        drop(place);
    });
}
