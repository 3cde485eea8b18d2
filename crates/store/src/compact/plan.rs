//! Which segments are merged or rewritten next.
//!
//! Fresh segments of an hour are merged when there are many of them, or when their hour is over.
//! What is still small then is merged on, the hours of a day, the days of a month, so that a
//! laptop's year is a few hundred files. A segment with deleted or expired rows is rewritten when
//! they are a fifth of it, or a day after they went.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{EnvironmentId, Signal, Timestamp};

use crate::catalog::{DatasetTable, Hidden};
use crate::flush::plan::lateness;
use crate::memtable::RowsOf;
use crate::segment::{FieldId, Partition, SegmentDataset, SegmentMeta};
use crate::settings::Settings;
use crate::snapshot::Segment;

/// Most segments merged at once: each is an open file.
const INPUTS_MAX: usize = 64;
/// Most attributes that are columns of a merged file. Its inputs have up to 1,000 each and mostly
/// the same ones; footers of 2,000 columns were measured to do no harm, while merging all that is
/// there would put back together what flushes kept apart.
const COLUMNS_MAX: usize = 2_000;
/// Wide segments are merged once there are this many: they are never finished.
const WIDE_SEGMENTS: usize = 4;

/// Segments to be replaced by one.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) inputs: Vec<Arc<Segment>>,
    pub(crate) partition: Partition,
}

/// What segments must share to be merged: environment, signal, partition, and how late they came.
type Group = (EnvironmentId, Signal, Partition, u32);

/// What is planned by, beside the segments.
pub(crate) struct Facts<'a> {
    /// Names, retention and deletion of datasets.
    pub(crate) datasets: &'a DatasetTable,
    /// What the rows that are not in segments yet are of.
    pub(crate) unflushed: &'a BTreeSet<RowsOf>,
    /// The time.
    pub(crate) now: Timestamp,
    /// When there is something to do.
    pub(crate) settings: &'a Settings,
}

impl Facts<'_> {
    /// The most urgent job.
    pub(crate) fn next(&self, segments: &[Arc<Segment>]) -> Option<Job> {
        if let Some(segment) = segments.iter().find(|segment| self.needs_rewrite(&segment.meta)) {
            let partition = segment.meta.partition;
            return Some(Job { inputs: vec![Arc::clone(segment)], partition });
        }
        self.merges(segments).into_iter().next()
    }

    /// How many jobs wait.
    pub(crate) fn pending(&self, segments: &[Arc<Segment>]) -> usize {
        let rewrites = segments.iter().filter(|segment| self.needs_rewrite(&segment.meta));
        rewrites.count() + self.merges(segments).len()
    }

    fn merges(&self, segments: &[Arc<Segment>]) -> Vec<Job> {
        let mut jobs = Vec::new();
        let mut by_partition: BTreeMap<Group, Vec<&Arc<Segment>>> = BTreeMap::new();
        for segment in segments {
            let meta = &segment.meta;
            let group = (meta.environment, meta.signal, meta.partition, lateness(meta.late_max));
            by_partition.entry(group).or_default().push(segment);
        }
        let mut by_larger: BTreeMap<Group, Vec<&Arc<Segment>>> = BTreeMap::new();
        for (group, members) in by_partition {
            let (environment, signal, partition, late) = group;
            if let Some(inputs) = self.mergeable(&members, group) {
                jobs.push(Job { inputs, partition });
                continue;
            }
            let Some(larger) = partition.larger() else { continue };
            if !self.is_coming(group) && self.is_over(&members, larger) {
                let small = members
                    .into_iter()
                    .filter(|s| s.meta.bytes < self.settings.small_segment_bytes);
                by_larger.entry((environment, signal, larger, late)).or_default().extend(small);
            }
        }
        for ((_, _, partition, _), members) in by_larger {
            let inputs = up_to_size(&members, self.settings);
            if inputs.len() > 1 {
                jobs.push(Job { inputs, partition });
            }
        }
        jobs
    }

    /// The members of a group to merge within their partition.
    fn mergeable(&self, members: &[&Arc<Segment>], group: Group) -> Option<Vec<Arc<Segment>>> {
        let (settings, (_, _, partition, _)) = (self.settings, group);
        let fresh: Vec<_> = members.iter().copied().filter(|s| s.meta.level == 0).collect();
        let enough = match partition {
            Partition::Wide => WIDE_SEGMENTS.min(settings.compact_segments),
            _ => settings.compact_segments,
        };
        if fresh.len() >= enough.max(2) {
            return Some(up_to_size(&fresh, settings)).filter(|inputs| inputs.len() > 1);
        }
        if self.is_coming(group) || !self.is_over(members, partition) {
            return None;
        }
        let small: Vec<_> = members
            .iter()
            .copied()
            .filter(|s| s.meta.level == 0 || s.meta.bytes < settings.small_segment_bytes)
            .collect();
        Some(up_to_size(&small, settings)).filter(|inputs| inputs.len() > 1)
    }

    /// Whether rows of a group are on their way: what is merged now would then be merged once more.
    fn is_coming(&self, (environment, signal, partition, _): Group) -> bool {
        match partition {
            Partition::Hour(hour) => self.unflushed.contains(&(environment, signal, hour)),
            // Stragglers of a day or a month never end.
            Partition::Day(_) | Partition::Month(_) | Partition::Wide => false,
        }
    }

    /// Whether a partition's time is over and nothing has come for it lately.
    fn is_over(&self, members: &[&Arc<Segment>], partition: Partition) -> bool {
        let quiet = self.settings.compact_after.as_nanos() as i64;
        let last = members.iter().map(|s| s.meta.arrival_max).max().unwrap_or(Timestamp::MIN);
        let is_past = |time: Timestamp| time.saturating_add(quiet) < self.now;
        is_past(partition.end()) && is_past(last)
    }

    fn needs_rewrite(&self, meta: &SegmentMeta) -> bool {
        let now = self.now;
        let mut dead_rows = 0;
        let mut overdue = false;
        let patience = self.settings.rewrite_after.as_nanos() as i64;
        for part in &meta.datasets {
            match self.datasets.hidden(part.id(), now) {
                Hidden::Nothing => {}
                Hidden::All => {
                    dead_rows += part.rows;
                    let deleted = self.datasets.deleted(part.id()).unwrap_or(now);
                    overdue |= deleted.saturating_add(patience) <= now;
                }
                hidden @ Hidden::Before(_) => {
                    let before = hidden.event_time_before(meta.late_max);
                    dead_rows += expired_rows(part, before);
                    overdue |= part.time_min < before.saturating_add(-patience).nanos();
                }
            }
        }
        overdue
            || (dead_rows > 0 && dead_rows * 100 >= meta.rows * self.settings.rewrite_dead_percent)
    }
}

/// The oldest members that may be merged: together they stay below the size of a segment and have
/// few enough columns. One that fits with no other is passed over.
fn up_to_size(members: &[&Arc<Segment>], settings: &Settings) -> Vec<Arc<Segment>> {
    let seeds = members.len().min(INPUTS_MAX);
    let mut inputs = Vec::new();
    for first in 0..seeds {
        inputs = together(&members[first..], settings);
        if inputs.len() > 1 {
            break;
        }
    }
    inputs
}

/// The first of `members`, and those behind it that may be merged with it.
fn together(members: &[&Arc<Segment>], settings: &Settings) -> Vec<Arc<Segment>> {
    let mut inputs = Vec::new();
    let (mut bytes, mut columns) = (0, Vec::new());
    for segment in members {
        let meta = &segment.meta;
        let first = meta.columns.partition_point(|field| !field.is_attribute());
        let all = union(&columns, &meta.columns[first..]);
        let fits = bytes + meta.bytes <= settings.segment_bytes_max && all.len() <= COLUMNS_MAX;
        if fits || inputs.is_empty() {
            bytes += meta.bytes;
            columns = all;
            inputs.push(Arc::clone(segment));
        }
        if inputs.len() == INPUTS_MAX {
            break;
        }
    }
    inputs
}

/// The numbers of two ascending lists, each once.
fn union(one: &[FieldId], other: &[FieldId]) -> Vec<FieldId> {
    let mut all = Vec::with_capacity(one.len().max(other.len()));
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    while let Some(next) = one.peek().into_iter().chain(other.peek()).min().map(|next| **next) {
        one.next_if(|field| **field == next);
        other.next_if(|field| **field == next);
        all.push(next);
    }
    all
}

/// Roughly how many rows of a part happened before a moment.
fn expired_rows(part: &SegmentDataset, before: Timestamp) -> u64 {
    let span = (i128::from(part.time_max) - i128::from(part.time_min)).max(1);
    let gone = (i128::from(before.nanos()) - i128::from(part.time_min)).clamp(0, span + 1);
    if gone > span {
        return part.rows;
    }
    (i128::from(part.rows) * gone / span) as u64
}
