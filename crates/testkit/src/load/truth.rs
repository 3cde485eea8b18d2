//! What the generated spans hold, counted while they are generated.
//!
//! Checks compare a server's answers with these figures. They are exact: durations are kept one by
//! one for each route (8 bytes a served request), users and traces are counted one by one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use model::{NANOS_PER_SECOND, Timestamp, TraceId};

use super::catalogue::Catalogue;
use super::draw::Draw;
use super::incident::Incident;
use super::operation::Work;
use super::report::{
    RouteReport, ServiceReport, TraceReport, TruthReport, UserReport, UsersReport,
};
use super::shop::{SERVICE_COUNT, SERVICES};
use super::span::{Outcome, trace_id};
use super::tree::{Node, TRACE_SPANS_MAX};
use super::users::{USERS, user_id};

/// How many traces are remembered with their number of spans.
const SAMPLE_TRACES: usize = 1_000;
/// How many of the busiest users a report names.
const TOP_USERS: usize = 100;
/// Minutes of the hour that spans lie in.
const MINUTES: usize = 60;
/// Statements that took at least this long count as slow, ns.
const SLOW_STATEMENT_NS: i64 = 10_000_000;

/// Totals over the traces generated so far.
#[derive(Debug)]
pub(super) struct Truth {
    start: Timestamp,
    totals: Totals,
    services: [ServiceReport; SERVICE_COUNT],
    minutes: [u64; MINUTES],
    trace_sizes: [u64; TRACE_SPANS_MAX as usize + 1],
    /// Spans that carry each user, by rank.
    users: Vec<u64>,
    /// Durations of served requests in ns, by route.
    routes: Vec<Vec<u64>>,
    /// (seed, spans) of traces drawn evenly.
    sample: Vec<(u64, u64)>,
    draw: Draw,
}

/// Plain counts.
#[derive(Debug, Default)]
struct Totals {
    spans: u64,
    traces: u64,
    attributes: u64,
    errors: u64,
    exceptions: u64,
    slow_postgresql: u64,
    incident_spans: u64,
    incident_errors: u64,
}

impl Truth {
    /// Nothing yet, for spans in the hour that begins at `start`; `draw` picks the sampled traces.
    pub(super) fn new(start: Timestamp, catalogue: &Catalogue, draw: Draw) -> Self {
        Self {
            start,
            totals: Totals::default(),
            services: [const { ServiceReport { spans: 0, status_500_or_more: 0 } }; SERVICE_COUNT],
            minutes: [0; MINUTES],
            trace_sizes: [0; TRACE_SPANS_MAX as usize + 1],
            users: vec![0; USERS as usize],
            routes: vec![Vec::new(); catalogue.routes.len()],
            sample: Vec::with_capacity(SAMPLE_TRACES),
            draw,
        }
    }

    /// Counts a whole trace.
    pub(super) fn add_trace(&mut self, nodes: &[Node], catalogue: &Catalogue) {
        for node in nodes {
            self.add_span(node, catalogue);
        }
        let spans = nodes.len();
        self.totals.traces += 1;
        self.totals.spans += spans as u64;
        self.trace_sizes[spans] += 1;
        let entry = (nodes[0].span.trace, spans as u64);
        if self.sample.len() < SAMPLE_TRACES {
            self.sample.push(entry);
            return;
        }
        let place = self.draw.below(self.totals.traces) as usize;
        if let Some(kept) = self.sample.get_mut(place) {
            *kept = entry;
        }
    }

    /// Counts the attributes of a span.
    pub(super) fn add_attributes(&mut self, count: u64) {
        self.totals.attributes += count;
    }

    fn add_span(&mut self, node: &Node, catalogue: &Catalogue) {
        let span = &node.span;
        let operation = &catalogue.operations[usize::from(span.operation)];
        let service = &mut self.services[Catalogue::service_of(span.instance)];
        service.spans += 1;
        service.status_500_or_more += u64::from(span.status >= 500);
        let second = (span.start - self.start.nanos()) / NANOS_PER_SECOND;
        self.minutes[second as usize / 60] += 1;
        let is_error = span.outcome != Outcome::Fine;
        self.totals.errors += u64::from(is_error);
        self.totals.exceptions += u64::from(span.outcome == Outcome::Raised);
        self.totals.incident_spans += u64::from(node.is_slowed);
        self.totals.incident_errors += u64::from(node.is_slowed && is_error);
        let is_slow = operation.is_postgresql && node.duration >= SLOW_STATEMENT_NS;
        self.totals.slow_postgresql += u64::from(is_slow);
        if matches!(operation.work, Work::Serve | Work::Function) {
            self.users[span.user as usize] += 1;
        }
        if let Some(route) = operation.route {
            self.routes[usize::from(route)].push(node.duration as u64);
        }
    }

    /// The report of all that was counted.
    pub(super) fn report(&self, seed: u64, catalogue: &Catalogue) -> TruthReport {
        let services = SERVICES.iter().zip(&self.services);
        let sizes = (0..).zip(self.trace_sizes).filter(|&(_, traces)| traces > 0);
        let (slowed, failed) = (self.totals.incident_spans, self.totals.incident_errors);
        TruthReport {
            seed,
            start: self.start.to_string(),
            spans: self.totals.spans,
            traces: self.totals.traces,
            errors: self.totals.errors,
            exceptions: self.totals.exceptions,
            attributes: self.totals.attributes,
            slow_postgresql: self.totals.slow_postgresql,
            services: services
                .map(|(shop, report)| (shop.name.to_owned(), report.clone()))
                .collect(),
            routes: self.route_reports(catalogue),
            users: self.users_report(),
            minutes: self.minutes.to_vec(),
            trace_sizes: sizes.collect(),
            sample_traces: self.sample_report(),
            incident: Incident::of_hour(self.start).report(catalogue, slowed, failed),
        }
    }

    fn users_report(&self) -> UsersReport {
        let mut ranks: Vec<u32> =
            (0..USERS).filter(|&rank| self.users[rank as usize] > 0).collect();
        ranks.sort_unstable_by_key(|&rank| (Reverse(self.users[rank as usize]), user_id(rank)));
        let top = ranks.iter().take(TOP_USERS).map(|&rank| UserReport {
            user: String::from_utf8_lossy(&user_id(rank)).into_owned(),
            spans: self.users[rank as usize],
        });
        UsersReport {
            distinct: ranks.len() as u64,
            spans: self.users.iter().sum(),
            top: top.collect(),
        }
    }

    fn route_reports(&self, catalogue: &Catalogue) -> BTreeMap<String, RouteReport> {
        let reports = catalogue.routes.iter().zip(&self.routes).filter(|(_, all)| !all.is_empty());
        reports
            .map(|(&route, durations)| {
                let mut sorted = durations.clone();
                sorted.sort_unstable();
                (route.to_owned(), route_report(route, &sorted))
            })
            .collect()
    }

    fn sample_report(&self) -> Vec<TraceReport> {
        let traces = self.sample.iter().map(|&(seed, spans)| TraceReport {
            trace_id: TraceId::new(trace_id(seed)).to_string(),
            spans,
        });
        let mut traces: Vec<_> = traces.collect();
        traces.sort_unstable_by(|a, b| a.trace_id.cmp(&b.trace_id));
        traces
    }
}

/// The report of a route whose durations are `sorted` and not empty.
fn route_report(route: &str, sorted: &[u64]) -> RouteReport {
    let serves = |path: &str| path == route;
    let service = SERVICES.iter().find(|shop| shop.routes.iter().any(|r| serves(r.path)));
    RouteReport {
        service: service.expect("every route belongs to a service").name.to_owned(),
        spans: sorted.len() as u64,
        sum_ns: sorted.iter().sum(),
        p50_ns: nearest_rank(sorted, 0.5),
        p90_ns: nearest_rank(sorted, 0.9),
        p95_ns: nearest_rank(sorted, 0.95),
        p99_ns: nearest_rank(sorted, 0.99),
        p999_ns: nearest_rank(sorted, 0.999),
        max_ns: nearest_rank(sorted, 1.0),
    }
}

/// The smallest of `sorted` that at least `share` of them do not exceed.
pub(super) fn nearest_rank(sorted: &[u64], share: f64) -> u64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}
