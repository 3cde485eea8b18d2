//! Kills a real server again and again, and asks whether anything acknowledged is lost.
//!
//! The simulation decides everything and so sees only what it thought of; here the real binary runs
//! on a real disk, is killed with SIGKILL in a stage of the store's work that a seed picks, and is
//! started again on the same folder. Every event that was ever sent to the folder is then read back
//! through the query API: what was acknowledged must be there exactly once with nothing changed,
//! what was not may be there once. The processes are real, so a seed repeats the same kills but
//! never the same moments.
//!
//! What SIGKILL cannot show is a missing sync, because the system keeps what a process has written:
//! [`check_syncs()`] traces the system calls of a server instead.

mod campaign;
mod check_syncs;
mod event;
#[cfg(test)]
mod fake;
mod finding;
mod http;
mod ledger;
mod plan;
mod pulse;
mod reading;
mod request;
mod server;
mod strace;
mod tally;
mod traffic;

pub use campaign::{Campaign, Failure, run};
pub use check_syncs::{SyncCheck, Syncs, check_syncs};
pub use finding::Finding;
pub use plan::{Way, plan};
pub use strace::{REMEDY as STRACE_REMEDY, is_there as has_strace};
pub use tally::Tally;
