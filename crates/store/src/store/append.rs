//! The way in: a group of decoded requests is written, synced, published and acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{Batch, DatasetId, EnvironmentId, Error, Result, Timestamp, dataset_key};

use super::{State, Store, lock};
use crate::catalog::{DatasetTable, NewDataset};
use crate::memtable::{Lease, MemBatch};
use crate::record::{Lsn, Record};
use crate::seams::Stage;

/// Most live datasets. Names come from clients, and every one is kept in memory and listed.
pub(super) const DATASETS_MAX: usize = 20_000;

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
        match log.append(records.iter().copied(), self.seams.clock.elapsed()) {
            Ok(first) => {
                self.counters.log_groups.add(1);
                self.counters.log_records.add(group.len() as u64);
                self.counters.log_bytes.add(bytes as u64);
                self.note_log_trouble(None);
                self.publish(group, first);
            }
            Err(error) => {
                self.counters.log_failures.add(1);
                self.note_log_trouble(Some(&error));
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
        let mut new = NewNames::new();
        let mut live = None;
        let (mut known, mut waiting) = (Vec::with_capacity(group.len()), Vec::new());
        for (at, pending) in group.into_iter().enumerate() {
            let unknown = unknown_datasets(&pending, &table, now);
            if unknown.is_empty() {
                known.push((at, pending));
                continue;
            }
            let there = *live.get_or_insert_with(|| table.len()) + new.len();
            let more = unknown.keys().filter(|key| !new.contains_key(key)).count();
            if there + more > DATASETS_MAX && more > 0 {
                (pending.done)(Err(Error::invalid(format!(
                    "there are {there} datasets, the request names {more} more, and at most \
                     {DATASETS_MAX} may be: send under an existing name or delete datasets"
                ))));
                continue;
            }
            for (key, dataset) in unknown {
                new.entry(key).or_insert(dataset);
            }
            waiting.push((at, pending));
        }
        drop(table);
        if let Err(error) = self.make_datasets(new, next) {
            self.note_log_trouble(Some(&error));
            for (_, pending) in waiting {
                (pending.done)(Err(Error::new(error.kind(), error.to_string())));
            }
            waiting = Vec::new();
        }
        // Requests keep the order in which they came.
        known.extend(waiting);
        known.sort_by_key(|(at, _)| *at);
        known.into_iter().map(|(_, pending)| pending).collect()
    }

    fn make_datasets(&self, new: NewNames, next: Lsn) -> Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        let new: Vec<NewDataset> = new.into_values().collect();
        self.change_datasets(|catalog, table| catalog.create_datasets(table, &new, next))
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
        self.seams.observer.published();
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

/// Datasets to be made, by environment and by the form under which names are the same.
type NewNames = BTreeMap<(EnvironmentId, String), NewDataset>;

/// The datasets that a request names and `table` does not have, each as it is first spelled.
///
/// A batch may switch to and fro between a few datasets thousands of times, so a spelling is looked
/// up once.
fn unknown_datasets(pending: &Pending, table: &DatasetTable, created: Timestamp) -> NewNames {
    let environment = pending.record.environment;
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut unknown = NewNames::new();
    for run in pending.batches.iter().flat_map(Batch::datasets) {
        if !seen.insert(&run.name) || table.resolve(environment, &run.name).is_some() {
            continue;
        }
        let name = run.name.trim().to_owned();
        let key = (environment, dataset_key(&name));
        unknown.entry(key).or_insert(NewDataset { environment, name, created });
    }
    unknown
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
    let mut memory = Vec::with_capacity(batches.len());
    for batch in batches {
        let datasets = ids_of(&batch, |name| resolve(&state.datasets, name)).map_err(|name| {
            Error::corrupt(format!(
                "request {lsn} names dataset {name:?}, which the catalog does not know"
            ))
        })?;
        memory.push(Arc::new(MemBatch {
            lsn,
            environment: record.environment,
            arrival: record.arrival,
            datasets,
            batch,
            _lease: lease.clone(),
        }));
    }
    Ok(memory)
}

/// The dataset of each run, every name looked up once; the first name that is not known, if any.
fn ids_of(
    batch: &Batch,
    resolve: impl Fn(&str) -> Option<DatasetId>,
) -> Result<Vec<DatasetId>, String> {
    let mut known: BTreeMap<&str, DatasetId> = BTreeMap::new();
    let mut ids = Vec::with_capacity(batch.datasets().len());
    for run in batch.datasets() {
        let id = match known.get(run.name.as_str()) {
            Some(id) => *id,
            None => resolve(&run.name).ok_or_else(|| run.name.clone())?,
        };
        known.insert(&run.name, id);
        ids.push(id);
    }
    Ok(ids)
}
