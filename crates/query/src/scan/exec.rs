//! A scan as the leaf of a plan of the engine.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::kernels::boolean::and;
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{Field as ArrowField, Schema, SchemaRef};
use datafusion_common::Result as EngineResult;
use datafusion_common::tree_node::TreeNodeRecursion;
use datafusion_execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion_physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion_physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion_physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::Stream;
use model::{Base, Result};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

use super::bind::{GroupUnit, Plan, Unit};
use super::chunk::Chunk;
use super::memory::MemoryChunk;
use super::output::Output;
use super::segment::{OutputColumns, RowCondition, Rows, SegmentScan};
use super::stats::add;
use super::values::FieldValues;
use crate::failure::{arrow_failed, through_engine};
use crate::groups::GroupSet;
use store::MemBatch;

/// Yields the outputs of the rows that pass.
pub(crate) struct ScanExec {
    shared: Arc<Shared>,
    properties: Arc<PlanProperties>,
}

/// What the tasks of a scan share.
struct Shared {
    plan: Plan,
    outputs: Vec<Output>,
    /// The places of the fields that outputs are of.
    output_places: Vec<usize>,
    /// Those fields.
    output_fields: Vec<crate::field::Field>,
    output_bases: Vec<Base>,
    /// Keeps only rows of these groups; the first outputs are the group's values.
    only: Option<Arc<GroupSet>>,
    units: Mutex<VecDeque<Unit>>,
    schema: SchemaRef,
}

impl ScanExec {
    /// A scan by `partitions` tasks. With `only`, rows of other groups are left out.
    pub(crate) fn new(
        mut plan: Plan,
        outputs: Vec<Output>,
        only: Option<Arc<GroupSet>>,
        partitions: usize,
    ) -> Self {
        let fields: Vec<ArrowField> = outputs
            .iter()
            .enumerate()
            .map(|(at, output)| ArrowField::new(format!("c{at}"), output.data_type(), true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let mut of_outputs: Vec<usize> = outputs.iter().filter_map(Output::field).collect();
        of_outputs.sort_unstable();
        of_outputs.dedup();
        let output_fields = of_outputs.iter().map(|at| plan.fields[*at].clone()).collect();
        let output_bases = outputs.iter().flat_map(|output| output.bases()).copied().collect();
        let units = Mutex::new(std::mem::take(&mut plan.units).into());
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let output_places = of_outputs;
        let shared = Shared {
            plan,
            outputs,
            output_places,
            output_fields,
            output_bases,
            only,
            units,
            schema,
        };
        Self { shared: Arc::new(shared), properties: Arc::new(properties) }
    }
}

impl fmt::Debug for ScanExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScanExec").field("outputs", &self.shared.outputs).finish_non_exhaustive()
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScanExec: outputs={:?}", self.shared.outputs)
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &'static str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _take: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> EngineResult<TreeNodeRecursion>,
    ) -> EngineResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(
        &self,
        _partition: usize,
        _context: Arc<TaskContext>,
    ) -> EngineResult<SendableRecordBatchStream> {
        let shared = Arc::clone(&self.shared);
        Ok(Box::pin(ScanStream { shared, reading: None, has_yielded: false }))
    }
}

/// One task of a scan.
struct ScanStream {
    shared: Arc<Shared>,
    reading: Option<(Arc<SegmentScan>, ParquetRecordBatchReader)>,
    /// Whether other tasks have had their turn since the last batch.
    has_yielded: bool,
}

impl RecordBatchStream for ScanStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.shared.schema)
    }
}

/// What one step of a task came to.
enum Step {
    Rows(RecordBatch),
    Nothing,
    End,
}

impl Stream for ScanStream {
    type Item = EngineResult<RecordBatch>;

    /// Reads one batch at a time and lets go of the thread between any two: that is where a query
    /// is cancelled and where others get their turn.
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.has_yielded {
            self.has_yielded = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.step() {
            Ok(Step::Rows(batch)) => {
                self.has_yielded = false;
                Poll::Ready(Some(Ok(batch)))
            }
            Ok(Step::Nothing) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Ok(Step::End) => Poll::Ready(None),
            Err(error) => Poll::Ready(Some(Err(through_engine(error)))),
        }
    }
}

impl ScanStream {
    fn step(&mut self) -> Result<Step> {
        if let Some((scan, mut reader)) = self.reading.take() {
            return match reader.next() {
                None => {
                    add(&self.shared.plan.stats.units.read, 1);
                    Ok(Step::Nothing)
                }
                Some(Ok(batch)) => {
                    let rows = self.shared.outputs_of(&scan.chunk(batch))?;
                    self.reading = Some((scan, reader));
                    self.shared.keep(rows)
                }
                Some(Err(error)) => {
                    // The other row groups, and the other files, still answer.
                    self.shared.plan.stats.cannot_read(&store::unreadable(&scan.file.path, error));
                    Ok(Step::Nothing)
                }
            };
        }
        let unit = self.shared.units.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match unit {
            None => Ok(Step::End),
            Some(Unit::Memory(batches)) => {
                let rows = self.shared.memory(&batches)?;
                add(&self.shared.plan.stats.units.read, 1);
                self.shared.keep(rows)
            }
            Some(Unit::Group(unit)) => {
                match self.shared.open(&unit) {
                    Ok(reader) => self.reading = Some((unit.scan, reader)),
                    Err(error) => self.shared.plan.stats.cannot_read(&error),
                }
                Ok(Step::Nothing)
            }
        }
    }
}

impl Shared {
    fn open(&self, unit: &GroupUnit) -> Result<ParquetRecordBatchReader> {
        let rows = match &unit.selection {
            Some(selection) => selection.row_count(),
            None => unit.scan.segment.meta.groups[unit.group] as usize,
        };
        add(&self.plan.stats.rows_examined, rows as u64);
        let outputs = OutputColumns { fields: &self.output_fields, bases: &self.output_bases };
        let of_scope = unit.scope.as_ref().map(RowCondition::Scope);
        let of_query = self.plan.conjuncts.iter().map(RowCondition::Filter);
        let conditions = of_scope.into_iter().chain(of_query).collect();
        let selection = unit.selection.clone();
        unit.scan.read(Rows { group: unit.group, selection, conditions }, &outputs)
    }

    fn memory(&self, batches: &[Arc<MemBatch>]) -> Result<RecordBatch> {
        let mut parts = Vec::with_capacity(batches.len());
        for batch in batches {
            let chunk = MemoryChunk { batch };
            add(&self.plan.stats.rows_examined, chunk.rows() as u64);
            add(&self.plan.stats.memtable_rows, chunk.rows() as u64);
            let mut mask = self.plan.memory_scope.mask(&chunk);
            for conjunct in &self.plan.conjuncts {
                mask = and(&mask, &conjunct.mask(&chunk)?).map_err(arrow_failed)?;
            }
            if mask.true_count() > 0 {
                let rows = self.outputs_of(&chunk)?;
                parts.push(filter_record_batch(&rows, &mask).map_err(arrow_failed)?);
            }
        }
        concat_batches(&self.schema, &parts).map_err(arrow_failed)
    }

    fn outputs_of(&self, chunk: &dyn Chunk) -> Result<RecordBatch> {
        let mut values = vec![FieldValues::default(); self.plan.fields.len()];
        for at in &self.output_places {
            values[*at] = FieldValues::of(&self.plan.fields[*at], chunk)?;
        }
        let arrays = self
            .outputs
            .iter()
            .map(|output| output.array(&values, chunk))
            .collect::<Result<Vec<ArrayRef>>>()?;
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(chunk.rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(arrow_failed)
    }

    /// Leaves out rows of other groups.
    fn keep(&self, rows: RecordBatch) -> Result<Step> {
        let rows = match &self.only {
            None => rows,
            Some(groups) => {
                let mask = groups.mask(&rows)?;
                filter_record_batch(&rows, &mask).map_err(arrow_failed)?
            }
        };
        add(&self.plan.stats.rows_matched, rows.num_rows() as u64);
        Ok(if rows.num_rows() == 0 { Step::Nothing } else { Step::Rows(rows) })
    }
}
