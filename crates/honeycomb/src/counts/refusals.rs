//! The last refusals, each with what its sender has to change.
//!
//! Equal cases are one entry, however often they come. Where the list is full, the entry that has
//! not come for longest makes room, of those senders that have most entries: a flood from one key,
//! or from keys that nobody created, leaves those of all others.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use model::{EnvironmentId, Timestamp};
use registry::Sender;

use super::Doorway;
use super::remedy::remedy;

/// Most refusals that are kept: what one reads in a list.
pub const REFUSALS_MAX: usize = 100;
/// Longest text of one. What a client sent wrong is part of it, and shown only as far as it helps.
const TEXT_BYTES_MAX: usize = 1_024;

/// Something that was refused, each time for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// When it was refused last.
    pub time: Timestamp,
    /// The door that refused it.
    pub doorway: Doorway,
    /// The sender's key, as in an account.
    pub key: Option<Arc<str>>,
    /// Where the sender's data lands.
    pub environment: EnvironmentId,
    /// The reason, in fixed words.
    pub reason: &'static str,
    /// The last case, with its place and value.
    pub text: String,
    /// What to set, send or do.
    pub remedy: &'static str,
    /// How many requests, or events within them.
    pub count: u64,
    is_known: bool,
}

/// The list, the one that came last at its end.
#[derive(Default)]
pub(super) struct Refusals {
    entries: VecDeque<Refusal>,
}

impl Refusals {
    /// Notes that something was refused.
    pub(super) fn note(
        &mut self,
        time: Timestamp,
        doorway: Doorway,
        sender: &Sender,
        reason: &'static str,
        text: &str,
        count: u64,
    ) {
        let is_same = |entry: &Refusal| {
            entry.reason == reason && entry.doorway == doorway && entry.key == sender.key
        };
        let earlier = self.entries.iter().rposition(is_same);
        let before = earlier.and_then(|place| self.entries.remove(place));
        if self.entries.len() >= REFUSALS_MAX {
            self.make_room();
        }
        let end = text.floor_char_boundary(TEXT_BYTES_MAX);
        self.entries.push_back(Refusal {
            time,
            doorway,
            key: sender.key.clone(),
            environment: sender.environment,
            reason,
            text: text.get(..end).unwrap_or_default().to_owned(),
            remedy: remedy(reason),
            count: before.map_or(0, |before| before.count).saturating_add(count),
            is_known: sender.is_known,
        });
    }

    /// All of them.
    pub(super) fn newest_first(&self) -> Vec<Refusal> {
        self.entries.iter().rev().cloned().collect()
    }

    fn make_room(&mut self) {
        // Senders choose unknown keys at will, so all of these count as one.
        let sender = |entry: &Refusal| entry.key.clone().filter(|_| entry.is_known);
        let mut entries: BTreeMap<Option<Arc<str>>, usize> = BTreeMap::new();
        for entry in &self.entries {
            *entries.entry(sender(entry)).or_default() += 1;
        }
        let Some((most, _)) = entries.into_iter().max_by_key(|(_, count)| *count) else { return };
        if let Some(oldest) = self.entries.iter().position(|entry| sender(entry) == most) {
            self.entries.remove(oldest);
        }
    }
}
