//! Asks the store: the neutral query and its results.
//!
//! A dialect says in [`Scope`], [`AggregateQuery`], [`RowsQuery`] or [`TraceQuery`] what its user
//! wants to know, [`Engine`] answers from one [`store::Snapshot`], and the dialect renders the
//! answer. What a vendor calls a field is the dialect's business: a [`Field`] says which attributes
//! and base columns give its value.
//!
//! Invariants:
//! - An answer is of one snapshot: every acknowledged event once, wherever it lies.
//! - What pruning leaves out never changes an answer, and [`Statistics`] say how much it was.
//! - A question has bounds: memory, beyond which it spills; disk for that; time; and it ends when
//!   nobody waits for it.
//! - A file that does not read is named in the answer, which is of the others.
//!
//! The only crate that knows the engine beneath, whose physical operators it uses.

mod aggregate;
mod coerce;
mod datum;
mod engine;
mod failure;
mod field;
mod footer;
mod groups;
mod partial;
mod progress;
mod row;
mod rows;
mod running;
mod scan;
mod spec;
mod statistics;
mod tail;
mod trace;
mod trace_list;
mod value_list;

pub use aggregate::{AggregateAnswer, Calculated, Group, Point};
pub use datum::Datum;
pub use engine::{Engine, Limits};
pub use field::{Field, KindName, View, severity_name};
pub use partial::{DISTINCT_ERROR, DISTINCT_EXACT_MAX, EvenBuckets, HeatmapBucket};
pub use progress::{Progress, ProgressNow};
pub use row::WholeRow;
pub use rows::RowsAnswer;
pub use running::{Cancelled, Running, RunningQuestion, Ticket};
pub use spec::{
    Aggregate, AggregateQuery, Beside, Comparison, Cursor, Filter, Having, Literal, Order, OrderBy,
    Predicate, RowsQuery, Scope, Test,
};
pub use statistics::Statistics;
pub use tail::{Tail, TailPosition, TailQuery, TailRow, TailTurn};
pub use trace::{TraceAnswer, TraceQuery};
pub use trace_list::{
    SpanFields, SpanHead, TraceCursor, TraceListAnswer, TraceListQuery, TraceOrder, TraceSummary,
};
pub use value_list::{ValuesAnswer, ValuesQuery};
