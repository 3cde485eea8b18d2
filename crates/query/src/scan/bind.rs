//! Plans a scan: which units there are to read, and what each has to read.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{Base, DatasetId, Key, Result, Signal, Timestamp, TraceId, ValueType};
use parquet::arrow::arrow_reader::RowSelection;
use store::{
    BLOCK_ROWS, MemBatch, Segment, SegmentDataset, SegmentMeta, Snapshot, TraceRows, unreadable,
};

use super::filter::{BoundFilter, ScopeFilter};
use super::prune::Pruner;
use super::rank::Rank;
use super::segment::{SegmentScan, Wanted};
use super::stats::{ScanStats, add};
use crate::field::{Field, View};
use crate::footer::{Footer, FooterCache};
use crate::spec::{Comparison, Literal, Scope, Test};

/// Rows of the memtable that are read at once.
const MEMORY_UNIT_ROWS: usize = 8_192;

/// The types that values of a field have in what a scan reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldTypes {
    pub(crate) text: bool,
    pub(crate) int: bool,
    pub(crate) float: bool,
    pub(crate) bool: bool,
}

impl FieldTypes {
    fn add(&mut self, kind: ValueType) {
        match kind {
            ValueType::Text => self.text = true,
            ValueType::Int => self.int = true,
            ValueType::Float => self.float = true,
            ValueType::Bool => self.bool = true,
        }
    }
}

/// What one task reads at a time.
pub(crate) enum Unit {
    /// Decoded requests.
    Memory(Vec<Arc<MemBatch>>),
    /// A row group of a segment.
    Group(GroupUnit),
}

impl Unit {
    /// A rank that none of its rows is above.
    pub(crate) fn rank_max(&self) -> i64 {
        match self {
            Self::Memory(_) => i64::MAX,
            Self::Group(unit) => unit.rank_max,
        }
    }
}

/// A row group to read.
pub(crate) struct GroupUnit {
    pub(crate) scan: Arc<SegmentScan>,
    /// The row group.
    pub(crate) group: usize,
    /// The rows that may pass; all if unset.
    pub(crate) selection: Option<RowSelection>,
    /// The scope's condition; none where every row lies within it.
    pub(crate) scope: Option<Arc<ScopeFilter>>,
    /// A rank that no row of the row group is above.
    pub(crate) rank_max: i64,
}

/// A scan, planned.
pub(crate) struct Plan {
    pub(crate) fields: Vec<Field>,
    pub(crate) types: Vec<FieldTypes>,
    pub(crate) conjuncts: Vec<BoundFilter>,
    pub(crate) memory_scope: Arc<ScopeFilter>,
    pub(crate) units: Vec<Unit>,
    pub(crate) stats: Arc<ScanStats>,
}

/// What a scan is of.
pub(crate) struct Request<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) footers: &'a FooterCache,
    pub(crate) scope: &'a Scope,
    /// The fields that are read, those of conditions apart.
    pub(crate) fields: Vec<Field>,
    /// Base columns that are read besides.
    pub(crate) bases: Vec<Base>,
    /// Whether rows are to be known by their numbers.
    pub(crate) numbered: bool,
    /// Which rows are wanted first.
    pub(crate) rank: Rank,
    /// The signals that are read.
    pub(crate) signals: &'a [Signal],
}

impl Plan {
    /// Plans a scan. Files that cannot be read are noted and left out.
    pub(crate) fn new(mut request: Request<'_>) -> Result<Self> {
        let (snapshot, scope) = (request.snapshot, request.scope);
        let (fields, bases) = (&mut request.fields, &mut request.bases);
        bases.extend([Base::Time, Base::Dataset]);
        let filter = scope.filter.as_ref().map(BoundFilter::new);
        let conjuncts = filter.as_ref().map(BoundFilter::conjuncts).unwrap_or_default();
        for field in conjuncts.iter().flat_map(BoundFilter::fields) {
            if !fields.contains(field) {
                fields.push(field.clone());
            }
        }
        let mut plan = Self {
            types: vec![FieldTypes::default(); fields.len()],
            fields: std::mem::take(fields),
            conjuncts,
            memory_scope: Arc::new(scope_filter(snapshot, scope, None)),
            units: Vec::new(),
            stats: Arc::new(ScanStats::default()),
        };
        for signal in request.signals.iter().copied() {
            plan.add_memory(snapshot, scope, signal);
            for segment in snapshot.segments(scope.environment, signal) {
                plan.stats.note_segment(&segment.meta);
                if !overlaps(&segment.meta, scope, &plan.memory_scope.ids()) {
                    continue;
                }
                if let Err(error) = plan.add_segment(&request, segment) {
                    plan.stats.cannot_read(&error);
                }
            }
        }
        add(&plan.stats.units.all, plan.units.len() as u64);
        Ok(plan)
    }

    fn add_memory(&mut self, snapshot: &Snapshot, scope: &Scope, signal: Signal) {
        let hours = (scope.start.hour(), scope.end.saturating_add(-1).hour());
        let mut unit: Vec<Arc<MemBatch>> = Vec::new();
        let mut rows = 0;
        for batch in snapshot.batches(scope.environment, signal) {
            let in_range = |hour: &model::HourRows| (hours.0..=hours.1).contains(&hour.hour);
            if !batch.batch.hours().iter().any(in_range) {
                continue;
            }
            for column in batch.batch.columns() {
                if matches!(column.key(), Key::Attribute(_)) {
                    let name = batch.batch.column_name(column);
                    let kind = column.value_type();
                    for (field, types) in self.fields.iter().zip(&mut self.types) {
                        if field.attributes.iter().any(|attribute| attribute == name) {
                            types.add(kind);
                        }
                    }
                }
            }
            rows += batch.batch.rows();
            unit.push(Arc::clone(batch));
            if rows >= MEMORY_UNIT_ROWS {
                self.units.push(Unit::Memory(std::mem::take(&mut unit)));
                rows = 0;
            }
        }
        if !unit.is_empty() {
            self.units.push(Unit::Memory(unit));
        }
        self.add_view_types();
    }

    fn add_view_types(&mut self) {
        for (field, types) in self.fields.iter().zip(&mut self.types) {
            if let Some(view) = &field.view {
                types.add(view.value_type());
            }
        }
    }

    fn add_segment(&mut self, request: &Request<'_>, segment: &Arc<Segment>) -> Result<()> {
        let (snapshot, scope, meta) = (request.snapshot, request.scope, &segment.meta);
        let table = snapshot.attributes();
        let footer = request.footers.get(snapshot, segment)?;
        let pruner = Pruner { footer: &footer, meta, table };
        if !pruner.segment_may_match(&self.conjuncts) {
            return Ok(());
        }
        let traced = self.traced_rows(snapshot, segment, &footer)?;
        let wanted =
            Wanted { fields: &self.fields, bases: &request.bases, numbered: request.numbered };
        let scan = Arc::new(SegmentScan::open(snapshot, segment, &footer, &wanted, &self.stats)?);
        let scope_filter = Arc::new(scope_filter(snapshot, scope, Some(meta)));
        let mut groups_read = 0;
        for (group, rows) in meta.groups.iter().enumerate() {
            if !pruner.group_may_match(group, &scope_filter, &self.conjuncts) {
                continue;
            }
            let mut selection = pruner.select(group, &scope_filter, &self.conjuncts);
            if let Some(traced) = &traced {
                let blocks = selection_of_blocks(traced, group, *rows as usize);
                selection = Some(match selection {
                    None => blocks,
                    Some(selection) => selection.intersection(&blocks),
                });
            }
            if selection.as_ref().is_some_and(|selection| !selection.selects_any()) {
                continue;
            }
            groups_read += 1;
            let pages = scan.file.pages(group);
            add(&self.stats.pages.all, pages);
            let is_within = is_within(meta, scope, &scope_filter);
            self.units.push(Unit::Group(GroupUnit {
                scan: Arc::clone(&scan),
                group,
                selection,
                scope: (!is_within).then(|| Arc::clone(&scope_filter)),
                rank_max: pruner.group_rank_max(group, &request.rank),
            }));
        }
        if groups_read > 0 {
            self.stats.note_read(groups_read);
            self.add_types_of(meta, table);
        }
        Ok(())
    }

    fn add_types_of(&mut self, meta: &SegmentMeta, table: &store::AttributeTable) {
        for (field, types) in self.fields.iter().zip(&mut self.types) {
            for name in &field.attributes {
                for column in table.columns_of(meta.environment, meta.signal, name) {
                    if meta.has(column.id) {
                        types.add(column.kind);
                    }
                }
            }
        }
        self.add_view_types();
    }

    /// Where the traces that a condition asks for have rows in a segment; none without such a
    /// condition.
    fn traced_rows(
        &self,
        snapshot: &Snapshot,
        segment: &Segment,
        footer: &Footer,
    ) -> Result<Option<Vec<TraceRows>>> {
        let Some(ids) = self.conjuncts.iter().find_map(trace_ids_of) else { return Ok(None) };
        let (field, ids) = ids;
        // An attribute of the same name might give the field another value.
        let table = snapshot.attributes();
        let meta = &segment.meta;
        let overridden = field.attributes.iter().any(|name| {
            let columns = table.columns_of(meta.environment, meta.signal, name);
            columns.iter().any(|column| meta.has(column.id) || footer.place_of(column.id).is_some())
        });
        if overridden {
            return Ok(None);
        }
        let index = snapshot.trace_index(segment)?;
        let mut rows = Vec::new();
        for id in ids {
            let found = index.find(id);
            rows.extend(found.map_err(|error| unreadable(&meta.index_path(), error))?);
        }
        Ok(Some(rows))
    }
}

/// The trace ids that a condition asks for, if that is what it does.
fn trace_ids_of(conjunct: &BoundFilter) -> Option<(&Field, Vec<TraceId>)> {
    let BoundFilter::Is(predicate) = conjunct else { return None };
    if predicate.negated || predicate.field.view != Some(View::TraceId) {
        return None;
    }
    let id = |literal: &Literal| match literal {
        Literal::Text(text) => TraceId::parse(text),
        _ => None,
    };
    let ids = match &predicate.test {
        Test::Compare(Comparison::Equal, literal) => vec![id(literal)?],
        Test::OneOf(literals) => literals.iter().map(id).collect::<Option<Vec<_>>>()?,
        _ => return None,
    };
    Some((&predicate.field, ids))
}

/// The rows of a group in the blocks that a trace index names.
pub(crate) fn selection_of_blocks(traced: &[TraceRows], group: usize, rows: usize) -> RowSelection {
    let of_group = traced.iter().filter(|entry| entry.group as usize == group);
    let blocks = of_group.fold(0u32, |blocks, entry| blocks | entry.blocks);
    let ranges = (0..u32::BITS as usize).filter(|block| blocks >> block & 1 == 1).map(|block| {
        let start = (block * BLOCK_ROWS).min(rows);
        start..(start + BLOCK_ROWS).min(rows)
    });
    RowSelection::from_consecutive_ranges(ranges, rows)
}

fn overlaps(meta: &SegmentMeta, scope: &Scope, datasets: &BTreeSet<DatasetId>) -> bool {
    let in_range = |part: &SegmentDataset| {
        part.time_max >= scope.start.nanos() && part.time_min < scope.end.nanos()
    };
    meta.datasets.iter().any(|part| in_range(part) && datasets.contains(&part.id()))
}

/// Whether every row of a segment lies within the scope.
fn is_within(meta: &SegmentMeta, scope: &Scope, filter: &ScopeFilter) -> bool {
    meta.datasets.iter().all(|part| {
        let known = filter.datasets.binary_search_by_key(&part.id(), |(id, _)| *id);
        known.is_ok_and(|at| {
            part.time_min >= filter.datasets[at].1.max(scope.start.nanos())
                && part.time_max < scope.end.nanos()
        })
    })
}

/// The rows of a segment that answers show.
pub(crate) fn scope_of_segment(snapshot: &Snapshot, meta: &SegmentMeta) -> ScopeFilter {
    let scope = Scope {
        environment: meta.environment,
        datasets: None,
        start: Timestamp::MIN,
        end: Timestamp::MAX,
        filter: None,
    };
    scope_filter(snapshot, &scope, Some(meta))
}

/// The rows of a scope in a segment, or in memory.
fn scope_filter(snapshot: &Snapshot, scope: &Scope, segment: Option<&SegmentMeta>) -> ScopeFilter {
    let live = snapshot.datasets().live_in(scope.environment);
    let wanted =
        |id: &DatasetId| scope.datasets.as_ref().is_none_or(|datasets| datasets.contains(id));
    let mut datasets: Vec<(DatasetId, i64)> = live
        .map(|dataset| dataset.id)
        .filter(wanted)
        .map(|id| match segment {
            Some(meta) => (id, snapshot.hidden(id).event_time_before(meta.late_max).nanos()),
            // What is in memory has just arrived, and is kept whatever its own time: retentions
            // are hours, flushes minutes.
            None => (id, i64::MIN),
        })
        .collect();
    datasets.sort_unstable();
    ScopeFilter { range: (scope.start.nanos(), scope.end.nanos()), datasets }
}
