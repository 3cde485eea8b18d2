//! The generator: export requests in the order in which sixty exporters would send them.
//!
//! It plays an hour of event time. Traces begin one after the other; their spans wait until they
//! end, then go to the exporter of their instance, which sends when it is full or when its timer
//! rings. Nothing but spans that run and spans that wait for their exporter is kept, so memory
//! does not grow with the number of spans (but for 8 bytes a served request, for the exact
//! percentiles of the truth).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use model::{NANOS_PER_HOUR, NANOS_PER_SECOND, Timestamp};

use super::catalogue::Catalogue;
use super::draw::Draw;
use super::encode::Encoder;
use super::exporter::Exporter;
use super::incident::Incident;
use super::pending::Pending;
use super::report::TruthReport;
use super::tree::{self, TRACE_SPANS_MAX, TRACE_SPANS_MIN, Tree};
use super::truth::Truth;
use super::users::Users;
use super::{faults, timing};

/// 2026-11-20T12:00:00Z, the start of the hour unless another is asked for.
pub const DEFAULT_START: Timestamp = Timestamp::from_nanos(1_795_176_000 * NANOS_PER_SECOND);

/// How often an exporter's timer rings in an hour of [`FLUSH_REFERENCE_SPANS`] or more, ns of
/// event time: the default of the SDKs (`OTEL_BSP_SCHEDULE_DELAY`).
pub const FLUSH_NS: i64 = 5 * NANOS_PER_SECOND;

/// The number of spans below which timers ring less often, in proportion. So a smaller run has
/// requests of the same size and the same distance between a span and its parent; with timers of
/// 5 s, a million spans in an hour would make requests of 23 spans that are mostly resource.
pub const FLUSH_REFERENCE_SPANS: u64 = 10_000_000;

/// Traces begin up to this long before the hour's end, so that they end within it, ns.
const LAST_TRACE_NS: i64 = 2 * NANOS_PER_SECOND;

/// What to generate.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// How many spans to generate, exactly.
    pub spans: u64,
    /// The start of the hour in which all spans lie.
    pub start: Timestamp,
    /// How often each exporter's timer rings, ns of event time.
    pub flush_ns: i64,
}

impl Plan {
    /// A plan for `spans` spans in the hour from [`DEFAULT_START`].
    pub fn new(seed: u64, spans: u64) -> Self {
        let scarcity = (FLUSH_REFERENCE_SPANS as f64 / spans.max(1) as f64).max(1.0);
        let flush_ns = ((FLUSH_NS as f64 * scarcity) as i64).min(NANOS_PER_HOUR);
        Self { seed, spans, start: DEFAULT_START, flush_ns }
    }
}

/// An export request of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// An `ExportTraceServiceRequest` message in protobuf.
    pub body: Vec<u8>,
    /// How many spans it holds, at least 1 and at most 512.
    pub spans: u32,
    /// When the exporter sends it, in event time.
    pub sent: Timestamp,
}

/// A reproducible stream of export requests; see [`Plan`].
#[derive(Debug)]
pub struct Generator {
    plan: Plan,
    catalogue: Catalogue,
    users: Users,
    incident: Incident,
    draw: Draw,
    tree: Tree,
    encoder: Encoder,
    truth: Truth,
    /// Spans of the traces begun so far.
    begun: u64,
    pending: Pending,
    exporters: Vec<Exporter>,
    /// (moment, exporter) of every timer's next ring, ns since the epoch.
    timers: BinaryHeap<Reverse<(i64, usize)>>,
    ready: VecDeque<Request>,
    is_over: bool,
}

impl Generator {
    /// The stream of `plan`.
    pub fn new(plan: Plan) -> Self {
        let mut draw = Draw::new(plan.seed);
        let catalogue = Catalogue::new(&mut draw);
        let exporters: Vec<_> = catalogue.instances.iter().map(Exporter::new).collect();
        let flush_ns = plan.flush_ns.max(1);
        let first_ring = |_| plan.start.nanos() + draw.below(flush_ns as u64) as i64;
        let rings: Vec<i64> = (0..exporters.len()).map(first_ring).collect();
        let timers = rings.into_iter().zip(0..).map(Reverse).collect();
        let truth = Truth::new(plan.start, &catalogue, Draw::new(draw.next()));
        Self {
            incident: Incident::of_hour(plan.start),
            plan: Plan { flush_ns, ..plan },
            catalogue,
            users: Users::new(),
            draw,
            tree: Tree::default(),
            encoder: Encoder::default(),
            truth,
            begun: 0,
            pending: Pending::default(),
            exporters,
            timers,
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    /// What the spans hold. It counts whole traces as they begin, so it is right once the stream
    /// has ended, not before. Sorts the durations of every route.
    pub fn truth(&self) -> TruthReport {
        self.truth.report(self.plan.seed, &self.catalogue)
    }

    /// Generates until a request is ready or the hour is over.
    fn advance(&mut self) {
        if self.begun < self.plan.spans {
            self.begin_trace();
            return;
        }
        let end = self.hour_end();
        self.play_until(end);
        for exporter in 0..self.exporters.len() {
            self.flush(exporter, end);
        }
        self.is_over = true;
    }

    fn hour_end(&self) -> i64 {
        self.plan.start.nanos() + NANOS_PER_HOUR
    }

    /// Plays until the next trace begins, and adds its spans to those that run.
    fn begin_trace(&mut self) {
        let left = self.plan.spans - self.begun;
        // The last trace takes what is left, which must not be less than a trace has.
        let size = match left {
            ..=TRACE_SPANS_MAX => left,
            _ => tree::draw_size(&mut self.draw).min(left - TRACE_SPANS_MIN),
        };
        let start = self.trace_start(size);
        self.play_until(start);
        let user = self.users.draw(&mut self.draw);
        self.tree.grow(size as usize, user, &self.catalogue, &mut self.draw);
        let is_incident = self.incident.holds(Timestamp::from_nanos(start));
        let nodes = &mut self.tree.nodes;
        faults::judge(nodes, &self.catalogue, is_incident, &mut self.draw);
        let end = timing::lay_out(nodes, start, &self.catalogue, &mut self.draw);
        let overrun = end - (self.plan.start.nanos() + NANOS_PER_HOUR);
        if overrun > 0 {
            timing::shift(nodes, -overrun);
        }
        self.truth.add_trace(nodes, &self.catalogue);
        for node in nodes {
            self.pending.push(node.span);
        }
        self.begun += size;
    }

    /// When the next trace, of `size` spans, starts, ns since the epoch: spans are spread evenly
    /// over the hour, and the trace starts anywhere in its part.
    fn trace_start(&mut self, size: u64) -> i64 {
        let place = self.begun as f64 + self.draw.fraction() * size as f64;
        let share = place / self.plan.spans as f64;
        self.plan.start.nanos() + (share * (NANOS_PER_HOUR - LAST_TRACE_NS) as f64) as i64
    }

    /// Ends spans and rings timers in the order of their moments, up to `moment`.
    fn play_until(&mut self, moment: i64) {
        loop {
            let end = self.pending.next_end();
            let Some(&Reverse((ring, exporter))) = self.timers.peek() else {
                return;
            };
            if ring.min(end) > moment {
                return;
            }
            if ring <= end {
                self.timers.pop();
                self.timers.push(Reverse((ring + self.plan.flush_ns, exporter)));
                self.flush(exporter, ring);
                continue;
            }
            self.end_span();
        }
    }

    /// Hands the span that ends first to its exporter.
    fn end_span(&mut self) {
        let Some(span) = self.pending.pop() else {
            return;
        };
        let (message, attributes) = self.encoder.encode(&span, &self.catalogue);
        self.truth.add_attributes(attributes);
        let scope = self.catalogue.operations[usize::from(span.operation)].work.scope();
        let place = usize::from(span.instance);
        let exporter = &mut self.exporters[place];
        exporter.add(scope, message);
        if exporter.is_full() {
            self.flush(place, span.end);
        }
    }

    /// Sends what waits in an exporter.
    fn flush(&mut self, exporter: usize, moment: i64) {
        if let Some((body, spans)) = self.exporters[exporter].take() {
            self.ready.push_back(Request { body, spans, sent: Timestamp::from_nanos(moment) });
        }
    }
}

impl Iterator for Generator {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        while self.ready.is_empty() && !self.is_over {
            self.advance();
        }
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests;
