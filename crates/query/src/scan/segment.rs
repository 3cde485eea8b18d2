//! Rows of a segment's row group that pass conditions, read page by page.

mod chunk;
mod counting;
mod open;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use model::{Base, Result, ValueType};
use parquet::arrow::arrow_reader::{
    ArrowPredicate, ArrowPredicateFn, ParquetRecordBatchReader, RowFilter, RowSelection,
};
use store::{FieldId, Segment, SegmentColumn, Snapshot};

pub(crate) use chunk::{SegmentChunk, rest_value, uuids};
pub(crate) use open::{OpenSegment, ROW_NUMBER};

use super::filter::{BoundFilter, ScopeFilter};
use super::members::TraceSet;
use super::rank::{Rank, Ranking};
use super::stats::ScanStats;
use super::top::span_kinds;
use crate::failure::{file_failed, through_arrow};
use crate::field::Field as QueryField;
use crate::footer::Footer;

/// An open segment, with the columns that a query needs.
pub(crate) struct SegmentScan {
    pub(crate) segment: Arc<Segment>,
    pub(crate) file: OpenSegment,
    columns: Arc<Columns>,
}

/// Where the columns of a query lie.
pub(crate) struct Columns {
    columns: Vec<SegmentColumn>,
    places: HashMap<FieldId, usize>,
    attributes: HashMap<(String, ValueType), usize>,
    /// Attributes that may lie in the overflow column.
    in_rest: Vec<String>,
}

impl Columns {
    /// The places of the columns of a field.
    fn of_field(&self, field: &QueryField) -> Vec<usize> {
        let mut places = Vec::new();
        for name in &field.attributes {
            for kind in ValueType::ALL {
                places.extend(self.attributes.get(&(name.clone(), kind)));
            }
            if self.in_rest.contains(name) {
                places.extend(self.places.get(&FieldId::REST));
            }
        }
        let bases = field.view.iter().flat_map(|view| view.bases());
        places.extend(self.of_bases(bases));
        places
    }

    fn of_bases(&self, bases: impl IntoIterator<Item = Base>) -> Vec<usize> {
        let bases = bases.into_iter();
        bases.filter_map(|base| self.places.get(&FieldId::of_base(base)).copied()).collect()
    }
}

/// What is to be read of a segment.
pub(crate) struct Wanted<'a> {
    /// These fields.
    pub(crate) fields: &'a [QueryField],
    /// These base columns.
    pub(crate) bases: &'a [Base],
    /// The numbers of rows.
    pub(crate) numbered: bool,
}

/// What is read of the rows that pass.
pub(crate) struct OutputColumns<'a> {
    pub(crate) fields: &'a [QueryField],
    pub(crate) bases: &'a [Base],
}

/// Which rows are read.
pub(crate) struct Rows<'a> {
    /// Those of this row group.
    pub(crate) group: usize,
    /// Of them these; all if unset.
    pub(crate) selection: Option<RowSelection>,
    /// Those that pass all of these, which are asked in this order.
    pub(crate) conditions: Vec<RowCondition<'a>>,
}

/// A condition on rows.
pub(crate) enum RowCondition<'a> {
    /// They belong to the scope.
    Scope(&'a Arc<ScopeFilter>),
    /// They rank high enough, by a bound that rises while rows are read.
    Ranked(Arc<Ranking>),
    /// They are of kinds that may stand for spans.
    SpanKinds,
    /// They are of one of these traces.
    Traces(Arc<TraceSet>),
    /// What the query says.
    Filter(&'a BoundFilter),
}

impl SegmentScan {
    /// Makes a segment ready for reading these fields and base columns.
    pub(crate) fn open(
        snapshot: &Snapshot,
        segment: &Arc<Segment>,
        footer: &Footer,
        of: &Wanted<'_>,
        stats: &Arc<ScanStats>,
    ) -> Result<Self> {
        let (meta, table) = (&segment.meta, snapshot.attributes());
        let mut wanted: Vec<FieldId> = of.bases.iter().copied().map(FieldId::of_base).collect();
        let mut attributes = HashMap::new();
        let mut in_rest = Vec::new();
        for field in of.fields {
            let views = field.view.iter().flat_map(|view| view.bases());
            wanted.extend(views.map(FieldId::of_base));
            for name in &field.attributes {
                let known = table.columns_of(meta.environment, meta.signal, name);
                for column in known {
                    if meta.columns.binary_search(&column.id).is_ok() {
                        wanted.push(column.id);
                        attributes.insert((name.clone(), column.kind), column.id);
                    }
                }
                let listed = known.iter().any(|column| meta.rest.contains(&column.id));
                // Beyond the names that the catalog keeps, any may be in the overflow column.
                if listed || meta.rest.contains(&FieldId::REST) {
                    wanted.push(FieldId::REST);
                    in_rest.push(name.clone());
                }
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        let in_file: Vec<usize> =
            wanted.iter().filter_map(|field| footer.place_of(*field)).collect();
        let file = OpenSegment::new(snapshot, segment, footer, &in_file, of.numbered, stats)?;
        let columns = file.columns.clone();
        let places: HashMap<FieldId, usize> =
            columns.iter().enumerate().map(|(at, column)| (column.field, at)).collect();
        let attributes =
            attributes.into_iter().filter_map(|(key, id)| Some((key, *places.get(&id)?))).collect();
        let columns = Arc::new(Columns { columns, places, attributes, in_rest });
        Ok(Self { segment: Arc::clone(segment), file, columns })
    }

    /// Reads rows; of the columns that no condition is on only the pages that hold rows which
    /// passed.
    pub(crate) fn read(
        &self,
        rows: Rows<'_>,
        outputs: &OutputColumns<'_>,
    ) -> Result<ParquetRecordBatchReader> {
        let conditions = rows.conditions.into_iter().map(|condition| self.predicate(condition));
        let conditions: Vec<Box<dyn ArrowPredicate>> = conditions.collect();
        let mut places: Vec<usize> =
            outputs.fields.iter().flat_map(|field| self.columns.of_field(field)).collect();
        places.extend(self.columns.of_bases(outputs.bases.iter().copied()));
        let mut builder = self
            .file
            .builder(rows.group)
            .with_projection(self.file.mask(&places))
            .with_row_filter(RowFilter::new(conditions));
        if let Some(selection) = rows.selection {
            builder = builder.with_row_selection(selection);
        }
        builder.build().map_err(|error| file_failed(&self.file.path, error))
    }

    fn predicate(&self, condition: RowCondition<'_>) -> Box<dyn ArrowPredicate> {
        let columns = Arc::clone(&self.columns);
        match condition {
            RowCondition::Scope(scope) => {
                let scope = Arc::clone(scope);
                let mask = self.file.mask(&columns.of_bases([Base::Time, Base::Dataset]));
                Box::new(ArrowPredicateFn::new(mask, move |batch| {
                    Ok(scope.mask(&SegmentChunk::new(batch, &columns)))
                }))
            }
            RowCondition::Ranked(ranking) => {
                let places = match ranking.rank() {
                    Rank::Newest => columns.of_bases([Base::Time]),
                    Rank::Greatest(field) => columns.of_field(field),
                };
                let mask = self.file.mask(&places);
                Box::new(ArrowPredicateFn::new(mask, move |batch| {
                    ranking.mask(&SegmentChunk::new(batch, &columns)).map_err(through_arrow)
                }))
            }
            RowCondition::SpanKinds => {
                let mask = self.file.mask(&columns.of_bases([Base::Kind]));
                Box::new(ArrowPredicateFn::new(mask, move |batch| {
                    Ok(span_kinds(&SegmentChunk::new(batch, &columns)))
                }))
            }
            RowCondition::Traces(traces) => {
                let mask = self.file.mask(&columns.of_bases([Base::TraceId]));
                Box::new(ArrowPredicateFn::new(mask, move |batch| {
                    Ok(traces.mask(&SegmentChunk::new(batch, &columns)))
                }))
            }
            RowCondition::Filter(filter) => {
                let filter = filter.clone();
                let fields = filter.fields();
                let mut places: Vec<usize> =
                    fields.iter().flat_map(|field| columns.of_field(field)).collect();
                places.sort_unstable();
                places.dedup();
                Box::new(ArrowPredicateFn::new(self.file.mask(&places), move |batch| {
                    filter.mask(&SegmentChunk::new(batch, &columns)).map_err(through_arrow)
                }))
            }
        }
    }

    /// A batch that [`SegmentScan::read`] gave, as a chunk.
    pub(crate) fn chunk(&self, batch: RecordBatch) -> SegmentChunk<'_> {
        SegmentChunk::new(batch, &self.columns)
    }
}
