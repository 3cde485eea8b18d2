//! The signals that ask the server to stop.

use model::{Error, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens for them from its making on.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on these signals do not end the process by themselves.
    pub(super) fn new() -> Result<Self> {
        let listen =
            |kind| signal(kind).map_err(|error| Error::bug("listening for signals").because(error));
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
