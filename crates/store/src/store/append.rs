//! The way in: a group of decoded requests is written, synced, published and acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Batch, DatasetId, Error, Result, Timestamp, dataset_key};

use super::{State, Store, lock};
use crate::catalog::{DatasetTable, NewDataset};
use crate::memtable::{Lease, MemBatch};
use crate::record::{Lsn, Record};
use crate::seams::Stage;

/// Most live datasets. Names come from clients, and every one is kept in memory and listed.
const DATASETS_MAX: usize = 20_000;

/// A decoded request on its way into the log.
pub struct Pending {
    /// The request as the log keeps it.
    pub record: Record,
    /// Its events.
    pub batches: Vec<Batch>,
    /// Keeps its memory accounted for.
    pub lease: Option<Lease>,
    /// Told the request's place in the log once it is durable and visible, or why it was refused.
    pub done: Box<dyn FnOnce(Result<Lsn>) + Send>,
}

impl Store {
    /// Writes a group of requests with one sync, makes their events visible in log order, and then
    /// acknowledges each.
    pub fn append(&self, group: Vec<Pending>) {
        let mut log = lock(&self.log);
        let Some(log) = log.as_mut() else {
            let starting = || Error::unavailable(std::time::Duration::from_secs(1), "starting");
            group.into_iter().for_each(|pending| (pending.done)(Err(starting())));
            return;
        };
        let group = self.admit(group, log.next_lsn());
        if group.is_empty() {
            return;
        }
        let bytes: usize = group.iter().map(|pending| pending.record.body.len()).sum();
        let records: Vec<&Record> = group.iter().map(|pending| &pending.record).collect();
        match log.append(records.iter().copied()) {
            Ok(first) => {
                self.counters.log_groups.add(1);
                self.counters.log_records.add(group.len() as u64);
                self.counters.log_bytes.add(bytes as u64);
                self.publish(group, first);
            }
            Err(error) => {
                self.counters.log_failures.add(1);
                self.note_trouble(Some(&error));
                self.seams.observer.trouble("writing the log", &error);
                let retry = error.kind();
                let text = error.to_string();
                for pending in group {
                    (pending.done)(Err(Error::new(retry, text.clone())));
                }
            }
        }
    }

    /// Binds every dataset name of the group to an id, durably; refuses requests whose names cannot
    /// be bound.
    fn admit(&self, group: Vec<Pending>, next: Lsn) -> Vec<Pending> {
        let now = self.seams.clock.now();
        let table = Arc::clone(&lock(&self.state).datasets);
        let mut new: BTreeMap<_, NewDataset> = BTreeMap::new();
        let mut admitted = Vec::with_capacity(group.len());
        let mut known = None;
        for pending in group {
            let missing = missing_datasets(&pending, &table, now);
            if !missing.is_empty() {
                let live = *known.get_or_insert_with(|| table.len());
                if live + new.len() + missing.len() > DATASETS_MAX {
                    (pending.done)(Err(Error::invalid(format!(
                        "there are {live} datasets, and at most {DATASETS_MAX} may be: send under \
                         an existing name or delete datasets"
                    ))));
                    continue;
                }
            }
            new.extend(missing);
            admitted.push(pending);
        }
        if new.is_empty() {
            return admitted;
        }
        let new: Vec<NewDataset> = new.into_values().collect();
        let mut catalog = lock(&self.catalog);
        let mut state = lock(&self.state);
        let made = catalog.create_datasets(Arc::make_mut(&mut state.datasets), &new, next);
        drop((state, catalog));
        match made {
            Ok(()) => admitted,
            Err(error) => {
                self.note_trouble(Some(&error));
                for pending in admitted {
                    (pending.done)(Err(Error::new(error.kind(), error.to_string())));
                }
                Vec::new()
            }
        }
    }

    fn publish(&self, group: Vec<Pending>, first: Lsn) {
        self.seams.observer.reached(Stage::Append);
        let now = self.seams.clock.elapsed();
        let limits = self.limits();
        let mut acknowledged = Vec::with_capacity(group.len());
        let mut frozen = false;
        {
            let mut state = lock(&self.state);
            for (at, pending) in group.into_iter().enumerate() {
                let lsn = first.plus(at as u64);
                let Pending { record, batches, lease, done } = pending;
                let resolve =
                    |table: &DatasetTable, name: &str| table.resolve(record.environment, name);
                match mem_batches(&state, &record, lsn, batches, lease, resolve) {
                    Ok(batches) => {
                        if state.active.is_full_for(&batches, &limits) {
                            frozen |= state.freeze();
                        }
                        state.active.push(lsn, batches, now);
                        acknowledged.push((done, Ok(lsn)));
                    }
                    Err(error) => acknowledged.push((done, Err(error))),
                }
            }
        }
        if frozen {
            self.wake();
        }
        for (done, result) in acknowledged {
            done(result);
        }
    }

    /// Adds a replayed request to the memtable, under the names as they were bound at its place.
    pub(super) fn replay_request(
        &self,
        lsn: Lsn,
        record: &Record,
        batches: Vec<Batch>,
    ) -> Result<()> {
        let now = self.seams.clock.elapsed();
        let limits = self.limits();
        let mut state = lock(&self.state);
        let resolve =
            |table: &DatasetTable, name: &str| table.resolve_at(record.environment, name, lsn);
        let batches = mem_batches(&state, record, lsn, batches, None, resolve)?;
        if state.active.is_full_for(&batches, &limits) {
            state.freeze();
        }
        state.active.push(lsn, batches, now);
        Ok(())
    }
}

fn missing_datasets(
    pending: &Pending,
    table: &DatasetTable,
    created: Timestamp,
) -> Vec<((u32, String), NewDataset)> {
    let environment = pending.record.environment;
    let runs = pending.batches.iter().flat_map(Batch::datasets);
    runs.filter(|run| table.resolve(environment, &run.name).is_none())
        .map(|run| {
            let name = run.name.trim().to_owned();
            let key = (environment.0, dataset_key(&name));
            (key, NewDataset { environment, name, created })
        })
        .collect()
}

fn mem_batches(
    state: &State,
    record: &Record,
    lsn: Lsn,
    batches: Vec<Batch>,
    lease: Option<Lease>,
    resolve: impl Fn(&DatasetTable, &str) -> Option<DatasetId>,
) -> Result<Vec<Arc<MemBatch>>> {
    let lease = lease.map(Arc::new);
    batches
        .into_iter()
        .map(|batch| {
            let datasets = batch.datasets().iter().map(|run| {
                resolve(&state.datasets, &run.name).ok_or_else(|| {
                    Error::corrupt(format!(
                        "request {lsn} names dataset {:?}, which the catalog does not know",
                        run.name
                    ))
                })
            });
            Ok(Arc::new(MemBatch {
                lsn,
                environment: record.environment,
                arrival: record.arrival,
                datasets: datasets.collect::<Result<_>>()?,
                batch,
                _lease: lease.clone(),
            }))
        })
        .collect()
}
