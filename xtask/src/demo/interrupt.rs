//! Ctrl-C as something to wait for, so that the children are not left behind.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Told of the first SIGINT or SIGTERM, neither of which ends this process any more.
pub(super) struct Interrupt {
    /// Gets one message.
    pub(super) received: Receiver<()>,
}

impl Interrupt {
    /// Listens from now on.
    pub(super) fn listen() -> Result<Self, String> {
        let failed = |error| format!("listening for Ctrl-C: {error}");
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(failed)?;
        let (tell, received) = sync_channel(1);
        let wait = move || {
            signals.forever().next();
            // If nobody listens any more, the end is near anyway.
            tell.send(()).ok();
        };
        Builder::new().name("interrupt".to_owned()).spawn(wait).map_err(failed)?;
        Ok(Self { received })
    }
}
