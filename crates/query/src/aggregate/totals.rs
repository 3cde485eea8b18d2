//! One answer over many groups: their partial states, merged.
//!
//! What is asked of all groups together is read out of the very states that their own answers are
//! read out of, on their way past: a total costs no second look at the rows.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array as _, ArrayRef, AsArray as _, BinaryArray, Int64Array, RecordBatch};
use arrow::datatypes::{Field as ArrowField, Int64Type, Schema, SchemaRef};
use datafusion_common::Result as EngineResult;
use datafusion_common::tree_node::TreeNodeRecursion;
use datafusion_execution::{SendableRecordBatchStream, TaskContext};
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_plan::stream::RecordBatchStreamAdapter;
use datafusion_physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt as _;
use model::Result;

use super::bind::{Bound, Kept};
use super::extract::Extract;
use crate::failure::{arrow_failed, through_engine};
use crate::partial::{DistinctSet, FloatMoments, Histogram, IntMoments, Partial};

/// What is known of all groups that went past.
pub(super) struct Totals {
    /// How many columns stand before the states.
    before: usize,
    sums: Mutex<Sums>,
}

struct Sums {
    groups: u64,
    states: Vec<State>,
}

/// A state of any kind.
enum State {
    Weight(i64),
    Ints(IntMoments),
    Floats(FloatMoments),
    Histogram(Box<Histogram>),
    Distinct(DistinctSet),
}

impl State {
    fn of(kept: &Kept) -> Self {
        match kept {
            Kept::Weight(_) => Self::Weight(0),
            Kept::Ints(_) => Self::Ints(IntMoments::default()),
            Kept::Floats(_) => Self::Floats(FloatMoments::default()),
            Kept::Histogram(_) => Self::Histogram(Box::default()),
            Kept::Distinct(_) => Self::Distinct(DistinctSet::default()),
        }
    }

    fn add(&mut self, column: &ArrayRef) -> Result<()> {
        match self {
            Self::Weight(sum) => {
                *sum += column.as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
                Ok(())
            }
            Self::Ints(state) => merge(state, column),
            Self::Floats(state) => merge(state, column),
            Self::Histogram(state) => merge(&mut **state, column),
            Self::Distinct(state) => merge(state, column),
        }
    }

    fn column(&self) -> ArrayRef {
        match self {
            Self::Weight(sum) => Arc::new(Int64Array::from(vec![*sum])),
            Self::Ints(state) => encoded(state),
            Self::Floats(state) => encoded(state),
            Self::Histogram(state) => encoded(&**state),
            Self::Distinct(state) => encoded(state),
        }
    }
}

fn merge<S: Partial>(state: &mut S, column: &ArrayRef) -> Result<()> {
    for bytes in column.as_binary::<i32>().iter().flatten() {
        state.merge(&S::decode(bytes)?);
    }
    Ok(())
}

fn encoded<S: Partial>(state: &S) -> ArrayRef {
    let mut bytes = Vec::new();
    state.encode(&mut bytes);
    Arc::new(BinaryArray::from_vec(vec![&bytes]))
}

impl Totals {
    /// Of no group yet; `before` columns stand before the states.
    pub(super) fn new(bound: &Bound, before: usize) -> Self {
        let states = bound.kept.iter().map(State::of).collect();
        Self { before, sums: Mutex::new(Sums { groups: 0, states }) }
    }

    /// Adds the groups of a batch.
    pub(super) fn add(&self, batch: &RecordBatch) -> Result<()> {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        sums.groups += batch.num_rows() as u64;
        for (place, state) in sums.states.iter_mut().enumerate() {
            state.add(batch.column(self.before + place))?;
        }
        Ok(())
    }

    /// How many groups there were.
    pub(super) fn groups(&self) -> u64 {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner).groups
    }

    /// What the readings of a question say of all of them: a row, without the group's columns.
    pub(super) fn read(&self, bound: &Bound) -> Result<RecordBatch> {
        let sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let columns = sums.states.iter().map(State::column).collect();
        drop(sums);
        let states = batch_of(columns)?;
        let read = |reading: &Extract| {
            let here = Extract { column: reading.column - bound.groups, ..reading.clone() };
            here.read(states.column(here.column))
        };
        batch_of(bound.readings.iter().map(read).collect::<Result<_>>()?)
    }
}

fn batch_of(columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    let fields: Vec<ArrowField> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| ArrowField::new(format!("t{at}"), column.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(arrow_failed)
}

/// Adds what goes past to totals, and passes it on as it is.
pub(super) struct TotalsExec {
    input: Arc<dyn ExecutionPlan>,
    totals: Arc<Totals>,
}

impl TotalsExec {
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, totals: Arc<Totals>) -> Self {
        Self { input, totals }
    }
}

impl fmt::Debug for TotalsExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TotalsExec").finish_non_exhaustive()
    }
}

impl DisplayAs for TotalsExec {
    fn fmt_as(&self, _kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotalsExec")
    }
}

impl ExecutionPlan for TotalsExec {
    fn name(&self) -> &'static str {
        "TotalsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _take: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> EngineResult<TreeNodeRecursion>,
    ) -> EngineResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let totals = Arc::clone(&self.totals);
        let input = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.input));
        Ok(Arc::new(Self { input, totals }))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> EngineResult<SendableRecordBatchStream> {
        let schema: SchemaRef = self.input.schema();
        let totals = Arc::clone(&self.totals);
        let passing = self.input.execute(partition, context)?.map(move |batch| {
            let batch = batch?;
            totals.add(&batch).map_err(through_engine)?;
            Ok(batch)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, passing)))
    }
}
