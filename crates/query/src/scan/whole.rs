//! Reads whole events: in a second step, of the rows that a first one has chosen.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{Int64Type, TimestampNanosecondType};
use model::{Base, Result, RowKind, SpanId, SpanKind, Timestamp, TraceId};
use parquet::arrow::arrow_reader::{ArrowPredicateFn, RowFilter, RowSelection};
use store::{FieldId, MemBatch, Physical, Segment, SegmentColumn, Snapshot};

use super::segment::{OpenSegment, ROW_NUMBER, rest_value, uuids};
use super::stats::{ScanStats, add};
use crate::datum::Datum;
use crate::failure::file_failed;
use crate::footer::{Footer, FooterCache};
use crate::row::WholeRow;

/// What is wanted of each event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail<'a> {
    /// All attributes.
    Everything,
    /// Base columns and these attributes.
    Attributes(&'a [&'a str]),
}

impl Detail<'_> {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Attributes(names) => names.contains(&name),
        }
    }
}

/// Which rows of a row group are wanted.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    /// These.
    Rows(RowSelection),
    /// Those of these that belong to a trace.
    Trace(RowSelection, TraceId),
}

/// Reads whole rows of one snapshot.
pub(crate) struct WholeRows<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) footers: &'a FooterCache,
    pub(crate) detail: Detail<'a>,
    pub(crate) stats: &'a Arc<ScanStats>,
}

impl WholeRows<'_> {
    /// A row of a decoded request.
    pub(crate) fn in_memory(&self, mem: &MemBatch, row: usize) -> WholeRow {
        in_memory(mem, row, self.detail)
    }

    /// Rows of a row group, each with its number in the group.
    pub(crate) fn in_segment(
        &self,
        segment: &Segment,
        group: usize,
        choice: &Choice,
    ) -> Result<Vec<(usize, WholeRow)>> {
        let footer = self.footers.get(self.snapshot, segment)?;
        let places = self.places(&footer, group);
        let file = OpenSegment::new(self.snapshot, segment, &footer, &places, true, self.stats)?;
        let names: Vec<Option<&str>> =
            places.iter().map(|place| footer.attributes[*place].as_deref()).collect();
        let all: Vec<usize> = (0..places.len()).collect();
        let mut builder = file.builder(group).with_projection(file.mask(&all));
        let (Choice::Rows(selection) | Choice::Trace(selection, _)) = choice;
        builder = builder.with_row_selection(selection.clone());
        add(&self.stats.rows_examined, selection.row_count() as u64);
        let trace_column = FieldId::of_base(Base::TraceId);
        let traces = file.columns.iter().position(|column| column.field == trace_column);
        if let (Choice::Trace(_, id), Some(traces)) = (choice, traces) {
            let id = *id.bytes();
            let is_of_trace = move |batch: RecordBatch| {
                let ids = batch.column(0).as_fixed_size_binary();
                let of_trace = |row: usize| ids.is_valid(row) && ids.value(row) == id;
                Ok(BooleanArray::new(BooleanBuffer::collect_bool(ids.len(), of_trace), None))
            };
            let predicate = ArrowPredicateFn::new(file.mask(&[traces]), is_of_trace);
            builder = builder.with_row_filter(RowFilter::new(vec![Box::new(predicate)]));
        }
        let failed = |error| file_failed(&file.path, error);
        let first = file.first_row(group);
        let mut found = Vec::new();
        for batch in builder.build().map_err(failed)? {
            let batch = batch.map_err(|error| store::unreadable(&file.path, error))?;
            let rows = self.rows_of(&batch, &file.columns, &names);
            if let Some(numbers) = batch.column_by_name(ROW_NUMBER) {
                let numbers = numbers.as_primitive::<Int64Type>().values().iter();
                found.extend(numbers.map(|number| (number - first) as usize).zip(rows));
            }
        }
        Ok(found)
    }

    /// The places of the columns that have any value in a row group and are wanted.
    fn places(&self, footer: &Footer, group: usize) -> Vec<usize> {
        let row_group = footer.metadata.row_group(group);
        let has_values = |place: &usize| {
            let statistics = row_group.column(*place).statistics();
            let nulls = statistics.and_then(|statistics| statistics.null_count_opt());
            nulls.is_none_or(|nulls| nulls < row_group.num_rows() as u64)
        };
        let wanted = |place: &usize| {
            let attribute = footer.attributes[*place].as_deref();
            let is_rest = footer.columns[*place].field == FieldId::REST;
            is_rest || attribute.is_none_or(|name| self.detail.has(name))
        };
        (0..footer.columns.len()).filter(wanted).filter(has_values).collect()
    }

    fn rows_of(
        &self,
        batch: &RecordBatch,
        columns: &[SegmentColumn],
        names: &[Option<&str>],
    ) -> Vec<WholeRow> {
        let mut rows = vec![WholeRow::default(); batch.num_rows()];
        for (column, name) in columns.iter().zip(names) {
            let Some(array) = batch.column_by_name(&column.name) else { continue };
            let array = match column.physical {
                Physical::Uuid => uuids(array),
                _ => Arc::clone(array),
            };
            match (column.field.base(), name) {
                (Some(base), _) => put_base(&mut rows, base, &array),
                (None, Some(name)) => {
                    for (at, row) in rows.iter_mut().enumerate() {
                        let value = Datum::of(&array, at);
                        row.attributes.extend(value.map(|value| ((*name).to_owned(), value)));
                    }
                }
                (None, None) => self.put_rest(&mut rows, &array),
            }
        }
        for row in &mut rows {
            if !row.kind.has_position() {
                row.position = None;
            }
            row.settle();
        }
        rows
    }

    fn put_rest(&self, rows: &mut [WholeRow], texts: &ArrayRef) {
        let texts = texts.as_string_view();
        for (at, row) in rows.iter_mut().enumerate().filter(|(at, _)| texts.is_valid(*at)) {
            let object = serde_json::from_str(texts.value(at));
            let Ok(serde_json::Value::Object(object)) = object else { continue };
            let wanted = object.into_iter().filter(|(name, _)| self.detail.has(name));
            let values = wanted.filter_map(|(name, value)| Some((name, rest_value(value)?)));
            row.attributes.extend(values);
        }
    }
}

/// A row of a decoded request.
pub(crate) fn in_memory(mem: &MemBatch, row: usize, detail: Detail<'_>) -> WholeRow {
    let batch = &mem.batch;
    let kind = batch.kinds()[row];
    let is_span = kind == RowKind::Span;
    let cells = batch.row(row);
    let mut whole = WholeRow {
        time: batch.times()[row],
        dataset: mem.dataset_of(row as u32),
        kind,
        trace_id: batch.trace_ids()[row],
        span_id: batch.span_ids()[row],
        parent_id: batch.parent_ids()[row],
        name: kind.is_named().then(|| batch.text(batch.names()[row]).to_owned()),
        span_kind: is_span.then(|| batch.span_kinds()[row]),
        status: kind.has_status().then(|| batch.statuses()[row]),
        duration: is_span.then(|| batch.durations()[row]),
        sample_rate: batch.sample_rates()[row],
        position: kind.has_position().then_some((mem.lsn.0, row as u64)),
        sparse: Vec::new(),
        attributes: Vec::new(),
    };
    let bases = Base::ALL.into_iter().filter(|base| base.is_sparse());
    whole.sparse.extend(bases.filter_map(|base| Some((base, cells.base(base)?.into()))));
    let attributes = cells.attributes().filter(|(name, _)| detail.has(name));
    whole.attributes.extend(attributes.map(|(name, value)| (name.to_owned(), value.into())));
    whole.settle();
    whole
}

fn put_base(rows: &mut [WholeRow], base: Base, array: &ArrayRef) {
    if base == Base::Time {
        let times = array.as_primitive::<TimestampNanosecondType>().values();
        rows.iter_mut().zip(times).for_each(|(row, time)| row.time = Timestamp::from_nanos(*time));
        return;
    }
    for (at, row) in rows.iter_mut().enumerate().filter(|(at, _)| array.is_valid(*at)) {
        let id = || array.as_fixed_size_binary().value(at);
        match base {
            Base::TraceId => row.trace_id = TraceId::from_slice(id()).unwrap_or(TraceId::NONE),
            Base::SpanId => row.span_id = SpanId::from_slice(id()).unwrap_or(SpanId::NONE),
            Base::ParentId => row.parent_id = SpanId::from_slice(id()).unwrap_or(SpanId::NONE),
            base => {
                if let Some(value) = Datum::of(array, at) {
                    put_value(row, base, value);
                }
            }
        }
    }
}

fn put_value(row: &mut WholeRow, base: Base, value: Datum) {
    let number = value.int();
    let small = number.and_then(|number| u32::try_from(number).ok());
    let byte = small.and_then(|number| u8::try_from(number).ok());
    let big = number.and_then(|number| u64::try_from(number).ok());
    match base {
        Base::Dataset => row.dataset.0 = small.unwrap_or_default(),
        Base::Kind => row.kind = byte.and_then(RowKind::from_code).unwrap_or(row.kind),
        Base::Name => row.name = value.text().map(str::to_owned),
        Base::SpanKind => row.span_kind = big.map(SpanKind::from_code),
        Base::Status => row.status = byte,
        Base::Duration => row.duration = number,
        Base::SampleRate => row.sample_rate = small.unwrap_or(1),
        Base::Arrival => {}
        Base::Lsn => row.position.get_or_insert_default().0 = big.unwrap_or_default(),
        Base::Index => row.position.get_or_insert_default().1 = big.unwrap_or_default(),
        sparse => row.sparse.push((sparse, value)),
    }
}
