//! Which rows of a generation go into which segment.
//!
//! A segment holds one signal of one environment for one hour, all its datasets together: three
//! hundred small services must not become three hundred files. Hours far from now get a segment of
//! their own only if they bring enough rows to be worth a file; the rest share a wide one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{DatasetId, EnvironmentId, Hour, Key, NANOS_PER_HOUR, Signal, Timestamp, ValueType};

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

/// Deals the rows of live datasets out to segments.
pub(crate) fn plan(
    batches: &[Arc<MemBatch>],
    is_live: impl Fn(DatasetId) -> bool,
) -> Vec<SegmentPlan> {
    let own = hours_of_their_own(batches);
    let mut plans: BTreeMap<(EnvironmentId, Signal, Partition), Vec<RowRef>> = BTreeMap::new();
    for (index, batch) in batches.iter().enumerate() {
        let (environment, signal) = (batch.environment, batch.batch.signal());
        let partition_of = |hour: Hour| match own.contains(&(environment, signal, hour)) {
            true => Partition::Hour(hour),
            false => Partition::Wide,
        };
        let times = batch.batch.times();
        for (rows, dataset) in batch.dataset_runs() {
            if !is_live(dataset) {
                continue;
            }
            let mut at = rows.start;
            while at < rows.end {
                // Rows of one hour mostly stand together.
                let hour = times[at as usize].hour();
                let end = (at..rows.end).find(|row| times[*row as usize].hour() != hour);
                let end = end.unwrap_or(rows.end);
                let refs = (at..end).map(|row| RowRef { batch: index as u32, row });
                plans.entry((environment, signal, partition_of(hour))).or_default().extend(refs);
                at = end;
            }
        }
    }
    let plans = plans.into_iter().map(|((environment, signal, partition), rows)| SegmentPlan {
        environment,
        signal,
        partition,
        rows,
    });
    plans.flat_map(|plan| split_by_columns(batches, plan)).collect()
}

fn hours_of_their_own(batches: &[Arc<MemBatch>]) -> BTreeSet<(EnvironmentId, Signal, Hour)> {
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

/// Puts as many whole datasets into a segment as have few enough columns together.
fn split_by_columns(batches: &[Arc<MemBatch>], plan: SegmentPlan) -> Vec<SegmentPlan> {
    let mut used = BTreeMap::new();
    let in_plan: BTreeSet<u32> = plan.rows.iter().map(|row| row.batch).collect();
    for index in in_plan {
        let batch = &batches[index as usize];
        for dataset in &batch.datasets {
            let columns: &mut BTreeSet<(&str, ValueType)> = used.entry(*dataset).or_default();
            for column in batch.batch.columns() {
                if matches!(column.key(), Key::Attribute(_)) {
                    columns.insert((batch.batch.column_name(column), column.value_type()));
                }
            }
        }
    }
    let all: BTreeSet<_> = used.values().flatten().copied().collect();
    if all.len() <= COLUMNS_MAX || used.len() < 2 {
        return vec![plan];
    }
    /// Columns used together, and the datasets that use them.
    type Part<'a> = (BTreeSet<(&'a str, ValueType)>, BTreeSet<DatasetId>);
    let mut parts: Vec<Part<'_>> = Vec::new();
    for (dataset, columns) in &used {
        let fits =
            parts.iter_mut().find(|(together, _)| together.union(columns).count() <= COLUMNS_MAX);
        match fits {
            Some((together, datasets)) => {
                together.extend(columns);
                datasets.insert(*dataset);
            }
            None => parts.push((columns.clone(), BTreeSet::from([*dataset]))),
        }
    }
    let part_of = |dataset| parts.iter().position(|(_, datasets)| datasets.contains(&dataset));
    let mut plans: Vec<SegmentPlan> =
        parts.iter().map(|_| SegmentPlan { rows: Vec::new(), ..plan }).collect();
    for row in &plan.rows {
        if let Some(part) = part_of(batches[row.batch as usize].dataset_of(row.row)) {
            plans[part].rows.push(*row);
        }
    }
    plans
}
