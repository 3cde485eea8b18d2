//! Which datasets of a segment have a column, as far as the catalog does not know it yet.
//!
//! It is looked up by runs of rows and not by row, and only for pairs that are new: once a dataset
//! has been flushed with its usual columns, a flush costs one look at a sorted list for each column
//! and dataset of a segment.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{Base, DatasetId, SpanId, TraceId};

use super::gather::Parts;
use super::plan::SegmentPlan;
use crate::catalog::DatasetFields;
use crate::memtable::MemBatch;
use crate::segment::{FieldId, SegmentDataset};

/// What a flush finds of the datasets of a segment.
pub(super) struct FieldNotes<'a> {
    known: &'a DatasetFields,
    new: BTreeSet<(DatasetId, FieldId)>,
}

impl<'a> FieldNotes<'a> {
    pub(super) fn new(known: &'a DatasetFields) -> Self {
        Self { known, new: BTreeSet::new() }
    }

    pub(super) fn into_new(self) -> Vec<(DatasetId, FieldId)> {
        self.new.into_iter().collect()
    }

    /// Notes which of a segment's datasets have a column that the segment has.
    pub(super) fn note(
        &mut self,
        datasets: &[SegmentDataset],
        field: FieldId,
        batches: &[Arc<MemBatch>],
        parts: &Parts,
    ) {
        let mut wanted = self.unknown(datasets, field);
        if datasets.len() > 1 {
            let asked = std::mem::take(&mut wanted);
            let mut left = asked.clone();
            for (batch, column) in &parts.parts {
                if left.is_empty() {
                    break;
                }
                let batch = &batches[*batch as usize];
                let column = &batch.batch.columns()[*column as usize];
                let runs = batch.dataset_runs();
                for (_, id) in runs.filter(|(rows, _)| column.has_any(rows)) {
                    left.remove(&id);
                }
            }
            wanted = asked.difference(&left).copied().collect();
        }
        self.new.extend(wanted.into_iter().map(|id| (id, field)));
    }

    /// The same for a base column that lies in memory on every row.
    pub(super) fn note_base(
        &mut self,
        datasets: &[SegmentDataset],
        base: Base,
        batches: &[Arc<MemBatch>],
        plan: &SegmentPlan,
    ) {
        let field = FieldId::of_base(base);
        let mut wanted = self.unknown(datasets, field);
        if datasets.len() > 1 && !wanted.is_empty() {
            let used: BTreeSet<u32> = plan.rows.iter().map(|row| row.batch).collect();
            let asked = std::mem::take(&mut wanted);
            for batch in used {
                let batch = &batches[batch as usize];
                for (rows, id) in batch.dataset_runs() {
                    let rows = rows.start as usize..rows.end as usize;
                    if asked.contains(&id) && !wanted.contains(&id) && has_base(batch, base, rows) {
                        wanted.insert(id);
                    }
                }
            }
        }
        self.new.extend(wanted.into_iter().map(|id| (id, field)));
    }

    /// The datasets of which it is not known that they have a column.
    fn unknown(&self, datasets: &[SegmentDataset], field: FieldId) -> BTreeSet<DatasetId> {
        let ids = datasets.iter().map(SegmentDataset::id);
        ids.filter(|id| !self.known.has(*id, field) && !self.new.contains(&(*id, field))).collect()
    }
}

/// Whether any of these rows has a value in a base column; those that are not ids have one on each.
fn has_base(batch: &MemBatch, base: Base, rows: std::ops::Range<usize>) -> bool {
    let events = &batch.batch;
    match base {
        Base::TraceId => events.trace_ids()[rows].iter().any(TraceId::is_some),
        Base::SpanId => events.span_ids()[rows].iter().any(SpanId::is_some),
        Base::ParentId => events.parent_ids()[rows].iter().any(SpanId::is_some),
        _ => !rows.is_empty(),
    }
}
