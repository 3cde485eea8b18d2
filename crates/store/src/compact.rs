//! Merges segments, and rewrites those with deleted or expired rows.
//!
//! A full row group is final: it is copied byte for byte, column chunk by column chunk. Only
//! partial groups, and groups that lose rows, are decoded, put together and encoded again. A column
//! is taken at a time, so that memory stays at one column of one row group. At volume every row is
//! encoded once, by its flush.

pub(crate) mod plan;
mod pool;
mod source;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Result, Timestamp};
use parquet::schema::types::SchemaDescriptor;

use crate::catalog::{AttributeTable, DatasetTable};
use crate::disk::Disk;
use crate::paths::partition_folder;
use crate::segment::{
    FieldId, FooterColumn, Physical, SegmentDraft, SegmentMeta, SegmentNumber, SegmentWriter,
    TraceIndexBuilder, TraceRows, encode_nulls,
};
use crate::settings::Settings;
use crate::stats::Counters;
use plan::Job;
use pool::{Pool, PoolGroup};
use source::Source;

/// What a compaction works with.
pub(crate) struct CompactContext<'a> {
    pub(crate) disk: &'a dyn Disk,
    pub(crate) datasets: &'a DatasetTable,
    pub(crate) attributes: &'a AttributeTable,
    pub(crate) now: Timestamp,
    pub(crate) settings: &'a Settings,
    pub(crate) new_segment: &'a dyn Fn() -> (SegmentNumber, u64),
    pub(crate) counters: &'a Counters,
}

/// Writes the segment that replaces a job's inputs; none if no row of theirs is left.
pub(crate) fn run(context: &CompactContext<'_>, job: &Job) -> Result<Option<SegmentMeta>> {
    let mut sources = Vec::with_capacity(job.inputs.len());
    for input in &job.inputs {
        sources.push(Source::open(context.disk, &input.meta)?);
    }
    let (mut copies, mut pool) = (Vec::new(), Pool::default());
    for (at, source) in sources.iter().enumerate() {
        let live = source.live_rows(context.datasets, context.now)?;
        for (group, live) in live.into_iter().enumerate() {
            let full = source.meta.groups[group] >= context.settings.full_group_rows();
            match live {
                None if full => copies.push((at, group)),
                live => pool.add(at, group, source.meta.groups[group], live),
            }
        }
    }
    let draft = draft_of(context, job, &sources, &copies, &pool)?;
    if draft.datasets.is_empty() {
        return Ok(None);
    }
    let mut writer = SegmentWriter::create(context.disk, draft)?;
    let columns = writer.columns().to_vec();
    let mut traces = TraceIndexBuilder::default();
    for (source, group) in copies {
        copy_group(&mut writer, &columns, &sources[source], group, &mut traces)?;
        context.counters.groups_copied.add(1);
    }
    for group in pool.groups(&sources, context.settings.group_rows as usize)? {
        encode_group(&mut writer, &columns, &sources, &group, &mut traces)?;
        context.counters.groups_encoded.add(1);
    }
    writer.finish(traces).map(Some)
}

/// Copies a row group's chunks, and the entries of its trace index.
fn copy_group(
    writer: &mut SegmentWriter<'_>,
    columns: &[FooterColumn],
    source: &Source,
    group: usize,
    traces: &mut TraceIndexBuilder,
) -> Result<()> {
    let number = writer.group_count();
    let rows = source.meta.groups[group];
    let schema = Arc::clone(writer.schema());
    let mut open = writer.open_group(rows)?;
    for (at, column) in columns.iter().enumerate() {
        match source.physical(column.column.field) {
            Some(physical) if physical == column.column.physical => {
                open.append(source.reader(), source.chunk(column.column.field, group)?)?;
            }
            Some(_) => {
                let rows: Vec<_> = (0..rows).collect();
                let chunk = source.encode_rows(group, &rows, &column.column, &schema, at)?;
                open.append(&chunk.bytes, chunk.close)?;
            }
            None => {
                let chunk = encode_nulls(&schema.column(at), rows as usize)?;
                open.append(&chunk.bytes, chunk.close)?;
            }
        }
    }
    open.close()?;
    for (hash, rows) in source.traces()? {
        if rows.group as usize == group {
            traces.add_entry(*hash, TraceRows { group: number, blocks: rows.blocks });
        }
    }
    Ok(())
}

/// Encodes rows of several partial groups as one.
fn encode_group(
    writer: &mut SegmentWriter<'_>,
    columns: &[FooterColumn],
    sources: &[Source],
    group: &PoolGroup,
    traces: &mut TraceIndexBuilder,
) -> Result<()> {
    let number = writer.group_count();
    for (row, id) in group.trace_ids(sources)?.into_iter().enumerate() {
        if id.is_some() {
            traces.add(id, number, row);
        }
    }
    let schema: Arc<SchemaDescriptor> = Arc::clone(writer.schema());
    let mut open = writer.open_group(group.len() as u32)?;
    for (at, column) in columns.iter().enumerate() {
        let chunk = group.encode(sources, &column.column, &schema.column(at))?;
        open.append(&chunk.bytes, chunk.close)?;
    }
    open.close()
}

fn draft_of(
    context: &CompactContext<'_>,
    job: &Job,
    sources: &[Source],
    copies: &[(usize, usize)],
    pool: &Pool,
) -> Result<SegmentDraft> {
    let first = &sources[0].meta;
    let (number, random) = (context.new_segment)();
    let metas = || sources.iter().map(|source| &source.meta);
    let least = |fact: fn(&SegmentMeta) -> i64| metas().map(fact).min().unwrap_or_default();
    let greatest = |fact: fn(&SegmentMeta) -> i64| metas().map(fact).max().unwrap_or_default();
    let time = Timestamp::from_nanos;
    let datasets = source::datasets_of(sources, copies, pool)?;
    let name = |id| context.datasets.get(id).map_or(String::new(), |dataset| dataset.name.clone());
    let folder = partition_folder(first.environment, first.signal, job.partition);
    let mut rest = BTreeMap::new();
    for field in metas().flat_map(|meta| &meta.rest) {
        let name = context.attributes.by_id(*field).map(|attribute| attribute.name.to_string());
        rest.insert(*field, name.unwrap_or_default());
    }
    Ok(SegmentDraft {
        number,
        environment: first.environment,
        signal: first.signal,
        partition: job.partition,
        level: 1,
        path: folder.join(format!("{random:016x}.parquet")),
        arrival: (
            time(least(|meta| meta.arrival_min.nanos())),
            time(greatest(|meta| meta.arrival_max.nanos())),
        ),
        late_max: greatest(|meta| meta.late_max),
        lsn: (
            metas().map(|meta| meta.lsn_min).min().unwrap_or_default(),
            metas().map(|meta| meta.lsn_max).max().unwrap_or_default(),
        ),
        columns: columns_of(sources),
        rest: rest.into_iter().collect(),
        dataset_names: datasets.iter().map(|part| name(part.id())).collect(),
        datasets,
    })
}

/// Every column of the inputs. One that holds UUIDs in some files and other text in others is text.
fn columns_of(sources: &[Source]) -> Vec<FooterColumn> {
    let mut columns: BTreeMap<FieldId, FooterColumn> = BTreeMap::new();
    for column in sources.iter().flat_map(Source::columns) {
        let known = columns.entry(column.column.field).or_insert_with(|| column.clone());
        if known.column.physical != column.column.physical {
            known.column.physical = Physical::Text;
        }
    }
    columns.into_values().collect()
}
