//! The requests that are open on a connection of HTTP/2.
//!
//! HTTP/1.1 has one at a time, and a client that does not take its answer is noticed at the socket.
//! Here many share a socket, and a client can leave an answer lying while it takes everything else.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// The open requests of a connection.
#[derive(Debug)]
pub(super) struct Streams(Mutex<State>);

#[derive(Debug)]
struct State {
    next: u64,
    open: usize,
    /// Since when none is open, if none is.
    idle_since: Instant,
    /// Answers of which a piece waits for the client, each since when.
    untaken: BTreeMap<u64, Instant>,
}

impl Streams {
    /// None yet.
    pub(super) fn new() -> Arc<Self> {
        let idle_since = Instant::now();
        let state = State { next: 0, open: 0, idle_since, untaken: BTreeMap::new() };
        Arc::new(Self(Mutex::new(state)))
    }

    /// A request has come, with its place among those of all connections.
    pub(super) fn enter(self: &Arc<Self>, place: OwnedSemaphorePermit) -> Stay {
        let mut state = self.state();
        state.open += 1;
        state.next += 1;
        Stay { streams: Arc::clone(self), id: state.next, _place: place }
    }

    /// Whether no request has been open for so long.
    pub(super) fn is_idle(&self, patience: Duration) -> bool {
        let state = self.state();
        state.open == 0 && state.idle_since.elapsed() >= patience
    }

    /// Whether an answer has waited for the client for so long.
    pub(super) fn is_stuck(&self, patience: Duration) -> bool {
        self.state().untaken.values().any(|since| since.elapsed() >= patience)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's stay among the open ones, which ends when it is dropped.
#[derive(Debug)]
pub(super) struct Stay {
    streams: Arc<Streams>,
    id: u64,
    _place: OwnedSemaphorePermit,
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut state = self.streams.state();
        state.untaken.remove(&self.id);
        state.open -= 1;
        if state.open == 0 {
            state.idle_since = Instant::now();
        }
    }
}

/// The body of an answer, which notes whose turn it is.
pub(super) struct Answer<B> {
    body: B,
    stay: Stay,
}

impl<B> Answer<B> {
    /// The answer to a request.
    pub(super) fn new(body: B, stay: Stay) -> Self {
        Self { body, stay }
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Answer<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(context);
        let mut state = this.stay.streams.state();
        if matches!(frame, Poll::Ready(Some(Ok(_)))) {
            state.untaken.insert(this.stay.id, Instant::now());
        } else {
            state.untaken.remove(&this.stay.id);
        }
        drop(state);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
