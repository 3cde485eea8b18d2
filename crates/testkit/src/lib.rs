//! What tests and measurements need and the product does not.
//!
//! A development crate: nothing that is shipped depends on it.

mod grpc;
pub mod kill;
pub mod load;
mod msgpack;
pub mod sim;
