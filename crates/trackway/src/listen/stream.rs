//! A socket that gives up on a peer which keeps it waiting.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Interval, interval_at};

use super::Patience;
use super::cut::{Cut, Cuts};
use super::frames::{Frames, PREFACE};

/// Longest head of a request. Browsers, SDKs and proxies send one or two KiB.
pub(super) const HEAD_BYTES_MAX: usize = 64 << 10;

const HEAD_TOO_LONG: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\n\
    connection: close\r\n\
    content-length: 0\r\n\
    \r\n";

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

    /// The first bytes of a head have come.
    fn read_head(&self) {
        self.0.store(READING_HEAD, Ordering::Relaxed);
    }

    fn is_reading_head(&self) -> bool {
        self.0.load(Ordering::Relaxed) == READING_HEAD
    }
}

/// A socket with deadlines.
pub(super) struct Stream<S = TcpStream> {
    socket: S,
    turn: Arc<Turn>,
    cuts: Arc<Cuts>,
    head: Interval,
    /// Bytes since the head began that is being read.
    head_bytes: usize,
    write: Interval,
    /// Whether the last write found no room.
    is_stuck: bool,
    /// What was read to see which protocol is spoken.
    ahead: Ahead,
    /// What goes by, if it is HTTP/2.
    frames: Option<Frames>,
}

/// Bytes that are read again.
#[derive(Default)]
struct Ahead {
    bytes: [u8; PREFACE.len()],
    start: usize,
    end: usize,
}

impl<S> Stream<S> {
    /// A socket on which nothing has been said.
    pub(super) fn new(socket: S, patience: Patience, cuts: Arc<Cuts>) -> Self {
        let deadline = |time| interval_at(Instant::now() + time, time);
        Self {
            socket,
            turn: Arc::default(),
            cuts,
            head: deadline(patience.head),
            head_bytes: 0,
            write: deadline(patience.answer),
            is_stuck: false,
            ahead: Ahead::default(),
            frames: None,
        }
    }

    /// Whose turn it is, to be told by who serves HTTP/1.1.
    pub(super) fn turn(&self) -> Arc<Turn> {
        Arc::clone(&self.turn)
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
        self.cuts.count(Cut::UntakenAnswer);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn note_written(&mut self, written: &Poll<io::Result<usize>>) {
        if let (Some(frames), Poll::Ready(Ok(bytes))) = (&mut self.frames, written) {
            frames.wrote(*bytes);
        }
    }

    /// Notes what was read, and whether a head has begun or ended with it.
    fn note(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let Some(frames) = &mut self.frames else {
            if self.turn.begin() {
                self.head.reset();
                self.head_bytes = 0;
            }
            self.head_bytes += bytes.len();
            return Ok(());
        };
        if frames.read(bytes).is_err() {
            self.cuts.count(Cut::Flood);
            return Err(io::Error::other("more frames than requests need"));
        }
        if !frames.is_in_head() {
            self.turn.serve();
        } else if !self.turn.is_reading_head() {
            self.turn.read_head();
            self.head.reset();
        }
        Ok(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    /// Reads as far as it takes to see which protocol the client speaks; what was read is read
    /// again by who serves it.
    pub(super) async fn speaks_http2(&mut self) -> io::Result<bool> {
        let mut bytes = [0; PREFACE.len()];
        let mut end = 0;
        while end < bytes.len() && PREFACE.starts_with(&bytes[..end]) {
            match self.read(&mut bytes[end..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => end += count,
            }
        }
        self.ahead = Ahead { bytes, start: 0, end };
        let is_http2 = &bytes[..end] == PREFACE;
        if is_http2 {
            self.frames = Some(Frames::new());
            self.turn.serve();
        } else {
            // They are counted when they are read again.
            self.head_bytes = 0;
        }
        Ok(is_http2)
    }

    /// Refuses a head that goes on and on. Nothing else is being written while a head is read.
    fn refuse_head(&mut self, context: &mut Context<'_>) -> io::Error {
        self.cuts.count(Cut::LongHead);
        let told = Pin::new(&mut self.socket).poll_write(context, HEAD_TOO_LONG);
        let text = format!("the head of a request is too long (told so: {})", told.is_ready());
        io::Error::new(io::ErrorKind::InvalidData, text)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        if this.ahead.start < this.ahead.end {
            let count = buffer.remaining().min(this.ahead.end - this.ahead.start);
            buffer.put_slice(&this.ahead.bytes[this.ahead.start..this.ahead.start + count]);
            this.ahead.start += count;
            this.note(&buffer.filled()[before..])?;
            return Poll::Ready(Ok(()));
        }
        if this.head_bytes > HEAD_BYTES_MAX && this.turn.is_reading_head() {
            return Poll::Ready(Err(this.refuse_head(context)));
        }
        let read = Pin::new(&mut this.socket).poll_read(context, buffer);
        this.note(&buffer.filled()[before..])?;
        if read.is_pending() && this.turn.is_reading_head() {
            ready!(this.head.poll_tick(context));
            this.cuts.count(Cut::SlowHead);
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
        this.note_written(&written);
        this.watch_write(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write_vectored(context, parts);
        this.note_written(&written);
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
