//! Whether the server answers questions and takes events yet, and still.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use model::{Error, Result};

/// How long a client waits before it asks a server again that is starting.
const STARTING: Duration = Duration::from_secs(1);

/// What a server goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// What was acknowledged before the last stop is read back.
    Replaying = 0,
    /// It does everything.
    Ready = 1,
    /// It ends what it is doing.
    Stopping = 2,
}

/// The phase that a server is in; it only moves on.
#[derive(Debug, Default)]
pub(crate) struct Readiness(AtomicU8);

impl Readiness {
    /// The present phase.
    pub(crate) fn phase(&self) -> Phase {
        match self.0.load(Ordering::SeqCst) {
            0 => Phase::Replaying,
            1 => Phase::Ready,
            _ => Phase::Stopping,
        }
    }

    /// Refuses what needs all events while they are being read back.
    pub(crate) fn check_replayed(&self) -> Result<()> {
        if self.phase() == Phase::Replaying {
            return Err(Error::unavailable(STARTING, "the server is starting: replaying the log"));
        }
        Ok(())
    }

    /// Moves on to a phase; a server that stops does not become ready again.
    pub(crate) fn reach(&self, phase: Phase) {
        self.0.fetch_max(phase as u8, Ordering::SeqCst);
    }
}
