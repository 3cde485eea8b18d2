//! When the spans of a trace start and end.
//!
//! Every span has a log-normal time of its own; a span that waits for its children takes their
//! time too. Durations are summed from the leaves up, then starts are laid out from the root down,
//! so children lie within the parents that wait for them.

use super::catalogue::Catalogue;
use super::draw::Draw;
use super::tree::{NOTHING, Node};

/// How much slower a request is that the incident touches.
const INCIDENT_SLOWNESS: f64 = 25.0;
/// Median time that a message waits in its topic, ns.
const QUEUE_MEDIAN_NS: f64 = 18_000_000.0;
/// Deviation of the logarithm of that time.
const QUEUE_SIGMA: f64 = 0.8;
/// Shortest time of its own that a span has, ns; below lies what a clock call costs.
const OWN_TIME_MIN_NS: f64 = 2_000.0;

/// Lays out a trace that begins at `start`; returns when its last span ends. ns since the epoch.
pub(super) fn lay_out(
    nodes: &mut [Node],
    start: i64,
    catalogue: &Catalogue,
    draw: &mut Draw,
) -> i64 {
    for place in (0..nodes.len()).rev() {
        let node = &mut nodes[place];
        let operation = &catalogue.operations[usize::from(node.span.operation)];
        let slowness = if node.is_slowed { INCIDENT_SLOWNESS } else { 1.0 };
        let own = draw.log_normal(operation.median_ns * slowness, operation.sigma);
        let own = own.max(OWN_TIME_MIN_NS) as i64;
        node.gap = own / (node.children + 1);
        node.duration += own;
        let (duration, above) = (node.duration, node.above);
        if above != NOTHING && !node.is_detached {
            nodes[above].duration += duration;
            nodes[above].children += 1;
        }
    }
    let mut last = start;
    for place in 0..nodes.len() {
        let begin = begin_of(nodes, place, start, draw);
        let node = &mut nodes[place];
        node.span.start = begin;
        node.span.end = begin + node.duration;
        node.cursor = begin + node.gap;
        last = last.max(node.span.end);
    }
    last
}

/// When the span at `place` begins; moves its parent's cursor past it.
fn begin_of(nodes: &mut [Node], place: usize, start: i64, draw: &mut Draw) -> i64 {
    let Node { above, duration, is_detached, .. } = nodes[place];
    if above == NOTHING {
        return start;
    }
    let parent = &mut nodes[above];
    if is_detached {
        return parent.span.end + draw.log_normal(QUEUE_MEDIAN_NS, QUEUE_SIGMA) as i64;
    }
    let begin = parent.cursor;
    parent.cursor += duration + parent.gap;
    begin
}

/// Moves a trace by `nanos`.
pub(super) fn shift(nodes: &mut [Node], nanos: i64) {
    for node in nodes {
        node.span.start += nanos;
        node.span.end += nanos;
    }
}
