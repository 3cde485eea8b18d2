//! A pause between two requests that the end of the traffic cuts short.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Raised once, when a server has been killed.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    has_ended: Mutex<bool>,
    ended: Condvar,
}

impl Pulse {
    /// Ends the traffic.
    pub(super) fn end(&self) {
        *self.lock() = true;
        self.ended.notify_all();
    }

    /// Waits this long; returns whether the traffic has ended.
    pub(super) fn wait(&self, pause: Duration) -> bool {
        let waited = self.ended.wait_timeout_while(self.lock(), pause, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.has_ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
