//! What goes by on a connection of HTTP/2, as far as its deadlines need to know.
//!
//! The HTTP stack bounds the size of heads and the number of streams, of tiny pieces of bodies and
//! of continuations, but it waits for the rest of a head for ever, and it answers as many pings and
//! resets as come. So the heads of frames are read here too, in passing: nine bytes each.

use tokio::time::Instant;

/// What a client says first, before any frame.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEAD_BYTES: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Frames beside heads and bodies that may come at once: a client's settings, and what it says of
/// a hundred streams that it cancels together.
const SPARE_MAX: u32 = 1_000;
/// How many of them a second are fine for as long as it lasts: pings after every answer.
const SPARE_PER_SECOND: u32 = 100;
/// Bytes written for which a client may send one more: it reports room for what it reads, at most
/// twice for each frame of an answer.
const WRITTEN_A_SPARE: u32 = 64;
/// What cancelling a stream counts for: work may have been begun for it.
const RESET_COST: u32 = 8;

/// More frames than requests and answers need.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flood;

/// Follows the frames that a client sends.
#[derive(Debug)]
pub(super) struct Frames {
    head: [u8; HEAD_BYTES],
    head_len: usize,
    /// Bytes until the next frame's head.
    left: usize,
    /// Whether a request's head has begun and not ended.
    is_in_head: bool,
    /// Whether the frame that goes by is the last of a request's head.
    ends_head: bool,
    spare: u32,
    filled_up: Instant,
    written: u32,
}

impl Frames {
    /// The frames of a connection whose preface is still to come.
    pub(super) fn new() -> Self {
        Self {
            head: [0; HEAD_BYTES],
            head_len: 0,
            left: PREFACE.len(),
            is_in_head: false,
            ends_head: false,
            spare: SPARE_MAX,
            filled_up: Instant::now(),
            written: 0,
        }
    }

    /// Whether a request's head has begun and not ended.
    pub(super) fn is_in_head(&self) -> bool {
        self.is_in_head
    }

    /// Notes that so much was written to the client.
    pub(super) fn wrote(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).saturating_add(self.written);
        self.written = bytes % WRITTEN_A_SPARE;
        self.spare = self.spare.saturating_add(bytes / WRITTEN_A_SPARE).min(SPARE_MAX);
    }

    /// Follows what was read from the client.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Result<(), Flood> {
        loop {
            let passed = self.left.min(bytes.len());
            self.left -= passed;
            bytes = &bytes[passed..];
            if self.left == 0 && std::mem::take(&mut self.ends_head) {
                self.is_in_head = false;
            }
            if bytes.is_empty() {
                return Ok(());
            }
            let taken = bytes.len().min(HEAD_BYTES - self.head_len);
            self.head[self.head_len..self.head_len + taken].copy_from_slice(&bytes[..taken]);
            self.head_len += taken;
            bytes = &bytes[taken..];
            if self.head_len == HEAD_BYTES {
                self.head_len = 0;
                self.begin()?;
            }
        }
    }

    /// A frame's head is complete.
    fn begin(&mut self) -> Result<(), Flood> {
        let [high, middle, low, kind, flags, ..] = self.head;
        self.left = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        match kind {
            DATA => Ok(()),
            HEADERS | CONTINUATION => {
                self.ends_head = flags & END_HEADERS != 0;
                self.is_in_head = true;
                Ok(())
            }
            RST_STREAM => self.spend(RESET_COST),
            _ => self.spend(1),
        }
    }

    fn spend(&mut self, cost: u32) -> Result<(), Flood> {
        if self.spare < cost {
            let now = Instant::now();
            let passed = now.duration_since(self.filled_up).as_secs_f32();
            let more = (passed * SPARE_PER_SECOND as f32) as u32;
            self.spare = self.spare.saturating_add(more).min(SPARE_MAX);
            self.filled_up = now;
        }
        self.spare = self.spare.checked_sub(cost).ok_or(Flood)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
