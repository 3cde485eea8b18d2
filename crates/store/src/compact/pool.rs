//! Rows of partial groups, put together and sorted anew.

use std::collections::BTreeSet;

use model::{Base, Result, Signal, TraceId};
use parquet::schema::types::ColumnDescPtr;

use super::source::Source;
use super::values::{ColumnValues, pick};
use crate::flush::order::{INSTANCE, Keys, sort_by_keys};
use crate::segment::{Chunk, FieldId, SegmentColumn, encode, encode_nulls};

/// A row group whose rows are encoded again.
struct Member {
    source: usize,
    group: usize,
    rows: u32,
    /// Which rows are live; all if unset.
    live: Option<Vec<bool>>,
}

/// Row groups that are not copied.
#[derive(Default)]
pub(super) struct Pool {
    members: Vec<Member>,
}

impl Pool {
    pub(super) fn add(&mut self, source: usize, group: usize, rows: u32, live: Option<Vec<bool>>) {
        self.members.push(Member { source, group, rows, live });
    }

    /// Whether an input has rows that go.
    pub(super) fn loses_rows_of(&self, source: usize) -> bool {
        self.members.iter().any(|member| member.source == source && member.live.is_some())
    }

    /// The groups of an input, and which of their rows are live.
    pub(super) fn of(&self, source: usize) -> impl Iterator<Item = (usize, Option<&Vec<bool>>)> {
        let members = self.members.iter().filter(move |member| member.source == source);
        members.map(|member| (member.group, member.live.as_ref()))
    }

    /// Cuts the live rows into groups in order of arrival, and sorts each.
    pub(super) fn groups(&self, sources: &[Source], group_rows: usize) -> Result<Vec<PoolGroup>> {
        let rows: Vec<PoolRow> = self
            .members
            .iter()
            .enumerate()
            .flat_map(|(at, member)| {
                let live = (0..member.rows)
                    .filter(|row| member.live.as_ref().is_none_or(|live| live[*row as usize]));
                live.map(move |row| PoolRow { member: at as u32, row })
            })
            .collect();
        let place = |at: u32| (self.members[at as usize].source, self.members[at as usize].group);
        rows.chunks(group_rows.max(1))
            .map(|rows| {
                let used: BTreeSet<u32> = rows.iter().map(|row| row.member).collect();
                let members: Vec<u32> = used.into_iter().collect();
                let member = |at: u32| members.binary_search(&at).unwrap_or_default() as u32;
                let rows = rows
                    .iter()
                    .map(|row| PoolRow { member: member(row.member), row: row.row })
                    .collect();
                let places = members.iter().map(|at| place(*at)).collect();
                PoolGroup { places, rows }.sorted(sources)
            })
            .collect()
    }
}

/// A row of the pool.
#[derive(Clone, Copy, Debug)]
struct PoolRow {
    member: u32,
    row: u32,
}

/// The rows of a new row group, and where they come from.
pub(super) struct PoolGroup {
    /// Source and group of each member.
    places: Vec<(usize, usize)>,
    rows: Vec<PoolRow>,
}

impl PoolGroup {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Reads a column of every member; none for those that do not have it.
    fn read(&self, sources: &[Source], field: FieldId) -> Result<Vec<Option<ColumnValues>>> {
        self.places.iter().map(|(source, group)| sources[*source].read(field, *group)).collect()
    }

    fn sorted(mut self, sources: &[Source]) -> Result<Self> {
        let signal = sources[self.places[0].0].meta.signal;
        let base = |base| self.read(sources, FieldId::of_base(base));
        let (datasets, times) = (base(Base::Dataset)?, base(Base::Time)?);
        let (kinds, span_kinds) = (base(Base::Kind)?, base(Base::SpanKind)?);
        let names = base(Base::Name)?;
        let instances = self.instances(sources)?;
        let int = |columns: &[Option<ColumnValues>], row: &PoolRow| {
            let values = columns[row.member as usize].as_ref();
            values.and_then(|values| values.int(row.row)).unwrap_or_default()
        };
        let keys = Keys {
            datasets: self.rows.iter().map(|row| int(&datasets, row) as u32).collect(),
            kinds: self
                .rows
                .iter()
                .map(|row| [int(&kinds, row) as u8, int(&span_kinds, row) as u8])
                .collect(),
            times: self.rows.iter().map(|row| int(&times, row)).collect(),
        };
        let text = |columns: &'_ [Option<ColumnValues>], row: &PoolRow| -> Option<Vec<u8>> {
            if signal != Signal::Spans {
                return None;
            }
            columns[row.member as usize].as_ref()?.text(row.row).map(<[u8]>::to_vec)
        };
        let names: Vec<_> = self.rows.iter().map(|row| text(&names, row)).collect();
        let instances: Vec<_> = self.rows.iter().map(|row| text(&instances, row)).collect();
        let order = sort_by_keys(
            &keys,
            names.iter().map(Option::as_deref),
            instances.iter().map(Option::as_deref),
        );
        self.rows = order.into_iter().map(|at| self.rows[at as usize]).collect();
        Ok(self)
    }

    /// The text of the instance attribute.
    fn instances(&self, sources: &[Source]) -> Result<Vec<Option<ColumnValues>>> {
        self.places
            .iter()
            .map(|(source, group)| {
                let source = &sources[*source];
                let is_instance = |column: &&crate::segment::FooterColumn| {
                    column.attribute.as_deref() == Some(INSTANCE) && column.column.is_text()
                };
                match source.columns().iter().find(is_instance) {
                    Some(column) => source.read(column.column.field, *group),
                    None => Ok(None),
                }
            })
            .collect()
    }

    /// The trace id of each row.
    pub(super) fn trace_ids(&self, sources: &[Source]) -> Result<Vec<TraceId>> {
        let columns = self.read(sources, FieldId::of_base(Base::TraceId))?;
        let id = |row: &PoolRow| match &columns[row.member as usize] {
            Some(ColumnValues::TraceIds(ids)) => ids[row.row as usize],
            _ => TraceId::NONE,
        };
        Ok(self.rows.iter().map(id).collect())
    }

    /// Encodes one column.
    pub(super) fn encode(
        &self,
        sources: &[Source],
        column: &SegmentColumn,
        descriptor: &ColumnDescPtr,
    ) -> Result<Chunk> {
        let columns = self.read(sources, column.field)?;
        let Some(like) = columns.iter().flatten().next() else {
            return encode_nulls(descriptor, self.rows.len());
        };
        let rows = self
            .rows
            .iter()
            .map(|row| columns[row.member as usize].as_ref().map(|values| (values, row.row)));
        let mut data = pick(rows, like);
        encode(descriptor, column.physical, &mut data)
    }
}
