//! A span before it is encoded: as few bytes as decide all of its attributes.
//!
//! Spans wait until they end and are encoded only then, so the window of pending spans stays small.

use super::catalogue::OperationIndex;
use super::digits;
use super::draw::mixed;

/// Stands for a peer that is not an instance of the shop.
pub(super) const OUTSIDE: u8 = u8::MAX;

/// Keeps the bits of a request id apart from those of its trace id.
const REQUEST_ID_SALT: u64 = 0x5851_f42d_4c95_7f2d;

/// How a span went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Fine,
    /// Failed because something it called failed.
    Passed,
    /// Failed by itself, with an exception.
    Raised,
}

/// A span; its attributes are drawn from its id, those of its trace from the trace's seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// ns since the epoch.
    pub(super) start: i64,
    /// ns since the epoch.
    pub(super) end: i64,
    /// Seed of its trace.
    pub(super) trace: u64,
    pub(super) id: u64,
    /// Id of the span above, 0 at the root.
    pub(super) parent: u64,
    /// Seed of the request's path: the same for the call and the request it makes.
    pub(super) path: u64,
    /// Rank of the user.
    pub(super) user: u32,
    pub(super) operation: OperationIndex,
    /// HTTP status, 0 where the span is not about a request.
    pub(super) status: u16,
    pub(super) instance: u8,
    /// The instance at the other end, or [`OUTSIDE`].
    pub(super) peer: u8,
    pub(super) outcome: Outcome,
}

/// The trace id that belongs to a trace's seed.
pub(super) fn trace_id(seed: u64) -> [u8; 16] {
    let high = mixed(seed).max(1);
    let low = mixed(seed.rotate_left(32) ^ REQUEST_ID_SALT);
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

/// The request id that belongs to a trace's seed.
pub(super) fn request_id(seed: u64) -> [u8; 36] {
    digits::uuid(mixed(seed ^ REQUEST_ID_SALT), mixed(seed.wrapping_mul(REQUEST_ID_SALT)))
}
