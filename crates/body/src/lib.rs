//! Request bodies under a cap.
//!
//! Memory is reserved from a [`Budget`] while a body grows, before the bytes are there: a thousand
//! large bodies at once wait a moment and are then refused with "try again", instead of taking the
//! process down. Decompression goes step by step under the same budget, a limit of size and a limit
//! of ratio. This is the only crate that uses decompressors.

mod budget;
mod content;
mod inflate;
mod receive;

pub use budget::{Budget, Lease};
pub use content::{ContentType, Encoding};
pub use inflate::{RATIO_FREE_BYTES, RATIO_MAX, decompress};
pub use receive::{Limits, Received, broken_off, receive};
