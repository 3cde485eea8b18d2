//! An account for each door and sender.
//!
//! Senders choose their keys, so the number of accounts is bounded, and keys that somebody created
//! are not pushed out by those that nobody did. What comes beyond is counted together.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use model::{EnvironmentId, Timestamp};
use registry::{OTHER_KEYS, Sender, UNKNOWN_LABELS_MAX};

use super::{Accepted, Doorway};

/// Most accounts of keys that somebody created. A team has some dozens of services, each with a key
/// and a door or two; this is a list of a megabyte.
const KNOWN_MAX: usize = 4_000;
/// Most accounts of other keys and of none: as many as the list of unknown keys has.
const UNKNOWN_MAX: usize = UNKNOWN_LABELS_MAX;

/// An amount of telemetry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Requests.
    pub requests: u64,
    /// Events: spans, their events and links, log records, points, plain events.
    pub events: u64,
    /// Bytes of the requests as they were received.
    pub bytes: u64,
}

/// What one sender brought through one door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The door.
    pub doorway: Doorway,
    /// The id of the sender's key, the label of one that nobody created, `(others)` for all beyond
    /// the bound; none for requests without a key.
    pub key: Option<Arc<str>>,
    /// Where its data lands; none for the others.
    pub environment: Option<EnvironmentId>,
    /// What was kept.
    pub accepted: Amount,
    /// Requests that were refused.
    pub refused_requests: u64,
    /// Single events that were refused within accepted requests.
    pub refused_events: u64,
    /// When the last event that was kept arrived.
    pub last_event: Option<Timestamp>,
}

#[derive(Default)]
struct Counter {
    requests: AtomicU64,
    events: AtomicU64,
    bytes: AtomicU64,
    refused_requests: AtomicU64,
    refused_events: AtomicU64,
    /// 0 while there was none.
    last_event_ns: AtomicI64,
}

/// The accounts.
#[derive(Default)]
pub(super) struct Accounts {
    counters: RwLock<BTreeMap<(Doorway, Sender), Arc<Counter>>>,
    known: AtomicUsize,
    unknown: AtomicUsize,
    others: [Counter; Doorway::ALL.len()],
}

impl Accounts {
    /// Counts an acknowledged request, of which so many events were refused.
    pub(super) fn accepted(
        &self,
        doorway: Doorway,
        sender: &Sender,
        request: &Accepted<'_>,
        refused: u64,
    ) {
        self.with(doorway, sender, |counter| {
            counter.requests.fetch_add(1, Ordering::Relaxed);
            counter.events.fetch_add(request.events, Ordering::Relaxed);
            counter.bytes.fetch_add(request.bytes, Ordering::Relaxed);
            if refused > 0 {
                counter.refused_events.fetch_add(refused, Ordering::Relaxed);
            }
            if request.events > 0 {
                counter.last_event_ns.fetch_max(request.arrival.nanos(), Ordering::Relaxed);
            }
        });
    }

    /// Counts a refused request.
    pub(super) fn refused(&self, doorway: Doorway, sender: &Sender) {
        self.with(doorway, sender, |counter| {
            counter.refused_requests.fetch_add(1, Ordering::Relaxed);
        });
    }

    /// All accounts, by door; the others of a door come last.
    pub(super) fn read(&self) -> Vec<Account> {
        let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
        let mut accounts: Vec<Account> = counters
            .iter()
            .map(|((doorway, sender), counter)| {
                counter.account(*doorway, sender.key.clone(), Some(sender.environment))
            })
            .collect();
        drop(counters);
        let others = Doorway::ALL.into_iter().zip(&self.others);
        let others =
            others.map(|(door, counter)| counter.account(door, Some(OTHER_KEYS.into()), None));
        accounts.extend(
            others.filter(|account| account.accepted.requests + account.refused_requests > 0),
        );
        accounts.sort_by_key(|account| account.doorway);
        accounts
    }

    fn with(&self, doorway: Doorway, sender: &Sender, count: impl FnOnce(&Counter)) {
        let key = (doorway, sender.clone());
        let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = counters.get(&key) {
            return count(counter);
        }
        drop(counters);
        if self.has_room(sender) {
            let mut counters = self.counters.write().unwrap_or_else(PoisonError::into_inner);
            let class = self.class(sender);
            // Another thread may have made it, or the last one, meanwhile.
            if let Some(counter) = counters.get(&key) {
                return count(counter);
            }
            if self.has_room(sender) {
                class.fetch_add(1, Ordering::Relaxed);
                return count(counters.entry(key).or_default());
            }
        }
        count(&self.others[doorway as usize]);
    }

    fn class(&self, sender: &Sender) -> &AtomicUsize {
        if sender.is_known { &self.known } else { &self.unknown }
    }

    fn has_room(&self, sender: &Sender) -> bool {
        let most = if sender.is_known { KNOWN_MAX } else { UNKNOWN_MAX };
        self.class(sender).load(Ordering::Relaxed) < most
    }
}

impl Counter {
    fn account(
        &self,
        doorway: Doorway,
        key: Option<Arc<str>>,
        environment: Option<EnvironmentId>,
    ) -> Account {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let last = self.last_event_ns.load(Ordering::Relaxed);
        Account {
            doorway,
            key,
            environment,
            accepted: Amount {
                requests: read(&self.requests),
                events: read(&self.events),
                bytes: read(&self.bytes),
            },
            refused_requests: read(&self.refused_requests),
            refused_events: read(&self.refused_events),
            last_event: (last != 0).then(|| Timestamp::from_nanos(last)),
        }
    }
}
