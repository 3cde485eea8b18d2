//! Whether the server answers questions and takes events yet, and still.

use std::time::Duration;

use model::{Error, Result};
use tokio::sync::watch;

/// How long a client waits before it asks a server again that is starting.
const STARTING: Duration = Duration::from_secs(1);

/// What a server goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// What was acknowledged before the last stop is read back.
    Replaying,
    /// It does everything.
    Ready,
    /// It ends what it is doing.
    Stopping,
}

/// The phase that a server is in; it only moves on.
#[derive(Debug)]
pub(crate) struct Readiness(watch::Sender<Phase>);

impl Default for Readiness {
    fn default() -> Self {
        Self(watch::Sender::new(Phase::Replaying))
    }
}

impl Readiness {
    /// The present phase.
    pub(crate) fn phase(&self) -> Phase {
        *self.0.borrow()
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
        self.0.send_if_modified(|present| {
            let moves = *present < phase;
            *present = phase.max(*present);
            moves
        });
    }

    /// Tells of every further phase.
    pub(crate) fn watch(&self) -> watch::Receiver<Phase> {
        self.0.subscribe()
    }

    /// Waits until the server stops: answers that go on end then.
    pub(crate) async fn stopping(&self) {
        let mut phases = self.0.subscribe();
        // The sender is this, and so still there.
        drop(phases.wait_for(|phase| *phase == Phase::Stopping).await);
    }
}
