//! The shape of a trace: which span calls which, in which service.
//!
//! A trace grows to a given size from a request at the edge. A random span that can have children
//! takes the next step: it asks another service (which adds the call and the served request),
//! sends a message, asks its database or cache, or enters a function of its own. So traces cross
//! services, their sizes follow the law asked for, and parents stand before their children.

use super::catalogue::{Catalogue, OperationIndex};
use super::draw::Draw;
use super::shop::{ENTRIES, service_index};
use super::span::{OUTSIDE, Outcome, Span};

/// Fewest spans of a trace.
pub(super) const TRACE_SPANS_MIN: u64 = 6;
/// Most spans of a trace.
pub(super) const TRACE_SPANS_MAX: u64 = 62;
/// Median number of spans of a trace.
const TRACE_SPANS_MEDIAN: f64 = 20.0;
/// Deviation of the logarithm of that number.
const TRACE_SPANS_SIGMA: f64 = 0.42;

/// Odds of each step in percent; a step that the service cannot take falls to the next one.
const CALL_PERCENT: u64 = 52;
const MESSAGE_PERCENT: u64 = 7;
const QUERY_PERCENT: u64 = 21;
const CACHE_PERCENT: u64 = 8;

/// Above the root: nothing.
pub(super) const NOTHING: usize = usize::MAX;

/// A span in its trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    /// The place of the span above, or [`NOTHING`].
    pub(super) above: usize,
    /// Whether the span above does not wait for it.
    pub(super) is_detached: bool,
    /// Whether something below failed.
    pub(super) has_fault_below: bool,
    /// Whether the incident slows it.
    pub(super) is_slowed: bool,
    /// How many children it waits for.
    pub(super) children: i64,
    /// From start to end, ns.
    pub(super) duration: i64,
    /// Its own time between two children, ns.
    pub(super) gap: i64,
    /// Where its next child starts, ns since the epoch.
    pub(super) cursor: i64,
}

/// A step to another service: a call and the request it makes, or a message and its processing.
#[derive(Clone, Copy, Debug)]
struct Crossing {
    near: OperationIndex,
    far: OperationIndex,
    service: usize,
    /// Whether the near side does not wait for the far one.
    is_detached: bool,
}

/// A trace that grows; reused from trace to trace.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    /// Places of the spans that can have children.
    open: Vec<usize>,
}

/// A drawn number of spans for a trace.
pub(super) fn draw_size(draw: &mut Draw) -> u64 {
    let size = draw.log_normal(TRACE_SPANS_MEDIAN, TRACE_SPANS_SIGMA).round() as u64;
    size.clamp(TRACE_SPANS_MIN, TRACE_SPANS_MAX)
}

impl Tree {
    /// Grows a trace of `size` spans of one user from nothing.
    pub(super) fn grow(&mut self, size: usize, user: u32, catalogue: &Catalogue, draw: &mut Draw) {
        self.nodes.clear();
        self.open.clear();
        let entry = ENTRIES[usize::from(draw.chance(0.15))];
        let service = service_index(entry);
        let serves = &catalogue.abilities[service].serves;
        let trace = draw.next_id();
        let root = Span {
            start: 0,
            end: 0,
            trace,
            id: draw.next_id(),
            parent: 0,
            path: draw.next(),
            user,
            operation: serves[draw.place(serves.len())],
            status: 0,
            instance: Catalogue::instance_for(service, trace),
            peer: OUTSIDE,
            outcome: Outcome::Fine,
        };
        self.push(root, NOTHING, false);
        self.open.push(0);
        while self.nodes.len() < size {
            let above = self.open[draw.place(self.open.len())];
            self.step(above, size - self.nodes.len(), catalogue, draw);
        }
    }

    /// Adds one step below `above`, of at most `room` spans.
    fn step(&mut self, above: usize, room: usize, catalogue: &Catalogue, draw: &mut Draw) {
        let service = Catalogue::service_of(self.nodes[above].span.instance);
        let can = &catalogue.abilities[service];
        let mut roll = draw.below(100);
        let mut takes = |percent: u64, possible: bool| {
            let taken = possible && roll < percent;
            roll = roll.saturating_sub(percent);
            taken
        };
        if takes(CALL_PERCENT, room >= 2 && !can.calls.is_empty()) {
            let target = can.calls[draw.place(can.calls.len())];
            let serves = &catalogue.abilities[target].serves;
            let serve = serves[draw.place(serves.len())];
            let near = serve + 1;
            let call = Crossing { near, far: serve, service: target, is_detached: false };
            self.cross(above, call, draw);
            return;
        }
        if takes(MESSAGE_PERCENT, room >= 2 && !can.topics.is_empty()) {
            let topic = can.topics[draw.place(can.topics.len())];
            let (near, far) = (topic.produce, topic.produce + 1);
            let message = Crossing { near, far, service: topic.consumer, is_detached: true };
            self.cross(above, message, draw);
            return;
        }
        let (leaves, opens) = if takes(QUERY_PERCENT, !can.queries.is_empty()) {
            (&can.queries, false)
        } else if takes(CACHE_PERCENT, !can.caches.is_empty()) {
            (&can.caches, false)
        } else {
            (&can.functions, true)
        };
        let operation = leaves[draw.place(leaves.len())];
        let leaf = self.below(above, operation, draw);
        let place = self.push(leaf, above, false);
        if opens {
            self.open.push(place);
        }
    }

    /// Adds the two spans of a crossing: the near one below `above`, the far one below that.
    fn cross(&mut self, above: usize, crossing: Crossing, draw: &mut Draw) {
        let target = Catalogue::instance_for(crossing.service, self.nodes[above].span.trace);
        let mut near = self.below(above, crossing.near, draw);
        near.peer = target;
        let near_place = self.push(near, above, false);
        let mut far = self.below(near_place, crossing.far, draw);
        far.instance = target;
        far.peer = near.instance;
        far.path = near.path;
        let far_place = self.push(far, near_place, crossing.is_detached);
        self.open.push(far_place);
    }

    /// A span of the same instance and trace below the one at `above`.
    fn below(&self, above: usize, operation: OperationIndex, draw: &mut Draw) -> Span {
        let span = &self.nodes[above].span;
        Span { id: draw.next_id(), parent: span.id, path: draw.next(), operation, ..*span }
    }

    fn push(&mut self, span: Span, above: usize, is_detached: bool) -> usize {
        self.nodes.push(Node {
            span,
            above,
            is_detached,
            has_fault_below: false,
            is_slowed: false,
            children: 0,
            duration: 0,
            gap: 0,
            cursor: 0,
        });
        self.nodes.len() - 1
    }
}
