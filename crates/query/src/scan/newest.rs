//! Finds where the newest rows lie that pass, by reading times and conditions alone.
//!
//! The moment of the last row that would still be listed rises while rows are found, and everything
//! before it is left out: row groups unread, rows before their conditions are looked at.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::AsArray as _;
use arrow::compute::kernels::boolean::and;
use arrow::datatypes::{Int64Type, TimestampNanosecondType};
use model::{Base, Error, ErrorKind, Result};

use super::bind::{GroupUnit, Plan, Unit};
use super::chunk::Chunk as _;
use super::memory::MemoryChunk;
use super::rank::{Rank, Ranking, best_first};
use super::segment::{OutputColumns, ROW_NUMBER, RowCondition, Rows};
use super::stats::add;
use crate::failure::arrow_failed;

/// Most rows of one moment that are put in order.
const TIED_MAX: usize = 100_000;
/// Rows found beyond those wanted before the oldest are let go.
const SLACK: usize = 16_384;

/// Where a row lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The unit.
    pub(crate) unit: usize,
    /// The decoded request of a unit in memory.
    pub(crate) part: usize,
    /// The row of the request or row group.
    pub(crate) row: usize,
}

#[derive(Clone, Copy, Debug)]
struct Found {
    time: i64,
    place: Place,
}

/// A search for the newest rows, by many tasks.
pub(crate) struct Search {
    plan: Plan,
    units: Vec<Arc<Unit>>,
    queue: Mutex<VecDeque<usize>>,
    /// How many rows before `until` are wanted.
    wanted: usize,
    /// All rows of this moment are wanted besides, ns.
    until: i64,
    ranking: Arc<Ranking>,
    found: Mutex<Vec<Found>>,
}

impl Search {
    /// The `wanted` newest rows before `until`, and all of just that moment.
    pub(crate) fn new(mut plan: Plan, wanted: usize, until: i64) -> Self {
        let units: Vec<Arc<Unit>> =
            std::mem::take(&mut plan.units).into_iter().map(Arc::new).collect();
        Self {
            plan,
            queue: Mutex::new(best_first(&units)),
            units,
            wanted,
            until,
            ranking: Arc::new(Ranking::new(Rank::Newest, i64::MAX)),
            found: Mutex::default(),
        }
    }

    /// The units that places refer to.
    pub(crate) fn units(&self) -> &[Arc<Unit>] {
        &self.units
    }

    /// One task's work. Several may run at once.
    pub(crate) async fn work(&self) -> Result<()> {
        loop {
            let next = self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(number) = next else { return Ok(()) };
            add(&self.plan.stats.units.read, 1);
            if !self.ranking.may_have(self.units[number].rank_max()) {
                continue;
            }
            match &*self.units[number] {
                Unit::Memory(batches) => {
                    for (part, batch) in batches.iter().enumerate() {
                        self.read_memory(number, part, &MemoryChunk { batch })?;
                        tokio::task::yield_now().await;
                    }
                }
                Unit::Group(unit) => self.read_group(number, unit).await?,
            }
        }
    }

    fn read_memory(&self, unit: usize, part: usize, chunk: &MemoryChunk<'_>) -> Result<()> {
        add(&self.plan.stats.rows_examined, chunk.rows() as u64);
        add(&self.plan.stats.memtable_rows, chunk.rows() as u64);
        let in_scope = self.plan.memory_scope.mask(chunk);
        let mut mask = and(&in_scope, &self.ranking.mask(chunk)?).map_err(arrow_failed)?;
        for conjunct in &self.plan.conjuncts {
            if mask.true_count() == 0 {
                return Ok(());
            }
            mask = and(&mask, &conjunct.mask(chunk)?).map_err(arrow_failed)?;
        }
        let times = chunk.batch.batch.times();
        let rows = mask.values().set_indices();
        self.note(
            rows.map(|row| Found { time: times[row].nanos(), place: Place { unit, part, row } }),
        )
    }

    async fn read_group(&self, number: usize, unit: &GroupUnit) -> Result<()> {
        let selected = unit.selection.as_ref().map(|selection| selection.row_count());
        let rows = selected.unwrap_or(unit.scan.segment.meta.groups[unit.group] as usize);
        add(&self.plan.stats.rows_examined, rows as u64);
        let of_scope = unit.scope.as_ref().map(RowCondition::Scope);
        let newest = RowCondition::Ranked(Arc::clone(&self.ranking));
        let of_query = self.plan.conjuncts.iter().map(RowCondition::Filter);
        let conditions = std::iter::once(newest).chain(of_scope).chain(of_query).collect();
        let selection = unit.selection.clone();
        let outputs = OutputColumns { fields: &[], bases: &[Base::Time] };
        let rows = Rows { group: unit.group, selection, conditions };
        let first = unit.scan.file.first_row(unit.group);
        let batches = match unit.scan.read(rows, &outputs) {
            Ok(batches) => batches,
            Err(error) => {
                self.plan.stats.cannot_read(&error);
                return Ok(());
            }
        };
        for batch in batches {
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => {
                    // The other row groups, and the other files, still answer.
                    let error = store::unreadable(&unit.scan.file.path, error);
                    self.plan.stats.cannot_read(&error);
                    return Ok(());
                }
            };
            let missing = || Error::bug("a scan for times yields none");
            let times = batch.column_by_name(Base::Time.name()).ok_or_else(missing)?;
            let times = times.as_primitive::<TimestampNanosecondType>().values();
            let numbers = batch.column_by_name(ROW_NUMBER).ok_or_else(missing)?;
            let numbers = numbers.as_primitive::<Int64Type>().values();
            self.note(times.iter().zip(numbers).map(|(time, row)| {
                let place = Place { unit: number, part: 0, row: (row - first) as usize };
                Found { time: *time, place }
            }))?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn note(&self, rows: impl Iterator<Item = Found>) -> Result<()> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let before = found.len();
        found.extend(rows);
        add(&self.plan.stats.rows_matched, (found.len() - before) as u64);
        if found.len() > self.wanted + SLACK { self.prune(&mut found) } else { Ok(()) }
    }

    /// Lets go of the rows that are too old to be listed.
    fn prune(&self, found: &mut Vec<Found>) -> Result<()> {
        let mut older: Vec<i64> =
            found.iter().map(|row| row.time).filter(|time| *time < self.until).collect();
        if older.len() > self.wanted && self.wanted > 0 {
            let (.., last, _) = older.select_nth_unstable_by(self.wanted - 1, |a, b| b.cmp(a));
            let last = *last;
            self.ranking.raise(last);
            found.retain(|row| row.time >= last);
        }
        if found.len() > self.wanted + TIED_MAX {
            return Err(Error::new(
                ErrorKind::TooCostly,
                format!(
                    "more than {TIED_MAX} events of one moment would have to be put in order: add \
                     a filter that tells them apart"
                ),
            ));
        }
        Ok(())
    }

    /// Where the rows lie, once all tasks are done.
    pub(crate) fn finish(&self) -> Result<Vec<Place>> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        self.prune(&mut found)?;
        let mut places: Vec<Place> = found.iter().map(|row| row.place).collect();
        places.sort_unstable();
        Ok(places)
    }
}
