//! The listener and its orderly end.
//!
//! On SIGTERM or Ctrl-C no further connection is taken and requests in flight may finish, within
//! a bound: a client that never ends its request must not keep the telemetry from being flushed.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// How long requests in flight may take once the service was told to stop. With
/// [`crate::telemetry::FLUSH_TIME_MAX`] it stays below the five seconds that were promised.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(2);

/// Listens on `listen` (`host:port`), says so on standard output, and serves `router` until the
/// process is told to stop.
pub(crate) async fn serve(listen: &str, router: Router) -> io::Result<()> {
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("listening on {listen}: {error}")))?;
    // The signals are taken before the address is announced: who reads it may stop us at once.
    let terminate = signal(SignalKind::terminate())?;
    let interrupt = signal(SignalKind::interrupt())?;
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;

    let (stop, stopped) = oneshot::channel::<()>();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async {
        // A dropped sender means the same as a sent word: stop.
        stopped.await.ok();
    });
    let mut server = std::pin::pin!(server.into_future());
    tokio::select! {
        ended = &mut server => return ended,
        () = told_to_stop(terminate, interrupt) => {}
    }
    drop(stop);
    match tokio::time::timeout(DRAIN_TIME_MAX, server).await {
        Ok(ended) => ended,
        Err(_) => {
            tracing::warn!("requests still open after {DRAIN_TIME_MAX:?} were cut off");
            Ok(())
        }
    }
}

async fn told_to_stop(mut terminate: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
