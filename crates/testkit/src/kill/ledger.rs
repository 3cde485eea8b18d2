//! The ledger: every event that was sent to a folder, what was answered, and what must be there.
//!
//! A check after a kill settles what had no answer: a request that is there then has survived and
//! must stay, and one that is not can never come back, because the process that had it is gone.

use std::collections::BTreeMap;
use std::ops::Range;

use super::event::{Event, Row};
use super::finding::Finding;

/// What is known of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Answered with success: all of it, exactly once.
    Acknowledged,
    /// No answer, or one that asks to try again: all of it or nothing.
    Unanswered,
    /// Answered with an error that is final: nothing of it.
    Refused,
    /// Had no answer and was there after a kill: all of it, exactly once.
    Survived,
    /// Had no answer and was not there after a kill: nothing of it.
    Gone,
}

/// A request and its events.
#[derive(Clone, Debug)]
struct Request {
    ids: Range<usize>,
    fate: Fate,
    /// The number of the server that it was sent to.
    life: u32,
}

/// Rows that are, or may be, visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Rows of which the server has said that they are there.
    pub(super) least: u64,
    /// Those and all of which it has said nothing.
    pub(super) most: u64,
}

/// What a check of all rows came to.
#[derive(Debug, Default)]
pub(super) struct Review {
    /// Events without an answer that are there.
    pub(super) survived: u64,
    /// What is wrong.
    pub(super) findings: Vec<Finding>,
}

/// Every event that was sent to one folder.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    events: Vec<Event>,
    requests: Vec<Request>,
    bounds: Bounds,
    /// How many servers have been started.
    life: u32,
}

impl Ledger {
    /// The number that the next request will have.
    pub(super) fn next_request(&self) -> u64 {
        self.requests.len() as u64
    }

    /// The number that the next event will have.
    pub(super) fn next_id(&self) -> u64 {
        self.events.len() as u64
    }

    /// A server is about to be started on the folder; its number, from 1.
    pub(super) fn begin_life(&mut self) -> u32 {
        self.life += 1;
        self.life
    }

    /// Writes down a request that is about to be sent, before anything of it can be visible.
    pub(super) fn open(&mut self, events: Vec<Event>) {
        let first = self.events.len();
        self.events.extend(events);
        let ids = first..self.events.len();
        self.bounds.most += ids.len() as u64;
        self.requests.push(Request { ids, fate: Fate::Unanswered, life: self.life });
    }

    /// Writes down the answer to a request that had none.
    pub(super) fn answer(&mut self, request: u64, fate: Fate) {
        let request = &mut self.requests[request as usize];
        let events = request.ids.len() as u64;
        request.fate = fate;
        match fate {
            Fate::Acknowledged | Fate::Survived => self.bounds.least += events,
            Fate::Refused | Fate::Gone => self.bounds.most -= events,
            Fate::Unanswered => {}
        }
    }

    /// How many rows a question must find at present, and how many it may.
    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Compares all rows of the folder with what was sent, and settles what had no answer if
    /// nothing is wrong. Only for a moment at which nothing is under way.
    pub(super) fn review(&mut self, rows: &[Row]) -> Review {
        let mut review = Review::default();
        let mut seen = vec![0_u64; self.events.len()];
        for row in rows {
            let event = row.id().and_then(|id| self.events.get(id as usize));
            let Some(event) = event else {
                review.findings.push(Finding::Strange { row: format!("{row:?}") });
                continue;
            };
            seen[event.id as usize] += 1;
            if let Some(what) = event.difference(row) {
                review.findings.push(Finding::Changed { id: event.id, what });
            }
        }
        let mut settled = BTreeMap::new();
        for (number, request) in self.requests.iter().enumerate() {
            let found = seen[request.ids.clone()].iter().filter(|times| **times > 0).count();
            request.compare(&seen, &mut review.findings);
            if request.fate != Fate::Unanswered {
                continue;
            }
            review.survived += found as u64;
            if found > 0 && found < request.ids.len() {
                let what = format!("{found} of {} events, {}", request.ids.len(), request.story());
                review.findings.push(Finding::Torn { request: number as u64, what });
            }
            settled.insert(number, if found > 0 { Fate::Survived } else { Fate::Gone });
        }
        if review.findings.is_empty() {
            settled.into_iter().for_each(|(number, fate)| self.answer(number as u64, fate));
        }
        review
    }
}

impl Request {
    /// Compares how often each of its events is there with how often it may be.
    fn compare(&self, seen: &[u64], findings: &mut Vec<Finding>) {
        for at in self.ids.clone() {
            let (id, times) = (at as u64, seen[at]);
            let story = || self.story();
            match (self.fate, times) {
                (Fate::Acknowledged | Fate::Survived, 0) => {
                    findings.push(Finding::Lost { id, story: story() });
                }
                (Fate::Refused | Fate::Gone, 1..) => {
                    findings.push(Finding::Risen { id, story: story() });
                }
                (_, 2..) => findings.push(Finding::Doubled { id, times, story: story() }),
                _ => {}
            }
        }
    }

    fn story(&self) -> String {
        let what = match self.fate {
            Fate::Acknowledged => "acknowledged",
            Fate::Unanswered => "not answered",
            Fate::Refused => "refused",
            Fate::Survived => "not answered, and there after a kill",
            Fate::Gone => "not answered, and not there after a kill",
        };
        format!("sent to server {} of the folder, {what}", self.life)
    }
}

#[cfg(test)]
mod tests;
