//! Ctrl-C as something to wait for, so that the children are not left behind.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::Builder;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Told of the first SIGINT or SIGTERM, neither of which ends this process any more.
pub(super) struct Interrupt {
    signals: Receiver<i32>,
}

/// Who was asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// All processes of the terminal, by Ctrl-C.
    Everybody,
    /// This process alone.
    Us,
}

impl Interrupt {
    /// Listens from now on.
    pub(super) fn listen() -> Result<Self, String> {
        let failed = |error| format!("listening for Ctrl-C: {error}");
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(failed)?;
        let (tell, received) = sync_channel(1);
        let wait = move || {
            if let Some(signal) = signals.forever().next() {
                // If nobody listens any more, the end is near anyway.
                tell.send(signal).ok();
            }
        };
        Builder::new().name("interrupt".to_owned()).spawn(wait).map_err(failed)?;
        Ok(Self { signals: received })
    }

    /// Waits for an interrupt, no longer than `time_max`.
    pub(super) fn wait(&self, time_max: Duration) -> Option<Asked> {
        match self.signals.recv_timeout(time_max) {
            Ok(SIGINT) => Some(Asked::Everybody),
            Ok(_) | Err(RecvTimeoutError::Disconnected) => Some(Asked::Us),
            Err(RecvTimeoutError::Timeout) => None,
        }
    }
}
