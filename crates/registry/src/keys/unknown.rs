//! Keys that nobody created, counted under labels that do not reveal them.
//!
//! On an open server they are admitted, on a strict one refused; either way the operator wants to
//! see who comes. Senders choose their keys, so the number of labels is bounded: in memory between
//! two flushes and in the registry. What comes beyond is counted together, and labels that nobody
//! used for a month make room.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use model::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::secret;
use super::uses::{Counter, Outcome, StoredUses, Uses};
use crate::document::Document;

/// Most labels of unknown keys. A team has some dozens of services, each with a key at most; a
/// thousand is still a list that can be searched by eye.
pub const UNKNOWN_LABELS_MAX: usize = 1_000;
/// The label of requests without a key.
pub const NO_KEY: &str = "(none)";
/// The label of all keys beyond [`UNKNOWN_LABELS_MAX`].
pub const OTHER_KEYS: &str = "(others)";

/// How long a label stays unused before it makes room: a monthly job keeps its own.
const UNUSED_KEPT: Duration = Duration::from_secs(32 * 24 * 3_600);

/// Keys that nobody created, by what is shown of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    /// The first characters of the keys and `…`; or [`NO_KEY`], or [`OTHER_KEYS`].
    pub label: String,
    /// How often, first and last they came.
    pub uses: Uses,
}

/// Something for each label.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies<T> {
    none: T,
    others: T,
    labels: BTreeMap<String, T>,
}

impl<T: Default> Tallies<T> {
    /// What stands for a label already, which is all the others' once there is no room.
    fn known(&self, label: &str) -> Option<&T> {
        let found = self.labels.get(label);
        if found.is_none() && self.labels.len() >= UNKNOWN_LABELS_MAX {
            return Some(&self.others);
        }
        found
    }

    /// What stands for a label, made where there is room.
    fn of(&mut self, label: &str) -> &mut T {
        if !self.labels.contains_key(label) && self.labels.len() >= UNKNOWN_LABELS_MAX {
            return &mut self.others;
        }
        self.labels.entry(label.to_owned()).or_default()
    }
}

impl Tallies<Uses> {
    /// Whether nothing was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.none.is_empty() && self.others.is_empty() && self.labels.is_empty()
    }

    /// Adds what was counted since.
    pub(super) fn absorb(&mut self, newer: &Self, now: Timestamp) {
        if self.labels.len() + newer.labels.len() > UNKNOWN_LABELS_MAX {
            self.make_room(now);
        }
        self.none.merge(&newer.none);
        self.others.merge(&newer.others);
        for (label, uses) in &newer.labels {
            self.of(label).merge(uses);
        }
    }

    /// All that were used: no key first, the others last.
    pub(super) fn listed(self) -> Vec<UnknownKey> {
        let none = std::iter::once((NO_KEY.to_owned(), self.none));
        let others = std::iter::once((OTHER_KEYS.to_owned(), self.others));
        none.chain(self.labels)
            .chain(others)
            .filter(|(_, uses)| !uses.is_empty())
            .map(|(label, uses)| UnknownKey { label, uses })
            .collect()
    }

    /// Reads what [`Tallies::json`] wrote; nothing was counted where there is no document.
    pub(super) fn read(document: Option<&Document>) -> Result<Self> {
        let Some(document) = document else { return Ok(Self::default()) };
        let stored: Stored =
            document.parse().map_err(|error| error.while_doing("reading unknown keys"))?;
        let labels = stored.labels.into_iter().map(|(label, uses)| (label, uses.into())).collect();
        Ok(Self { none: stored.none.into(), others: stored.others.into(), labels })
    }

    /// The text of the document that keeps them.
    pub(super) fn json(&self) -> Result<String> {
        let labels = self.labels.iter().map(|(label, uses)| (label.clone(), uses.into())).collect();
        let stored = Stored { none: (&self.none).into(), others: (&self.others).into(), labels };
        serde_json::to_string(&stored)
            .map_err(|error| Error::bug("writing unknown keys").because(error))
    }

    fn make_room(&mut self, now: Timestamp) {
        let oldest = now.saturating_add(-(UNUSED_KEPT.as_nanos() as i64));
        let others = &mut self.others;
        self.labels.retain(|_, uses| {
            let stays = uses.last >= Some(oldest);
            if !stays {
                others.merge(uses);
            }
            stays
        });
    }
}

/// Unknown keys as they are stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    none: StoredUses,
    others: StoredUses,
    labels: BTreeMap<String, StoredUses>,
}

/// What came since the last flush.
#[derive(Debug, Default)]
pub(super) struct UnknownKeys {
    tallies: RwLock<Tallies<Counter>>,
}

impl UnknownKeys {
    /// Counts a request with an unknown key or none.
    pub(super) fn count(&self, key: Option<&str>, outcome: Outcome, now: Timestamp) {
        // Counting happens under the lock, so that nothing is counted into what was taken.
        let tallies = self.tallies.read().unwrap_or_else(PoisonError::into_inner);
        let Some(key) = key else {
            tallies.none.count(outcome, now);
            return;
        };
        let label = secret::label(key);
        if let Some(counter) = tallies.known(&label) {
            counter.count(outcome, now);
            return;
        }
        drop(tallies);
        let mut tallies = self.tallies.write().unwrap_or_else(PoisonError::into_inner);
        tallies.of(&label).count(outcome, now);
    }

    /// What came and was not yet taken.
    pub(super) fn pending(&self) -> Tallies<Uses> {
        let tallies = self.tallies.read().unwrap_or_else(PoisonError::into_inner);
        let labels =
            tallies.labels.iter().map(|(label, counter)| (label.clone(), counter.pending()));
        Tallies {
            none: tallies.none.pending(),
            others: tallies.others.pending(),
            labels: labels.collect(),
        }
    }

    /// Takes what came.
    pub(super) fn take(&self) -> Tallies<Uses> {
        let mut tallies = self.tallies.write().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *tallies);
        let labels = taken.labels.into_iter().map(|(label, counter)| (label, counter.take()));
        Tallies { none: taken.none.take(), others: taken.others.take(), labels: labels.collect() }
    }

    /// Takes back what could not be saved.
    pub(super) fn put_back(&self, taken: &Tallies<Uses>) {
        let mut tallies = self.tallies.write().unwrap_or_else(PoisonError::into_inner);
        tallies.none.add(&taken.none);
        tallies.others.add(&taken.others);
        for (label, uses) in &taken.labels {
            tallies.of(label).add(uses);
        }
    }
}

#[cfg(test)]
mod tests;
