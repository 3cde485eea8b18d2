//! Which rows of a generation go into which segment.
//!
//! A segment holds one signal of one environment for one hour, all its datasets together: three
//! hundred small services must not become three hundred files. Hours far from now get a segment of
//! their own only if they bring enough rows to be worth a file; the rest share a wide one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{
    Batch, Column, DatasetId, EnvironmentId, Hour, Key, NANOS_PER_HOUR, Signal, Timestamp,
    ValueType,
};

use crate::catalog::Hidden;
use crate::memtable::MemBatch;
use crate::segment::Partition;

/// Rows that make an hour far from now worth a segment.
const OWN_SEGMENT_ROWS: u32 = 16_384;
/// An hour that began at most this long before the last arrival is near.
const NEAR_PAST: i64 = 24 * NANOS_PER_HOUR;
/// An hour that begins at most this long after the last arrival is near.
const NEAR_FUTURE: i64 = NANOS_PER_HOUR;
/// Most attribute columns of a file; beyond it a Parquet footer costs more than it saves.
pub(crate) const COLUMNS_MAX: usize = 1_000;
/// Segments that a dataset is tried to be put into with others before it begins one: so that many
/// datasets of many columns each do not make the split quadratic.
const PARTS_TRIED: usize = 8;

/// A row of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowRef {
    pub(crate) batch: u32,
    pub(crate) row: u32,
}

/// The rows of a segment, in order of arrival.
#[derive(Debug)]
pub(crate) struct SegmentPlan {
    pub(crate) environment: EnvironmentId,
    pub(crate) signal: Signal,
    pub(crate) partition: Partition,
    pub(crate) rows: Vec<RowRef>,
}

/// Rows up to this late, in ns, count as prompt.
const PROMPT: i64 = NANOS_PER_HOUR;

/// The class of rows that arrived so late: prompt ones are one class; beyond it each doubling of
/// the lateness is another. A segment's rows count as being as late as the latest of them, so rows
/// of other classes would keep expired ones far longer than they were meant to stay.
pub(crate) fn lateness(late: i64) -> u32 {
    if late < PROMPT { 0 } else { (late / PROMPT).ilog2() + 1 }
}

/// What rows of a segment have in common; and how late they are, where times are mixed.
type Place = (EnvironmentId, Signal, Partition, u32);

/// The hours that get segments of their own.
type OwnHours = BTreeSet<(EnvironmentId, Signal, Hour)>;

/// Deals the rows that are to be seen out to segments.
pub(crate) fn plan(
    batches: &[Arc<MemBatch>],
    hidden: impl Fn(DatasetId) -> Hidden,
) -> Vec<SegmentPlan> {
    let own = hours_of_their_own(batches);
    let mut plans: BTreeMap<Place, Vec<RowRef>> = BTreeMap::new();
    for (index, batch) in batches.iter().enumerate() {
        deal(batch, index as u32, &own, &hidden, &mut plans);
    }
    let plans = plans.into_iter().map(|((environment, signal, partition, _), rows)| SegmentPlan {
        environment,
        signal,
        partition,
        rows,
    });
    plans.flat_map(|plan| split_by_columns(batches, plan)).collect()
}

/// Deals out the rows of one batch.
fn deal(
    batch: &MemBatch,
    index: u32,
    own: &OwnHours,
    hidden: &impl Fn(DatasetId) -> Hidden,
    plans: &mut BTreeMap<Place, Vec<RowRef>>,
) {
    let (environment, signal) = (batch.environment, batch.batch.signal());
    let times = batch.batch.times();
    let place_of = |hour: Hour, late: i64| match own.contains(&(environment, signal, hour)) {
        true => (environment, signal, Partition::Hour(hour), 0),
        false => (environment, signal, Partition::Wide, lateness(late)),
    };
    // Rows of one hour mostly stand together.
    let mut together = Vec::new();
    let mut last: Option<(Hour, u32, Place)> = None;
    for (rows, dataset) in batch.dataset_runs() {
        let hidden = hidden(dataset);
        if hidden == Hidden::All {
            continue;
        }
        for row in rows {
            let time = times[row as usize];
            let late = batch.arrival.nanos().saturating_sub(time.nanos());
            if time < hidden.event_time_before(late) {
                continue;
            }
            let (hour, class) = (time.hour(), lateness(late));
            if last.is_none_or(|(of, class_of, _)| (of, class_of) != (hour, class)) {
                if let Some((.., place)) = last {
                    plans.entry(place).or_default().append(&mut together);
                }
                last = Some((hour, class, place_of(hour, late)));
            }
            together.push(RowRef { batch: index, row });
        }
    }
    if let Some((.., place)) = last {
        plans.entry(place).or_default().append(&mut together);
    }
}

fn hours_of_their_own(batches: &[Arc<MemBatch>]) -> OwnHours {
    let now = batches.iter().map(|batch| batch.arrival).max().unwrap_or(Timestamp::MIN);
    let near = now.saturating_add(-NEAR_PAST).hour()..=now.saturating_add(NEAR_FUTURE).hour();
    let mut rows: BTreeMap<(EnvironmentId, Signal, Hour), u32> = BTreeMap::new();
    for batch in batches {
        for hour in batch.batch.hours() {
            let partition = (batch.environment, batch.batch.signal(), hour.hour);
            *rows.entry(partition).or_default() += hour.rows;
        }
    }
    rows.into_iter()
        .filter(|((_, _, hour), rows)| near.contains(hour) || *rows >= OWN_SEGMENT_ROWS)
        .map(|(partition, _)| partition)
        .collect()
}

/// A column of an attribute.
type AttributeColumn<'a> = (&'a str, ValueType);

/// Puts as many whole datasets into a segment as have few enough columns together.
fn split_by_columns(batches: &[Arc<MemBatch>], plan: SegmentPlan) -> Vec<SegmentPlan> {
    let in_plan: BTreeSet<u32> = plan.rows.iter().map(|row| row.batch).collect();
    let all: BTreeSet<AttributeColumn<'_>> = in_plan
        .iter()
        .flat_map(|index| attributes(&batches[*index as usize].batch).map(|(name, _)| name))
        .collect();
    if all.len() <= COLUMNS_MAX {
        return vec![plan];
    }
    let used = columns_by_dataset(batches, &in_plan);
    // Columns used together.
    let mut parts: Vec<BTreeSet<AttributeColumn<'_>>> = Vec::new();
    let mut part_of: BTreeMap<DatasetId, usize> = BTreeMap::new();
    for (dataset, columns) in used {
        let tried = parts.len().saturating_sub(PARTS_TRIED);
        let fits = parts[tried..]
            .iter()
            .position(|together| together.union(&columns).count() <= COLUMNS_MAX);
        let part = fits.map_or(parts.len(), |at| tried + at);
        match parts.get_mut(part) {
            Some(together) => together.extend(columns),
            None => parts.push(columns),
        }
        part_of.insert(dataset, part);
    }
    let mut plans: Vec<SegmentPlan> =
        parts.iter().map(|_| SegmentPlan { rows: Vec::new(), ..plan }).collect();
    for row in &plan.rows {
        let dataset = batches[row.batch as usize].dataset_of(row.row);
        if let Some(part) = part_of.get(&dataset) {
            plans[*part].rows.push(*row);
        }
    }
    plans.retain(|plan| !plan.rows.is_empty());
    plans
}

/// The attribute columns of a batch.
fn attributes(batch: &Batch) -> impl Iterator<Item = (AttributeColumn<'_>, &Column)> {
    let columns = batch.columns().iter();
    let columns = columns.filter(|column| matches!(column.key(), Key::Attribute(_)));
    columns.map(|column| ((batch.column_name(column), column.value_type()), column))
}

/// The attribute columns that rows of each dataset have.
fn columns_by_dataset<'a>(
    batches: &'a [Arc<MemBatch>],
    in_plan: &BTreeSet<u32>,
) -> BTreeMap<DatasetId, BTreeSet<AttributeColumn<'a>>> {
    let mut used: BTreeMap<DatasetId, BTreeSet<AttributeColumn<'a>>> = BTreeMap::new();
    for index in in_plan {
        let batch = &batches[*index as usize];
        for dataset in &batch.datasets {
            used.entry(*dataset).or_default();
        }
        for (name, column) in attributes(&batch.batch) {
            for dataset in datasets_with(batch, column) {
                used.entry(dataset).or_default().insert(name);
            }
        }
    }
    used
}

/// The datasets of which some row has a value in a column.
fn datasets_with(batch: &MemBatch, column: &Column) -> BTreeSet<DatasetId> {
    let runs = batch.batch.datasets();
    let run_of = |row: u32| runs.partition_point(|run| run.rows.end <= row);
    let mut found = BTreeSet::new();
    let mut next_row = 0;
    for row in column.rows() {
        // Cells of one run of a dataset mostly stand together.
        if *row >= next_row {
            let run = run_of(*row);
            found.insert(batch.datasets[run]);
            next_row = runs[run].rows.end;
        }
    }
    for run in column.runs() {
        let (first, last) = (run_of(run.rows.start), run_of(run.rows.end.saturating_sub(1)));
        found.extend(batch.datasets[first..=last].iter().copied());
    }
    found
}
