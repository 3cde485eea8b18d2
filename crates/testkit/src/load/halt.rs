//! The one condition that connections wait for besides time: that the run stops early.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use model::Clock;

/// Raised once, when a connection fails; wakes every connection that waits for its time.
#[derive(Debug, Default)]
pub(super) struct Halt {
    is_raised: Mutex<bool>,
    raised: Condvar,
}

impl Halt {
    pub(super) fn raise(&self) {
        *self.lock() = true;
        self.raised.notify_all();
    }

    pub(super) fn is_raised(&self) -> bool {
        *self.lock()
    }

    /// Waits until the clock has come to `moment`; returns whether the run stops instead.
    pub(super) fn wait_until(&self, moment: Duration, clock: &dyn Clock) -> bool {
        let mut is_raised = self.lock();
        while !*is_raised {
            let left = moment.saturating_sub(clock.elapsed());
            if left.is_zero() {
                return false;
            }
            let waited = self.raised.wait_timeout(is_raised, left);
            is_raised = waited.expect("no thread panics while it holds the lock").0;
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_raised.lock().expect("no thread panics while it holds the lock")
    }
}
