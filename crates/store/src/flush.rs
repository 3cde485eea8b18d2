//! Turns a frozen generation of the memtable into segments.
//!
//! Cost: about 2 µs of one core a span, nearly all of it spent per distinct value and per run, not
//! per row; memory beside the generation: one column of one row group, and the encoded bytes.

mod fields;
pub(crate) mod gather;
pub(crate) mod order;
pub(crate) mod plan;
mod rest;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use model::{Base, Dataset, DatasetId, EnvironmentId, Key, Result, Signal, Timestamp, ValueType};

use crate::catalog::{Attribute, AttributeTable, DatasetFields, DatasetTable, NewAttribute};
use crate::disk::Disk;
use crate::memtable::MemBatch;
use crate::paths::segment_path;
use crate::segment::{
    ColumnData, FieldId, FooterColumn, GroupChunks, Physical, SegmentColumn, SegmentDataset,
    SegmentDraft, SegmentMeta, SegmentNumber, SegmentWriter, TraceIndexBuilder, encode,
    physical_of, schema_of,
};
use fields::FieldNotes;
use gather::{GroupRows, Parts, gather_base};
use plan::{COLUMNS_MAX, SegmentPlan};

/// Base columns of spans that every batch has.
const SPAN_COLUMNS: [Base; 11] = [
    Base::Time,
    Base::Dataset,
    Base::Kind,
    Base::TraceId,
    Base::SpanId,
    Base::ParentId,
    Base::Name,
    Base::SpanKind,
    Base::Status,
    Base::Duration,
    Base::SampleRate,
];
/// Base columns of logs that every batch has.
const LOG_COLUMNS: [Base; 9] = [
    Base::Time,
    Base::Dataset,
    Base::Kind,
    Base::TraceId,
    Base::ParentId,
    Base::SampleRate,
    Base::Arrival,
    Base::Lsn,
    Base::Index,
];
/// Base columns of metric points that every batch has.
const METRIC_COLUMNS: [Base; 4] = [Base::Time, Base::Dataset, Base::Kind, Base::SampleRate];
/// Base columns of plain events that every batch has.
const EVENT_COLUMNS: [Base; 10] = [
    Base::Time,
    Base::Dataset,
    Base::Kind,
    Base::TraceId,
    Base::SpanId,
    Base::ParentId,
    Base::SampleRate,
    Base::Arrival,
    Base::Lsn,
    Base::Index,
];

/// The base columns that every batch of a signal has.
pub(crate) const fn dense_columns(signal: Signal) -> &'static [Base] {
    match signal {
        Signal::Spans => &SPAN_COLUMNS,
        Signal::Logs => &LOG_COLUMNS,
        Signal::Metrics => &METRIC_COLUMNS,
        Signal::Events => &EVENT_COLUMNS,
    }
}

/// What a flush works with.
pub(crate) struct FlushContext<'a> {
    pub(crate) disk: &'a dyn Disk,
    pub(crate) datasets: &'a DatasetTable,
    pub(crate) attributes: Arc<AttributeTable>,
    /// The columns of each dataset, as far as they are known.
    pub(crate) fields: &'a DatasetFields,
    /// The time by which expired rows are left out.
    pub(crate) now: Timestamp,
    pub(crate) group_rows: usize,
    /// Most names that an environment's signal may have.
    pub(crate) names_max: usize,
    /// Gives out numbers and random parts of file names.
    pub(crate) new_segment: &'a dyn Fn() -> (SegmentNumber, u64),
}

/// What a flush made: files that are synced and wait for their commit.
pub(crate) struct Flushed {
    pub(crate) segments: Vec<SegmentMeta>,
    pub(crate) new_attributes: Vec<NewAttribute>,
    /// Columns that a dataset has for the first time.
    pub(crate) new_fields: Vec<(DatasetId, FieldId)>,
    /// The table with the new attributes in it.
    pub(crate) attributes: Arc<AttributeTable>,
}

/// Writes a generation's segments.
pub(crate) fn flush(context: FlushContext<'_>, batches: &[Arc<MemBatch>]) -> Result<Flushed> {
    let plans = plan::plan(batches, |dataset| context.datasets.hidden(dataset, context.now));
    let fields = FieldNotes::new(context.fields);
    let mut writer = Flusher { context, new_attributes: Vec::new(), fields };
    let mut segments: Vec<SegmentMeta> = Vec::with_capacity(plans.len());
    for plan in plans {
        match writer.write(batches, plan) {
            Ok(segment) => segments.push(segment),
            Err(error) => {
                // No transaction has named them: they only take up room.
                for meta in segments {
                    drop(writer.context.disk.remove(&meta.path));
                    drop(writer.context.disk.remove(&meta.index_path()));
                }
                return Err(error);
            }
        }
    }
    Ok(Flushed {
        segments,
        new_attributes: writer.new_attributes,
        new_fields: writer.fields.into_new(),
        attributes: writer.context.attributes,
    })
}

struct Flusher<'a> {
    context: FlushContext<'a>,
    new_attributes: Vec<NewAttribute>,
    fields: FieldNotes<'a>,
}

/// A column of a segment, gathered and encoded: one chunk for each row group.
struct EncodedColumn {
    column: FooterColumn,
    chunks: Vec<crate::segment::Chunk>,
}

impl Flusher<'_> {
    fn write(&mut self, batches: &[Arc<MemBatch>], plan: SegmentPlan) -> Result<SegmentMeta> {
        let (number, random) = (self.context.new_segment)();
        let mut draft = draft_of(batches, &plan, number, self.context.datasets);
        draft.path = segment_path(&plan, random);
        let mut traces = TraceIndexBuilder::default();
        let mut groups = Vec::new();
        for (index, rows) in plan.rows.chunks(self.context.group_rows).enumerate() {
            let mut rows = rows.to_vec();
            order::sort(batches, plan.signal, &mut rows);
            let group = GroupRows::new(batches, rows);
            index_traces(batches, &group, index as u32, &mut traces);
            groups.push(group);
        }
        let mut columns = self.base_columns(batches, plan.signal, &groups)?;
        for base in columns.iter().filter_map(|encoded| encoded.column.column.field.base()) {
            self.fields.note_base(&draft.datasets, base, batches, &plan);
        }
        let parts = parts_of(batches, &plan);
        let (kept, rest) = {
            let mut welcome = self.names_welcome(&plan);
            rest::split(batches, &groups, parts, COLUMNS_MAX, |name| welcome.take(name))
        };
        for (name, parts) in kept {
            let encoded = match name {
                ColumnName::Base(base) => {
                    encode_parts(batches, &groups, &parts, SegmentColumn::of_base(base), None)?
                }
                ColumnName::Attribute(name) => {
                    let attribute = self.attribute(&plan, name, parts.kind);
                    let column = SegmentColumn {
                        field: attribute.id,
                        name: attribute.column.to_string(),
                        physical: Physical::of_value(parts.kind),
                    };
                    encode_parts(batches, &groups, &parts, column, Some(name.to_owned()))?
                }
            };
            if let Some(encoded) = encoded {
                let field = encoded.column.column.field;
                self.fields.note(&draft.datasets, field, batches, &parts);
                columns.push(encoded);
            }
        }
        if !rest.is_empty() {
            draft.rest = self.rest_names(batches, &plan, &draft.datasets, &rest);
            columns.extend(rest::encode(batches, &groups, &rest)?);
        }
        columns.sort_by_key(|encoded| encoded.column.column.field);
        draft.columns = columns.iter().map(|encoded| encoded.column.clone()).collect();
        let mut file = SegmentWriter::create(self.context.disk, draft)?;
        let mut chunks: Vec<_> =
            columns.into_iter().map(|encoded| encoded.chunks.into_iter()).collect();
        for group in &groups {
            let chunks = chunks.iter_mut().filter_map(Iterator::next).collect();
            file.group(GroupChunks { rows: group.len() as u32, chunks })?;
        }
        file.finish(traces)
    }

    fn base_columns(
        &self,
        batches: &[Arc<MemBatch>],
        signal: Signal,
        groups: &[GroupRows],
    ) -> Result<Vec<EncodedColumn>> {
        let bases = dense_columns(signal);
        let mut columns = Vec::with_capacity(bases.len());
        for base in bases {
            let data = groups.iter().map(|group| gather_base(*base, batches, group)).collect();
            let column = FooterColumn { column: SegmentColumn::of_base(*base), attribute: None };
            columns.extend(encode_groups(column, data)?);
        }
        Ok(columns)
    }

    /// The column of an attribute, new ones included.
    fn attribute(&mut self, plan: &SegmentPlan, name: &str, kind: ValueType) -> Attribute {
        let (environment, signal) = (plan.environment, plan.signal);
        let table = &self.context.attributes;
        if let Some(found) = table.find(environment, signal, name, kind) {
            return found.clone();
        }
        let attribute = Attribute {
            id: table.next_id(),
            name: Arc::from(name),
            kind,
            column: Arc::from(table.column_name(environment, signal, name, kind)),
        };
        let new = NewAttribute { environment, signal, attribute: attribute.clone() };
        Arc::make_mut(&mut self.context.attributes).insert(new.clone());
        self.new_attributes.push(new);
        attribute
    }

    /// Which names may become known with this segment.
    fn names_welcome(&self, plan: &SegmentPlan) -> NamesWelcome {
        let (environment, signal) = (plan.environment, plan.signal);
        let table = Arc::clone(&self.context.attributes);
        let room = self.context.names_max.saturating_sub(table.names(environment, signal));
        NamesWelcome { table, environment, signal, room, new: HashSet::new() }
    }

    /// Ids of the attributes in the overflow column; [`FieldId::REST`] stands for those beyond the
    /// number of names that the catalog keeps.
    fn rest_names(
        &mut self,
        batches: &[Arc<MemBatch>],
        plan: &SegmentPlan,
        datasets: &[SegmentDataset],
        rest: &[(&str, Parts)],
    ) -> Vec<(FieldId, String)> {
        let mut names = BTreeMap::new();
        let is_welcome: Vec<bool> = {
            let mut welcome = self.names_welcome(plan);
            rest.iter().map(|(name, _)| welcome.take(name)).collect()
        };
        for ((name, parts), is_welcome) in rest.iter().zip(is_welcome) {
            if is_welcome {
                let field = self.attribute(plan, name, parts.kind).id;
                self.fields.note(datasets, field, batches, parts);
                names.insert(field, (*name).to_owned());
            } else {
                names.insert(FieldId::REST, String::new());
            }
        }
        names.into_iter().collect()
    }
}

/// The names that the catalog has, and as many new ones as it may still get.
struct NamesWelcome {
    table: Arc<AttributeTable>,
    environment: EnvironmentId,
    signal: Signal,
    room: usize,
    new: HashSet<String>,
}

impl NamesWelcome {
    /// Whether a name is known or may become so; from then on it is.
    fn take(&mut self, name: &str) -> bool {
        let known = self.table.columns_of(self.environment, self.signal, name);
        if !known.is_empty() || self.new.contains(name) {
            return true;
        }
        let has_room = self.new.len() < self.room;
        if has_room {
            self.new.insert(name.to_owned());
        }
        has_room
    }
}

/// What a sparse column is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ColumnName<'a> {
    Base(Base),
    Attribute(&'a str),
}

impl<'a> ColumnName<'a> {
    fn attribute(&self) -> Option<&'a str> {
        match self {
            Self::Base(_) => None,
            Self::Attribute(name) => Some(name),
        }
    }
}

/// The sparse columns of the batches that a segment takes rows from.
fn parts_of<'a>(batches: &'a [Arc<MemBatch>], plan: &SegmentPlan) -> Vec<(ColumnName<'a>, Parts)> {
    let mut index: HashMap<(ColumnName<'_>, ValueType), usize> = HashMap::new();
    let mut parts: Vec<(ColumnName<'_>, Parts)> = Vec::new();
    let mut last_batch = None;
    for row in &plan.rows {
        if last_batch == Some(row.batch) {
            continue;
        }
        last_batch = Some(row.batch);
        let batch = &batches[row.batch as usize].batch;
        for (at, column) in batch.columns().iter().enumerate() {
            let name = match column.key() {
                Key::Base(base) => ColumnName::Base(base),
                Key::Attribute(_) => ColumnName::Attribute(batch.column_name(column)),
            };
            let kind = column.value_type();
            let found = *index.entry((name, kind)).or_insert_with(|| {
                parts.push((name, Parts { kind, parts: Vec::new() }));
                parts.len() - 1
            });
            parts[found].1.parts.push((row.batch, at as u32));
        }
    }
    parts
}

fn encode_parts(
    batches: &[Arc<MemBatch>],
    groups: &[GroupRows],
    parts: &Parts,
    column: SegmentColumn,
    attribute: Option<String>,
) -> Result<Option<EncodedColumn>> {
    let data: Vec<_> =
        groups.iter().map(|group| ColumnData::Coded(parts.gather(batches, group))).collect();
    encode_groups(FooterColumn { column, attribute }, data)
}

/// Encodes a column's row groups; none if no row has a value.
fn encode_groups(
    mut column: FooterColumn,
    mut groups: Vec<ColumnData<'_>>,
) -> Result<Option<EncodedColumn>> {
    if groups.iter().all(ColumnData::is_empty) && !column.column.is_required() {
        return Ok(None);
    }
    if column.column.physical == Physical::Text {
        let is_uuid = |data: &ColumnData<'_>| match data {
            ColumnData::Coded(coded) => {
                coded.entries.len() == 0 || physical_of(&coded.entries) == Physical::Uuid
            }
            _ => false,
        };
        if groups.iter().all(is_uuid) {
            column.column.physical = Physical::Uuid;
        }
    }
    let schema = schema_of(std::slice::from_ref(&column.column))?;
    let chunks = groups
        .iter_mut()
        .map(|data| encode(&schema.column(0), column.column.physical, data))
        .collect::<Result<_>>()?;
    Ok(Some(EncodedColumn { column, chunks }))
}

fn index_traces(
    batches: &[Arc<MemBatch>],
    group: &GroupRows,
    number: u32,
    traces: &mut TraceIndexBuilder,
) {
    for (place, row) in group.rows.iter().enumerate() {
        let id = batches[row.batch as usize].batch.trace_ids()[row.row as usize];
        if id.is_some() {
            traces.add(id, number, place);
        }
    }
}

/// A segment's facts, as far as they follow from its rows.
fn draft_of(
    batches: &[Arc<MemBatch>],
    plan: &SegmentPlan,
    number: SegmentNumber,
    table: &DatasetTable,
) -> SegmentDraft {
    let mut datasets: BTreeMap<DatasetId, SegmentDataset> = BTreeMap::new();
    let mut late_max = 0;
    for row in &plan.rows {
        let batch = &batches[row.batch as usize];
        let id = batch.dataset_of(row.row);
        let time = batch.batch.times()[row.row as usize].nanos();
        late_max = batch.arrival.nanos().saturating_sub(time).max(late_max);
        let part = datasets.entry(id).or_insert(SegmentDataset {
            dataset: id.0,
            rows: 0,
            time_min: time,
            time_max: time,
        });
        part.rows += 1;
        part.time_min = part.time_min.min(time);
        part.time_max = part.time_max.max(time);
    }
    let used = || plan.rows.iter().map(|row| &batches[row.batch as usize]);
    let first = |fact: fn(&MemBatch) -> i64| used().map(|batch| fact(batch)).min().unwrap_or(0);
    let last = |fact: fn(&MemBatch) -> i64| used().map(|batch| fact(batch)).max().unwrap_or(0);
    let arrival = |batch: &MemBatch| batch.arrival.nanos();
    let lsn = |batch: &MemBatch| batch.lsn.0 as i64;
    let time = model::Timestamp::from_nanos;
    let place = |lsn: i64| crate::record::Lsn(lsn as u64);
    let name = |id: &DatasetId| table.get(*id).map_or(String::new(), |d: &Dataset| d.name.clone());
    SegmentDraft {
        number,
        environment: plan.environment,
        signal: plan.signal,
        partition: plan.partition,
        level: 0,
        path: std::path::PathBuf::new(),
        arrival: (time(first(arrival)), time(last(arrival))),
        late_max,
        lsn: (place(first(lsn)), place(last(lsn))),
        columns: Vec::new(),
        rest: Vec::new(),
        dataset_names: datasets.keys().map(name).collect(),
        datasets: datasets.into_values().collect(),
    }
}
