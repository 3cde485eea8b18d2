//! A request's body that must keep coming.
//!
//! A body holds the memory that it has reserved, and a stream or a connection. It may pause, and it
//! may be slow, but a client that sends a byte now and then does not hold them for ever.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Interval, interval_at};

use super::cut::{Cut, Cuts};

/// Slowest that a body may come once it has taken longer than the longest pause: a tenth of the
/// slowest mobile line.
const BYTES_PER_SECOND_MIN: u64 = 1_024;

/// A body with deadlines. It fails with an error that says `TimedOut` when it comes too slowly.
pub(super) struct Paced<B> {
    body: B,
    pause: Duration,
    cuts: Arc<Cuts>,
    bytes: u64,
    /// Since the body was first waited for.
    clock: Option<Clock>,
    is_given_up: bool,
}

struct Clock {
    started: Instant,
    deadline: Interval,
    /// Whether something has come since the deadline was set.
    is_moving: bool,
}

impl<B> Paced<B> {
    /// A body that may pause for so long.
    pub(super) fn new(body: B, pause: Duration, cuts: &Arc<Cuts>) -> Self {
        let cuts = Arc::clone(cuts);
        Self { body, pause, cuts, bytes: 0, clock: None, is_given_up: false }
    }

    /// Waits for the deadline, which moves on with what has come.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let clock = self.clock.get_or_insert_with(|| {
            let now = Instant::now();
            let deadline = interval_at(now + self.pause, self.pause);
            Clock { started: now, deadline, is_moving: false }
        });
        if std::mem::take(&mut clock.is_moving) {
            let allowed = self.pause + Duration::from_secs(self.bytes / BYTES_PER_SECOND_MIN);
            let deadline = (Instant::now() + self.pause).min(clock.started + allowed);
            clock.deadline.reset_at(deadline);
        }
        ready!(clock.deadline.poll_tick(context));
        let pause = self.pause.as_secs_f32();
        Poll::Ready(io::Error::new(
            io::ErrorKind::TimedOut,
            format!(
                "nothing more of it came for {pause} s, or less than {BYTES_PER_SECOND_MIN} bytes \
                 a second ({} bytes so far)",
                self.bytes
            ),
        ))
    }
}

impl<B> HttpBody for Paced<B>
where
    B: HttpBody<Data = Bytes, Error: Into<axum::BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let this = self.get_mut();
        if this.is_given_up {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            if let Some(Ok(frame)) = &frame {
                this.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            if let Some(clock) = &mut this.clock {
                clock.is_moving = true;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let error = ready!(this.poll_deadline(context));
        this.is_given_up = true;
        this.cuts.count(Cut::SlowBody);
        Poll::Ready(Some(Err(error.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.is_given_up || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
