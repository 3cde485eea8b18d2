//! Runs the shipping store on files that forget, and asks whether anything acknowledged is lost.
//!
//! A seed decides everything: which requests come, when the store flushes, compacts and tidies up,
//! which writes and syncs fail, when the disk is full, when the power goes, and which of the bytes
//! that were not synced are then still there. The same seed always does the same, so a failing one
//! can be run again under a debugger.

mod catalog;
mod disk;
mod events;
mod rows;
mod world;

pub use disk::SimDisk;
pub use events::{PlainRow, ToyDecoder};
pub use rows::read_all;
pub use world::{Report, run};
