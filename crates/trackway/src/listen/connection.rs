//! One connection, no longer than its client lets the server go on.
//!
//! Every port speaks HTTP/1.1 and HTTP/2: which one is seen from the first bytes, because a client
//! of HTTP/2 begins with a fixed text that is no request of HTTP/1.1.

use std::sync::Arc;

use axum::Router;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::stream::Stream;
use super::{Connections, Place, http1, http2};

/// What a connection is served with.
pub(super) struct Served {
    pub(super) routes: Router,
    pub(super) connections: Arc<Connections>,
    pub(super) stopping: watch::Receiver<bool>,
    /// Its place among all.
    pub(super) _place: Place,
    /// Dropped with the last connection of a listener.
    pub(super) _alive: mpsc::Sender<()>,
}

/// Serves a connection in a task of its own, until it ends or the server stops.
pub(super) fn spawn(stream: TcpStream, served: Served) {
    // Answers are written whole: waiting for more to send would only delay them. Without it they
    // come later, which is no reason to refuse.
    drop(stream.set_nodelay(true));
    tokio::spawn(serve(stream, served));
}

async fn serve(stream: TcpStream, mut served: Served) {
    let patience = served.connections.patience;
    let mut stream = Stream::new(stream, patience, Arc::clone(&served.connections.cuts));
    let first = tokio::select! {
        first = timeout(patience.idle, stream.speaks_http2()) => first,
        // The sender gone means the same.
        _ = served.stopping.wait_for(|stopping| *stopping) => return,
    };
    // Whoever says nothing, or hangs up, is not served.
    match first {
        Ok(Ok(true)) => http2::serve(stream, served).await,
        Ok(Ok(false)) => http1::serve(stream, served).await,
        Ok(Err(_)) | Err(_) => {}
    }
}
