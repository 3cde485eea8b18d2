//! What fails: background faults, the planted incident, and how a fault climbs to the caller.

use super::catalogue::Catalogue;
use super::draw::Draw;
use super::operation::Work;
use super::span::Outcome;
use super::tree::{NOTHING, Node};

/// Odds that a served request fails by itself.
const SERVE_FAULT: f64 = 0.016;
/// Odds that a served request is refused as the client's mistake.
const SERVE_REFUSAL: f64 = 0.025;
/// Odds that a fault below fails a served request or a function.
const FAULT_CLIMBS: f64 = 0.5;
/// Odds that a statement fails.
const QUERY_FAULT: f64 = 0.012;
/// Odds that a function throws.
const FUNCTION_FAULT: f64 = 0.006;
/// Odds that the processing of a message fails.
const CONSUME_FAULT: f64 = 0.006;
/// Odds that a request fails that the incident touches.
const INCIDENT_FAULT: f64 = 0.45;
/// Statuses of refusals.
const REFUSALS: [u16; 4] = [404, 400, 409, 429];

/// Decides how each span of a trace went, from the leaves up.
pub(super) fn judge(nodes: &mut [Node], catalogue: &Catalogue, is_incident: bool, draw: &mut Draw) {
    for place in (0..nodes.len()).rev() {
        let answer = nodes.get(place + 1).map_or(0, |node| node.span.status);
        let node = &mut nodes[place];
        let operation = &catalogue.operations[usize::from(node.span.operation)];
        let below = node.has_fault_below && draw.chance(FAULT_CLIMBS);
        let outcome = match operation.work {
            Work::Serve => {
                let instance = &catalogue.instances[usize::from(node.span.instance)];
                node.is_slowed = is_incident && operation.is_incident && instance.is_incident;
                serve(node, below, draw)
            }
            // The request that a call makes stands right after it.
            Work::Call => {
                node.span.status = answer;
                if answer >= 400 { Outcome::Passed } else { Outcome::Fine }
            }
            Work::Query => raised(draw.chance(QUERY_FAULT)),
            Work::Consume => raised(below || draw.chance(CONSUME_FAULT)),
            Work::Function if below => Outcome::Passed,
            Work::Function => raised(draw.chance(FUNCTION_FAULT)),
            Work::Cache | Work::Produce => Outcome::Fine,
        };
        node.span.outcome = outcome;
        let is_fault = outcome != Outcome::Fine && !(400..500).contains(&node.span.status);
        let above = node.above;
        if is_fault && !node.is_detached && above != NOTHING {
            nodes[above].has_fault_below = true;
        }
    }
}

/// How a served request went; sets its status.
fn serve(node: &mut Node, below: bool, draw: &mut Draw) -> Outcome {
    if node.is_slowed && draw.chance(INCIDENT_FAULT) {
        node.span.status = 503;
        return Outcome::Raised;
    }
    if below {
        node.span.status = 502;
        return Outcome::Passed;
    }
    if draw.chance(SERVE_FAULT) {
        node.span.status = 500;
        return Outcome::Raised;
    }
    node.span.status = 200;
    if draw.chance(SERVE_REFUSAL) {
        node.span.status = REFUSALS[draw.place(REFUSALS.len())];
    }
    Outcome::Fine
}

fn raised(is_raised: bool) -> Outcome {
    if is_raised { Outcome::Raised } else { Outcome::Fine }
}
