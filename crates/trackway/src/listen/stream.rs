//! A socket that gives up on a peer which keeps it waiting.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Interval, interval_at};

use super::Patience;

const WAITING: u8 = 0;
const READING_HEAD: u8 = 1;
const SERVING: u8 = 2;

/// Whose turn it is on a connection.
#[derive(Debug, Default)]
pub(super) struct Turn(AtomicU8);

impl Turn {
    /// A request has been read up to its body.
    pub(super) fn serve(&self) {
        self.0.store(SERVING, Ordering::Relaxed);
    }

    /// It has been answered.
    pub(super) fn wait(&self) {
        self.0.store(WAITING, Ordering::Relaxed);
    }

    /// Bytes have come; says whether they are the first of a request.
    fn begin(&self) -> bool {
        let begun =
            self.0.compare_exchange(WAITING, READING_HEAD, Ordering::Relaxed, Ordering::Relaxed);
        begun.is_ok()
    }

    fn is_reading_head(&self) -> bool {
        self.0.load(Ordering::Relaxed) == READING_HEAD
    }
}

/// A socket with deadlines.
pub(super) struct Stream<S = TcpStream> {
    socket: S,
    turn: Arc<Turn>,
    head: Interval,
    write: Interval,
    /// Whether the last write found no room.
    is_stuck: bool,
}

impl<S> Stream<S> {
    /// A socket whose requests are read and answered as `turn` says.
    pub(super) fn new(socket: S, turn: Arc<Turn>, patience: Patience) -> Self {
        let deadline = |time| interval_at(Instant::now() + time, time);
        let (head, write) = (deadline(patience.head), deadline(patience.answer));
        Self { socket, turn, head, write, is_stuck: false }
    }

    /// Fails a write that has found no room for too long.
    fn watch_write<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.is_stuck = false;
            return written;
        }
        if !self.is_stuck {
            self.is_stuck = true;
            self.write.reset();
        }
        ready!(self.write.poll_tick(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.socket).poll_read(context, buffer);
        if buffer.filled().len() > before && this.turn.begin() {
            this.head.reset();
        }
        if read.is_pending() && this.turn.is_reading_head() {
            ready!(this.head.poll_tick(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write(context, bytes);
        this.watch_write(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write_vectored(context, parts);
        this.watch_write(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
