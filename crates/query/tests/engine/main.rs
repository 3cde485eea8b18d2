//! The engine over a real store: the same answer wherever events lie, bounds kept, pruning at work.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod beside;
mod bounds;
mod damage;
mod layouts;
mod paging;
mod pruning;
mod tail;
mod trace_lists;
mod traces;
mod world;
