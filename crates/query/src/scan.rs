//! Reads events column by column, from memory and from segments alike.
//!
//! A scan is cut into units, one row group of a segment or a stretch of the memtable each, which as
//! many tasks as there are cores take from one queue. A unit reads the columns of the conditions
//! first, and of the others just the pages that hold rows which passed.

mod bind;
mod chunk;
mod exec;
mod filter;
mod members;
mod memory;
mod newest;
mod output;
mod prune;
mod rank;
mod segment;
mod stats;
mod top;
mod values;
mod whole;

pub(crate) use bind::{FieldTypes, Plan, Request, Unit, scope_of_segment, selection_of_blocks};
pub(crate) use exec::ScanExec;
pub(crate) use filter::{BoundFilter, ScopeFilter};
pub(crate) use members::{BASES as MEMBER_BASES, Member, Members, Roles};
pub(crate) use memory::MemoryChunk;
pub(crate) use newest::{Place, Search};
pub(crate) use output::{Form, Output};
pub(crate) use rank::Rank;
pub(crate) use stats::ScanStats;
pub(crate) use top::{TopTrace, TopTraces};
pub(crate) use whole::{Choice, Detail, WholeRows, in_memory};
