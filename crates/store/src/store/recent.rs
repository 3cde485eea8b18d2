//! What has just become visible, for readers that follow the log while it grows.
//!
//! A snapshot would be too much for somebody who looks ten times a second: it takes the whole list
//! of what is in memory. Here a reader says how far it has read, and gets the few requests behind
//! that; it costs the store's lock for as long as it takes to find their place.

use std::sync::Arc;

use model::EnvironmentId;

use super::{State, Store, lock};
use crate::catalog::DatasetTable;
use crate::memtable::{MemBatch, Stretch};
use crate::record::Lsn;

/// Requests that follow a place in the log, as far as they are in memory.
pub struct Recent {
    /// Their events, in the order of the log; all of a request or none.
    pub batches: Vec<Arc<MemBatch>>,
    /// The last request that was looked at: the next reading begins behind it.
    pub last: Lsn,
    /// The last request that is in segments and so no longer here.
    pub flushed: Lsn,
    /// Names and ids of datasets.
    pub datasets: Arc<DatasetTable>,
}

impl Store {
    /// The last request that is visible.
    pub fn last_visible(&self) -> Lsn {
        lock(&self.state).last_visible()
    }

    /// The events of one environment from the request `from` on: whole requests, until these have
    /// at least `rows` rows or there are no more.
    pub fn recent(&self, environment: EnvironmentId, from: Lsn, rows: usize) -> Recent {
        let state = lock(&self.state);
        let mut batches = Vec::new();
        let mut last = state.last_visible();
        let (mut taken, mut request) = (0, Lsn::NONE);
        for batch in state.from(from) {
            if batch.lsn != request && taken >= rows {
                last = request;
                break;
            }
            request = batch.lsn;
            if batch.environment == environment {
                taken += batch.batch.rows();
                batches.push(Arc::clone(batch));
            }
        }
        Recent { batches, last, flushed: state.mark, datasets: Arc::clone(&state.datasets) }
    }
}

impl State {
    fn last_visible(&self) -> Lsn {
        let frozen = self.frozen.back().map_or(self.mark, |frozen| frozen.last);
        frozen.max(self.active.last())
    }

    /// What is in memory from a request on. Stretches before it are passed over whole.
    fn from(&self, from: Lsn) -> impl Iterator<Item = &Arc<MemBatch>> {
        let frozen = self.frozen.iter().filter(move |frozen| frozen.last >= from);
        let of_frozen = frozen.flat_map(move |frozen| behind(&frozen.stretches, from));
        let (stretches, tail) = self.active.parts();
        let start = tail.partition_point(|batch| batch.lsn < from);
        of_frozen.chain(behind(stretches, from)).chain(tail.iter().skip(start))
    }
}

/// The batches of some stretches from a request on.
fn behind(stretches: &[Stretch], from: Lsn) -> impl Iterator<Item = &Arc<MemBatch>> {
    let is_before = |stretch: &Stretch| stretch.last().is_none_or(|batch| batch.lsn < from);
    let start = stretches.partition_point(is_before);
    let all = stretches.get(start..).unwrap_or_default().iter().flat_map(|part| part.iter());
    all.skip_while(move |batch| batch.lsn < from)
}
