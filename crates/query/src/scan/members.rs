//! Reads some columns of all rows that belong to some traces, through the trace indexes.
//!
//! Of a segment only the blocks are read that its index names, and of these the pages of the
//! columns that a summary is made of. What rows mean together is said in `trace_list.rs`.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::boolean::and;
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use model::{Base, DatasetId, Result, RowKind, SpanId, TraceId};

use super::bind::{GroupUnit, Plan, Unit};
use super::chunk::Chunk;
use super::filter::BoundFilter;
use super::memory::MemoryChunk;
use super::rank::Rank;
use super::segment::{OutputColumns, RowCondition, Rows};
use super::stats::add;
use super::values::FieldValues;
use crate::failure::arrow_failed;
use crate::field::Field;

/// Some traces.
#[derive(Debug)]
pub(crate) struct TraceSet(BTreeSet<TraceId>);

impl TraceSet {
    /// Which rows belong to them.
    pub(super) fn mask(&self, chunk: &dyn Chunk) -> BooleanArray {
        let ids = chunk.base(Base::TraceId);
        let ids = ids.as_ref().map(|ids| ids.as_fixed_size_binary());
        let is_one = |row: usize| {
            let id = ids.filter(|ids| ids.is_valid(row)).map(|ids| ids.value(row));
            id.and_then(TraceId::from_slice).is_some_and(|id| self.0.contains(&id))
        };
        BooleanArray::new(BooleanBuffer::collect_bool(chunk.rows(), is_one), None)
    }
}

/// The fields from which it is told what a span is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Roles {
    /// Its name.
    pub(crate) name: Field,
    /// The service that it is of.
    pub(crate) service: Field,
    /// The part it plays, as a word.
    pub(crate) kind: Field,
    /// Whether it failed.
    pub(crate) error: Field,
    /// Whether it says that it did not.
    pub(crate) status: Field,
    /// How long it took, ms.
    pub(crate) duration: Field,
    /// The span above it.
    pub(crate) parent: Field,
}

impl Roles {
    fn all(&self) -> [&Field; 7] {
        let Self { name, service, kind, error, status, duration, parent } = self;
        [name, service, kind, error, status, duration, parent]
    }
}

/// A row of a trace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) trace: TraceId,
    pub(crate) row_kind: RowKind,
    pub(crate) dataset: DatasetId,
    /// ns.
    pub(crate) time: i64,
    pub(crate) span: SpanId,
    pub(crate) parent: SpanId,
    pub(crate) has_parent: bool,
    pub(crate) name: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) is_error: bool,
    pub(crate) is_ok: bool,
    pub(crate) duration_ms: f64,
    /// Of a log line.
    pub(crate) body: Option<String>,
    /// Its rank, if it passes the query's condition.
    pub(crate) rank: Option<i64>,
}

/// Reads the rows of some traces, by many tasks.
pub(crate) struct Members {
    plan: Plan,
    queue: Mutex<VecDeque<Unit>>,
    set: Arc<TraceSet>,
    roles: Roles,
    filter: Option<BoundFilter>,
    rank: Rank,
    outputs: Vec<Field>,
}

/// The base columns that are read.
pub(crate) const BASES: [Base; 6] =
    [Base::Kind, Base::TraceId, Base::SpanId, Base::ParentId, Base::Body, Base::Dataset];

impl Members {
    /// The fields that a plan for this must be able to read.
    pub(crate) fn fields(roles: &Roles, filter: Option<&BoundFilter>, rank: &Rank) -> Vec<Field> {
        let of_filter = filter.map(BoundFilter::fields).unwrap_or_default();
        let of_rank = match rank {
            Rank::Newest => None,
            Rank::Greatest(field) => Some(field),
        };
        let mut fields: Vec<Field> = Vec::new();
        for field in roles.all().into_iter().chain(of_filter).chain(of_rank) {
            if !fields.contains(field) {
                fields.push(field.clone());
            }
        }
        fields
    }

    /// Reads the traces `ids` by a plan that asks for them.
    pub(crate) fn new(
        mut plan: Plan,
        ids: BTreeSet<TraceId>,
        roles: Roles,
        filter: Option<BoundFilter>,
        rank: Rank,
    ) -> Self {
        let queue = Mutex::new(std::mem::take(&mut plan.units).into());
        let outputs = Self::fields(&roles, filter.as_ref(), &rank);
        Self { plan, queue, set: Arc::new(TraceSet(ids)), roles, filter, rank, outputs }
    }

    /// One task's work, which gives every row to `take`. Several may run at once.
    pub(crate) async fn work(&self, take: &(dyn Fn(Member) + Send + Sync)) -> Result<()> {
        loop {
            let next = self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            match next {
                None => return Ok(()),
                Some(Unit::Memory(batches)) => {
                    for batch in &batches {
                        let chunk = MemoryChunk { batch };
                        add(&self.plan.stats.rows_examined, chunk.rows() as u64);
                        add(&self.plan.stats.memtable_rows, chunk.rows() as u64);
                        let ids = batch.batch.trace_ids();
                        if ids.iter().any(|id| self.set.0.contains(id)) {
                            let in_scope = self.plan.memory_scope.mask(&chunk);
                            let mask = and(&in_scope, &self.set.mask(&chunk));
                            self.take(&chunk, Some(&mask.map_err(arrow_failed)?), take)?;
                        }
                        tokio::task::yield_now().await;
                    }
                }
                Some(Unit::Group(unit)) => self.read_group(&unit, take).await?,
            }
        }
    }

    async fn read_group(
        &self,
        unit: &GroupUnit,
        take: &(dyn Fn(Member) + Send + Sync),
    ) -> Result<()> {
        let selected = unit.selection.as_ref().map(|selection| selection.row_count());
        let rows = selected.unwrap_or(unit.scan.segment.meta.groups[unit.group] as usize);
        add(&self.plan.stats.rows_examined, rows as u64);
        let of_scope = unit.scope.as_ref().map(RowCondition::Scope);
        let traces = RowCondition::Traces(Arc::clone(&self.set));
        let conditions = [traces].into_iter().chain(of_scope).collect();
        let rows = Rows { group: unit.group, selection: unit.selection.clone(), conditions };
        let bases: Vec<Base> = BASES.into_iter().chain([Base::Time]).collect();
        let outputs = OutputColumns { fields: &self.outputs, bases: &bases };
        let batches = match unit.scan.read(rows, &outputs) {
            Ok(batches) => batches,
            Err(error) => {
                self.plan.stats.cannot_read(&error);
                return Ok(());
            }
        };
        for batch in batches {
            match batch {
                Ok(batch) => self.take(&unit.scan.chunk(batch), None, take)?,
                Err(error) => {
                    let error = store::unreadable(&unit.scan.file.path, error);
                    self.plan.stats.cannot_read(&error);
                    return Ok(());
                }
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn take(
        &self,
        chunk: &dyn Chunk,
        mask: Option<&BooleanArray>,
        take: &(dyn Fn(Member) + Send + Sync),
    ) -> Result<()> {
        let passes = match &self.filter {
            Some(filter) => Some(filter.mask(chunk)?),
            None => None,
        };
        let columns = Columns {
            kinds: chunk.base(Base::Kind),
            traces: chunk.base(Base::TraceId),
            spans: chunk.base(Base::SpanId),
            parents: chunk.base(Base::ParentId),
            times: chunk.base(Base::Time),
            datasets: chunk.base(Base::Dataset),
            bodies: chunk.base(Base::Body),
            names: self.texts(&self.roles.name, chunk)?,
            services: self.texts(&self.roles.service, chunk)?,
            span_kinds: self.texts(&self.roles.kind, chunk)?,
            errors: FieldValues::of(&self.roles.error, chunk)?,
            statuses: FieldValues::of(&self.roles.status, chunk)?.numbers(),
            durations: FieldValues::of(&self.roles.duration, chunk)?.numbers(),
            has_parent: FieldValues::of(&self.roles.parent, chunk)?.present()?,
            ranks: self.rank.of(chunk)?,
        };
        for row in (0..chunk.rows()).filter(|row| mask.is_none_or(|mask| mask.value(*row))) {
            let Some(mut member) = columns.member(row) else { continue };
            if passes.as_ref().is_some_and(|passes| !passes.value(row)) {
                member.rank = None;
            }
            add(&self.plan.stats.rows_matched, 1);
            take(member);
        }
        Ok(())
    }

    fn texts(&self, field: &Field, chunk: &dyn Chunk) -> Result<ArrayRef> {
        Ok(FieldValues::of(field, chunk)?.texts())
    }
}

/// The columns of a chunk.
struct Columns {
    kinds: Option<ArrayRef>,
    traces: Option<ArrayRef>,
    spans: Option<ArrayRef>,
    parents: Option<ArrayRef>,
    times: Option<ArrayRef>,
    datasets: Option<ArrayRef>,
    bodies: Option<ArrayRef>,
    names: ArrayRef,
    services: ArrayRef,
    span_kinds: ArrayRef,
    errors: FieldValues,
    statuses: ArrayRef,
    durations: ArrayRef,
    has_parent: BooleanArray,
    ranks: Vec<Option<i64>>,
}

impl Columns {
    /// A row, if it belongs to a trace.
    fn member(&self, row: usize) -> Option<Member> {
        let text = |array: &ArrayRef| {
            let texts = array.as_string_view();
            texts.is_valid(row).then(|| texts.value(row).to_owned())
        };
        let id = |array: &Option<ArrayRef>| {
            let ids = array.as_ref()?.as_fixed_size_binary();
            ids.is_valid(row).then(|| SpanId::from_slice(ids.value(row))).flatten()
        };
        let number = |array: &ArrayRef| {
            let numbers = array.as_primitive::<Float64Type>();
            numbers.is_valid(row).then(|| numbers.value(row))
        };
        let code = self.kinds.as_ref()?.as_primitive::<Int32Type>().value(row);
        let traces = self.traces.as_ref()?.as_fixed_size_binary();
        let trace = traces.is_valid(row).then(|| TraceId::from_slice(traces.value(row)))??;
        let dataset = self.datasets.as_ref()?.as_primitive::<Int32Type>().value(row);
        let is_true = |bools: &BooleanArray| bools.is_valid(row) && bools.value(row);
        Some(Member {
            trace,
            row_kind: RowKind::from_code(u8::try_from(code).ok()?)?,
            dataset: DatasetId(u32::try_from(dataset).ok()?),
            time: self.times.as_ref()?.as_primitive::<Int64Type>().value(row),
            span: id(&self.spans).unwrap_or(SpanId::NONE),
            parent: id(&self.parents).unwrap_or(SpanId::NONE),
            has_parent: self.has_parent.value(row),
            name: text(&self.names),
            service: text(&self.services),
            kind: text(&self.span_kinds),
            is_error: self.errors.bool.as_ref().is_some_and(is_true),
            is_ok: number(&self.statuses) == Some(1.0),
            duration_ms: number(&self.durations).filter(|ms| ms.is_finite()).unwrap_or(0.0),
            body: self.bodies.as_ref().and_then(text),
            rank: self.ranks[row],
        })
    }
}
