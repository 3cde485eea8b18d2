//! Follows events as they become visible.
//!
//! A reader owns a place in the log and nothing else. Each turn it takes what has come behind that
//! place, evaluates its conditions with the same code that scans use, and moves on. A turn has
//! bounds in rows and bytes whatever has come meanwhile; what goes beyond the rows that a reader
//! may be given is counted, and what went to segments before it was read is told.

use model::{DatasetId, EnvironmentId, Result};
use store::{DatasetTable, Lsn, MemBatch, Store};

use crate::datum::Datum;
use crate::failure::arrow_failed;
use crate::row::WholeRow;
use crate::scan::{BoundFilter, Detail, MemoryChunk, ScopeFilter, in_memory};
use crate::spec::Filter;

/// Rows that a turn looks at: those of a large request, some tens of milliseconds of one core.
const TURN_ROWS: usize = 65_536;
/// Bytes of the values that a turn gives: what a connection takes in a moment.
const TURN_BYTES: usize = 1 << 20;

/// Which events are followed.
#[derive(Clone, Debug, PartialEq)]
pub struct TailQuery {
    /// The environment.
    pub environment: EnvironmentId,
    /// Its datasets; every one if unset.
    pub datasets: Option<Vec<DatasetId>>,
    /// Which of their events; all if unset.
    pub filter: Option<Filter>,
}

/// How far the log was read: a request, and how many of its rows; all if unset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TailPosition {
    /// The request.
    pub request: u64,
    /// Its rows that were read.
    pub rows: Option<u64>,
}

/// An event, and how far the log is read with it.
#[derive(Clone, Debug, PartialEq)]
pub struct TailRow {
    /// The position behind it.
    pub position: TailPosition,
    /// The event.
    pub row: WholeRow,
    /// The name of its dataset.
    pub dataset: String,
}

/// What one turn found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TailTurn {
    /// Events, in the order of the log.
    pub rows: Vec<TailRow>,
    /// Events that passed and were beyond those that could be given.
    pub passed_over: u64,
    /// Whether requests went to segments before they were read.
    pub is_behind: bool,
    /// Whether there is more at once.
    pub has_more: bool,
}

/// A reader.
#[derive(Debug)]
pub struct Tail {
    query: TailQuery,
    filter: Option<BoundFilter>,
    position: TailPosition,
}

impl Tail {
    /// A reader of what comes from now on, or behind a position that was read before.
    pub fn new(store: &Store, query: TailQuery, after: Option<TailPosition>) -> Self {
        let now = TailPosition { request: store.last_visible().0, rows: None };
        // What is not there yet is a position of another server's log.
        let position = after.filter(|after| after.request <= now.request).unwrap_or(now);
        let filter = query.filter.as_ref().map(BoundFilter::new);
        Self { query, filter, position }
    }

    /// How far it has read.
    pub fn position(&self) -> TailPosition {
        self.position
    }

    /// Reads on, and gives at most `rows_max` events.
    pub fn turn(&mut self, store: &Store, rows_max: usize) -> Result<TailTurn> {
        let first = match self.position.rows {
            Some(_) => Lsn(self.position.request),
            None => Lsn(self.position.request).plus(1),
        };
        let recent = store.recent(self.query.environment, first, TURN_ROWS);
        let scope = self.scope(&recent.datasets);
        let mut turn = TailTurn { is_behind: recent.flushed >= first, ..TailTurn::default() };
        let mut bytes = 0;
        // Rows of the present request in the batches before.
        let (mut request, mut before) = (Lsn::NONE, 0);
        for batch in &recent.batches {
            if batch.lsn != request {
                (request, before) = (batch.lsn, 0);
            }
            for row in self.passing(batch, &scope)? {
                let number = before + row as u64;
                if self.has_read(request, number) {
                    continue;
                }
                if turn.rows.len() == rows_max {
                    turn.passed_over += 1;
                    continue;
                }
                if bytes >= TURN_BYTES {
                    turn.has_more = true;
                    return Ok(turn);
                }
                self.position = TailPosition { request: request.0, rows: Some(number + 1) };
                let row = in_memory(batch, row, Detail::Everything);
                bytes += size_of(&row);
                turn.rows.push(found(row, self.position, &recent.datasets));
            }
            before += batch.batch.rows() as u64;
        }
        turn.has_more = recent.last < store.last_visible();
        self.position = TailPosition { request: recent.last.0, rows: None };
        Ok(turn)
    }

    fn has_read(&self, request: Lsn, row: u64) -> bool {
        let is_request = request.0 == self.position.request;
        is_request && self.position.rows.is_some_and(|rows| row < rows)
    }

    /// The datasets as they are now: they come and go while it reads.
    fn scope(&self, table: &DatasetTable) -> ScopeFilter {
        let wanted = |id: &DatasetId| {
            self.query.datasets.as_ref().is_none_or(|datasets| datasets.contains(id))
        };
        let live = table.live_in(self.query.environment).map(|dataset| dataset.id);
        let mut datasets: Vec<(DatasetId, i64)> =
            live.filter(wanted).map(|id| (id, i64::MIN)).collect();
        datasets.sort_unstable();
        ScopeFilter { range: (i64::MIN, i64::MAX), datasets }
    }

    fn passing(&self, batch: &MemBatch, scope: &ScopeFilter) -> Result<Vec<usize>> {
        let chunk = MemoryChunk { batch };
        let mut mask = scope.mask(&chunk);
        if mask.true_count() > 0
            && let Some(filter) = &self.filter
        {
            let passes = filter.mask(&chunk)?;
            mask = arrow::compute::kernels::boolean::and(&mask, &passes).map_err(arrow_failed)?;
        }
        Ok(mask.values().set_indices().collect())
    }
}

fn found(row: WholeRow, position: TailPosition, datasets: &DatasetTable) -> TailRow {
    let dataset = datasets.get(row.dataset).map_or_else(String::new, |known| known.name.clone());
    TailRow { position, row, dataset }
}

/// About how much a row is once it is written.
fn size_of(row: &WholeRow) -> usize {
    let of = |value: &Datum| value.text().map_or(8, str::len);
    let attributes = row.attributes.iter().map(|(name, value)| name.len() + of(value));
    let sparse = row.sparse.iter().map(|(base, value)| base.name().len() + of(value));
    attributes.chain(sparse).sum::<usize>() + row.name.as_deref().map_or(0, str::len)
}
