//! The store on real folders: damage, full disks, deletion, and bounds.
//!
//! One program for all of it, since each test program links Parquet and SQLite once more.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod backup;
mod bounds;
mod check;
mod damage;
mod deletion;
mod faults;
mod full;
mod intake;
mod merging;
mod names;
mod read;
mod retention;
mod times;
mod waiting;
mod world;
