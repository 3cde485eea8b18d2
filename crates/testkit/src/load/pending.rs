//! Spans that have begun but not yet ended, first end first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::span::Span;

/// The window of pending spans. It holds as many as run at one moment, whatever the total.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// (end, slot) of every pending span.
    ends: BinaryHeap<Reverse<(i64, u32)>>,
    slots: Vec<Span>,
    free: Vec<u32>,
}

impl Pending {
    pub(super) fn push(&mut self, span: Span) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = span;
                slot
            }
            None => {
                self.slots.push(span);
                (self.slots.len() - 1) as u32
            }
        };
        self.ends.push(Reverse((span.end, slot)));
    }

    /// When the first pending span ends, ns since the epoch; the last moment if there is none.
    pub(super) fn next_end(&self) -> i64 {
        self.ends.peek().map_or(i64::MAX, |Reverse((end, _))| *end)
    }

    /// Takes the span that ends first.
    pub(super) fn pop(&mut self) -> Option<Span> {
        let Reverse((_, slot)) = self.ends.pop()?;
        self.free.push(slot);
        Some(self.slots[slot as usize])
    }
}
