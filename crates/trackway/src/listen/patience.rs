//! How long a client may keep the server waiting.
//!
//! A connection that was cut in two by the network would otherwise keep its memory for ever, and a
//! few clients that send in drops would keep all others out.

use std::time::Duration;

/// Bounds in time for every way of waiting for a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Longest silence between two requests. Exporters send once a minute at most; beyond that a
    /// new connection costs nothing.
    pub(crate) idle: Duration,
    /// Longest time for a request's head, from its first byte. A head is one packet; who sends it
    /// in drops wants to keep a connection busy.
    pub(crate) head: Duration,
    /// Longest pause within a body: the memory that it has reserved is wanted by others.
    pub(crate) body: Duration,
    /// Longest pause in which a client takes nothing of its answer.
    pub(crate) answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(75),
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            answer: Duration::from_secs(30),
        }
    }
}
