//! Finds the traces whose spans rank highest, by reading ranks, conditions and trace ids alone.
//!
//! A trace has the rank of its best span that passes. Its other spans, found or not, change
//! nothing, so the bound below which nothing is read rises as with single rows.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array as _, AsArray as _, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::boolean::and;
use arrow::datatypes::{Int32Type, Int64Type};
use model::{Base, Error, ErrorKind, Result, RowKind, TraceId};

use super::bind::{GroupUnit, Plan, Unit};
use super::chunk::Chunk;
use super::memory::MemoryChunk;
use super::rank::{Rank, Ranking, best_first};
use super::segment::{OutputColumns, RowCondition, Rows};
use super::stats::add;
use crate::failure::arrow_failed;

/// Most traces of one rank that are put in order.
const TIED_MAX: usize = 100_000;
/// Traces found beyond those wanted before the last are let go.
const SLACK: usize = 1_024;

/// The base columns that a search reads.
pub(crate) const BASES: [Base; 4] = [Base::Kind, Base::TraceId, Base::SpanId, Base::Time];

/// Which rows are of kinds that may stand for spans.
pub(super) fn span_kinds(chunk: &dyn Chunk) -> BooleanArray {
    let kinds = chunk.base(Base::Kind);
    let kinds = kinds.as_ref().map(|kinds| kinds.as_primitive::<Int32Type>().values());
    let (span, event) = (i32::from(RowKind::Span.code()), i32::from(RowKind::Event.code()));
    let is_one = |row: usize| kinds.is_some_and(|kinds| [span, event].contains(&kinds[row]));
    BooleanArray::new(BooleanBuffer::collect_bool(chunk.rows(), is_one), None)
}

/// A trace that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TopTrace {
    /// The trace.
    pub(crate) id: TraceId,
    /// The rank of its best span that passes.
    pub(crate) rank: i64,
    /// When that span began, ns.
    pub(crate) time: i64,
}

impl TopTrace {
    /// Where it stands in the list: lower comes first.
    fn key(&self) -> (std::cmp::Reverse<i64>, TraceId) {
        (std::cmp::Reverse(self.rank), self.id)
    }
}

/// A search for traces, by many tasks.
pub(crate) struct TopTraces {
    plan: Plan,
    units: Vec<Arc<Unit>>,
    queue: Mutex<VecDeque<usize>>,
    wanted: usize,
    after: Option<(i64, TraceId)>,
    ranking: Arc<Ranking>,
    found: Mutex<BTreeMap<TraceId, TopTrace>>,
}

impl TopTraces {
    /// The `wanted` first traces, of those behind a rank and a trace if these are given.
    pub(crate) fn new(
        mut plan: Plan,
        rank: Rank,
        wanted: usize,
        after: Option<(i64, TraceId)>,
    ) -> Self {
        let units: Vec<Arc<Unit>> =
            std::mem::take(&mut plan.units).into_iter().map(Arc::new).collect();
        let most = after.map_or(i64::MAX, |(rank, _)| rank);
        let ranking = Arc::new(Ranking::new(rank, most));
        let queue = Mutex::new(best_first(&units));
        Self { plan, queue, units, wanted, after, ranking, found: Mutex::default() }
    }

    /// One task's work. Several may run at once.
    pub(crate) async fn work(&self) -> Result<()> {
        loop {
            let next = self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(number) = next else { return Ok(()) };
            if !self.ranking.may_have(self.units[number].rank_max()) {
                continue;
            }
            match &*self.units[number] {
                Unit::Memory(batches) => {
                    for batch in batches {
                        self.read_memory(&MemoryChunk { batch })?;
                        tokio::task::yield_now().await;
                    }
                }
                Unit::Group(unit) => self.read_group(unit).await?,
            }
        }
    }

    fn read_memory(&self, chunk: &MemoryChunk<'_>) -> Result<()> {
        add(&self.plan.stats.rows_examined, chunk.rows() as u64);
        add(&self.plan.stats.memtable_rows, chunk.rows() as u64);
        let in_scope = self.plan.memory_scope.mask(chunk);
        let mut mask = and(&in_scope, &span_kinds(chunk)).map_err(arrow_failed)?;
        mask = and(&mask, &self.ranking.mask(chunk)?).map_err(arrow_failed)?;
        for conjunct in &self.plan.conjuncts {
            if mask.true_count() == 0 {
                return Ok(());
            }
            mask = and(&mask, &conjunct.mask(chunk)?).map_err(arrow_failed)?;
        }
        self.note(chunk, Some(&mask))
    }

    async fn read_group(&self, unit: &GroupUnit) -> Result<()> {
        let selected = unit.selection.as_ref().map(|selection| selection.row_count());
        let rows = selected.unwrap_or(unit.scan.segment.meta.groups[unit.group] as usize);
        add(&self.plan.stats.rows_examined, rows as u64);
        let ranked = RowCondition::Ranked(Arc::clone(&self.ranking));
        let of_scope = unit.scope.as_ref().map(RowCondition::Scope);
        let of_query = self.plan.conjuncts.iter().map(RowCondition::Filter);
        let conditions = [ranked].into_iter().chain(of_scope);
        let conditions = conditions.chain([RowCondition::SpanKinds]).chain(of_query).collect();
        let fields: &[_] = match self.ranking.rank() {
            Rank::Newest => &[],
            Rank::Greatest(field) => std::slice::from_ref(field),
        };
        let rows = Rows { group: unit.group, selection: unit.selection.clone(), conditions };
        let batches = match unit.scan.read(rows, &OutputColumns { fields, bases: &BASES }) {
            Ok(batches) => batches,
            Err(error) => {
                self.plan.stats.cannot_read(&error);
                return Ok(());
            }
        };
        for batch in batches {
            match batch {
                Ok(batch) => self.note(&unit.scan.chunk(batch), None)?,
                Err(error) => {
                    // The other row groups, and the other files, still answer.
                    let error = store::unreadable(&unit.scan.file.path, error);
                    self.plan.stats.cannot_read(&error);
                    return Ok(());
                }
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Takes the rows of a chunk that pass; all if `mask` is unset.
    fn note(&self, chunk: &dyn Chunk, mask: Option<&BooleanArray>) -> Result<()> {
        let (Some(traces), Some(kinds), Some(times)) =
            (chunk.base(Base::TraceId), chunk.base(Base::Kind), chunk.base(Base::Time))
        else {
            return Ok(());
        };
        let spans = chunk.base(Base::SpanId);
        let (traces, kinds) = (traces.as_fixed_size_binary(), kinds.as_primitive::<Int32Type>());
        let times = times.as_primitive::<Int64Type>();
        let ranks = self.ranking.rank().of(chunk)?;
        let is_span = |row: usize| {
            kinds.value(row) == i32::from(RowKind::Span.code())
                || spans.as_ref().is_some_and(|spans| spans.is_valid(row))
        };
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        for row in (0..chunk.rows()).filter(|row| mask.is_none_or(|mask| mask.value(*row))) {
            let (Some(rank), true, true) = (ranks[row], traces.is_valid(row), is_span(row)) else {
                continue;
            };
            let Some(id) = TraceId::from_slice(traces.value(row)) else { continue };
            let one = TopTrace { id, rank, time: times.value(row) };
            if self
                .after
                .is_some_and(|(rank, id)| one.key() <= TopTrace { id, rank, time: 0 }.key())
            {
                continue;
            }
            add(&self.plan.stats.rows_matched, 1);
            let known = found.entry(id).or_insert(one);
            if one.key() < known.key() {
                *known = one;
            }
        }
        if found.len() > self.wanted + SLACK { self.prune(&mut found) } else { Ok(()) }
    }

    /// Lets go of the traces that rank too low to be listed.
    fn prune(&self, found: &mut BTreeMap<TraceId, TopTrace>) -> Result<()> {
        if self.wanted == 0 || found.len() <= self.wanted {
            return Ok(());
        }
        let mut ranks: Vec<i64> = found.values().map(|trace| trace.rank).collect();
        let (.., last, _) = ranks.select_nth_unstable_by(self.wanted - 1, |a, b| b.cmp(a));
        let last = *last;
        self.ranking.raise(last);
        found.retain(|_, trace| trace.rank >= last);
        if found.len() > self.wanted + TIED_MAX {
            return Err(Error::new(
                ErrorKind::TooCostly,
                format!(
                    "more than {TIED_MAX} traces of one rank would have to be put in order: add a \
                     filter that tells them apart"
                ),
            ));
        }
        Ok(())
    }

    /// The traces, in order, once all tasks are done.
    pub(crate) fn finish(&self) -> Result<Vec<TopTrace>> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        self.prune(&mut found)?;
        let mut traces: Vec<TopTrace> = found.values().copied().collect();
        traces.sort_unstable_by_key(TopTrace::key);
        traces.truncate(self.wanted);
        Ok(traces)
    }
}
