//! Lists traces, page by page: those with the newest or the longest spans first.
//!
//! A trace is where its first span stands of those that pass the query's condition: the newest, or
//! the longest. A search finds the first traces by these spans alone; then all rows of just these
//! traces are read through the trace indexes, and what they say together is the trace's summary.
//! A page ends with a rank and a trace. A trace that has a better span was on a page before, so
//! every trace is listed once, also if it gets further spans meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::quality::FixedState;
use model::{Base, DatasetId, NANOS_PER_HOUR, Result, RowKind, Signal, SpanId, Timestamp, TraceId};
use store::Snapshot;

use crate::engine::Context;
use crate::field::{Field, View};
use crate::scan::{BoundFilter, Member, Members, Plan, Rank, Request, Roles, TopTrace, TopTraces};
use crate::spec::{Filter, Literal, Predicate, Scope, Test};
use crate::statistics::Statistics;

/// How far from the span by which it is listed a trace's other rows are looked for. Work that takes
/// longer is rare, and a year of segments need not be asked about each trace.
const REACH_NS: i64 = NANOS_PER_HOUR;
/// Rows of a page that are told apart from their copies: some megabytes of hashes. Traces beyond it
/// are counted with their copies.
const IDENTITIES_MAX: usize = 500_000;
/// The signals whose rows stand for spans.
const OF_SPANS: [Signal; 2] = [Signal::Spans, Signal::Events];
/// The signals whose rows are counted.
const OF_TRACES: [Signal; 3] = [Signal::Spans, Signal::Logs, Signal::Events];

/// Which traces come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceOrder {
    /// Those with the newest span.
    Newest,
    /// Those with the longest span.
    Longest,
}

/// The fields from which it is told what a span is, under the names that the asker has for them.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanFields {
    /// Its name.
    pub name: Field,
    /// The service that it is of.
    pub service: Field,
    /// The part it plays, as a word.
    pub kind: Field,
    /// True where it failed.
    pub error: Field,
    /// 1 where it says that it did not fail.
    pub status: Field,
    /// How long it took, ms.
    pub duration_ms: Field,
    /// The span above it.
    pub parent: Field,
}

/// A question for traces.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceListQuery {
    /// Traces that have a span among these are listed.
    pub scope: Scope,
    /// What spans are told by.
    pub fields: SpanFields,
    /// Which come first.
    pub order: TraceOrder,
    /// How many.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<TraceCursor>,
}

/// A place in a list of traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceCursor {
    /// The rank of the last trace.
    pub rank: i64,
    /// The last trace.
    pub id: TraceId,
}

/// What a span is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpanHead {
    /// Its name.
    pub name: Option<String>,
    /// The service that it is of.
    pub service: Option<String>,
    /// The part it plays, as a word.
    pub kind: Option<String>,
    /// Whether it failed.
    pub is_error: bool,
    /// Whether it says that it did not.
    pub is_ok: bool,
}

/// What a trace comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSummary {
    /// The trace.
    pub id: TraceId,
    /// The span above all others, the first one if there are several; none if it is not there.
    pub root: Option<SpanHead>,
    /// The span that began first.
    pub first: SpanHead,
    /// When that was.
    pub start: Timestamp,
    /// From then to the end of the last span, ms.
    pub duration_ms: f64,
    /// Spans, each once.
    pub spans: u64,
    /// Spans that failed.
    pub errors: u64,
    /// Log lines.
    pub logs: u64,
    /// Spans above others that are not there.
    pub missing: u64,
    /// The services, by name.
    pub services: BTreeSet<String>,
    /// The datasets.
    pub datasets: BTreeSet<DatasetId>,
}

/// A page of traces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceListAnswer {
    /// The traces, in order.
    pub traces: Vec<TraceSummary>,
    /// Where the next page begins; none behind the last.
    pub next: Option<TraceCursor>,
    /// What it took.
    pub statistics: Statistics,
}

/// Lists traces of a snapshot.
pub(crate) async fn run(
    context: &Context,
    snapshot: &Snapshot,
    query: &TraceListQuery,
) -> Result<TraceListAnswer> {
    let mut answer = TraceListAnswer::default();
    let mut after = query.after.map(|after| (after.rank, after.id));
    while answer.traces.len() < query.limit {
        // One more tells whether there is a next page. Behind the first page some that are found
        // were listed before, by a better span.
        let spare = if query.after.is_some() { query.limit } else { 1 };
        let wanted = query.limit - answer.traces.len() + spare;
        let found = search(context, snapshot, query, wanted, after, &mut answer).await?;
        let is_last = found.len() < wanted;
        let mut summaries = summarise(context, snapshot, query, &found, &mut answer).await?;
        for one in &found {
            let Some(built) = summaries.remove(&one.id) else { continue };
            if built.best.is_some_and(|best| best > one.rank) {
                continue;
            }
            if answer.traces.len() == query.limit {
                answer.next = after.map(|(rank, id)| TraceCursor { rank, id });
                return Ok(answer);
            }
            after = Some((one.rank, one.id));
            answer.traces.push(built.finish(one.id));
        }
        let Some(last) = found.last().filter(|_| !is_last) else { break };
        after = Some((last.rank, last.id));
        if answer.traces.len() == query.limit {
            answer.next = Some(TraceCursor { rank: last.rank, id: last.id });
        }
    }
    Ok(answer)
}

fn rank(query: &TraceListQuery) -> Rank {
    match query.order {
        TraceOrder::Newest => Rank::Newest,
        TraceOrder::Longest => Rank::Greatest(query.fields.duration_ms.clone()),
    }
}

async fn search(
    context: &Context,
    snapshot: &Snapshot,
    query: &TraceListQuery,
    wanted: usize,
    after: Option<(i64, TraceId)>,
    answer: &mut TraceListAnswer,
) -> Result<Vec<TopTrace>> {
    let mut scope = query.scope.clone();
    let fields = match rank(query) {
        Rank::Newest => {
            let until = after.map_or(i64::MAX, |(rank, _)| rank.saturating_add(1));
            scope.end = scope.end.min(Timestamp::from_nanos(until));
            Vec::new()
        }
        Rank::Greatest(field) => vec![field],
    };
    let plan = Plan::new(Request {
        snapshot,
        footers: &context.footers,
        scope: &scope,
        fields,
        bases: vec![Base::Kind, Base::TraceId, Base::SpanId],
        numbered: false,
        rank: rank(query),
        signals: &OF_SPANS,
    })?;
    let stats = Arc::clone(&plan.stats);
    let search = Arc::new(TopTraces::new(plan, rank(query), wanted, after));
    let work = || {
        let search = Arc::clone(&search);
        async move { search.work().await }
    };
    context.spread(work).await?;
    stats.add_to(&mut answer.statistics);
    search.finish()
}

/// Reads all rows of some traces, and adds up what they say.
async fn summarise(
    context: &Context,
    snapshot: &Snapshot,
    query: &TraceListQuery,
    found: &[TopTrace],
    answer: &mut TraceListAnswer,
) -> Result<BTreeMap<TraceId, Building>> {
    let times = || found.iter().map(|trace| Timestamp::from_nanos(trace.time));
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return Ok(BTreeMap::new());
    };
    let field = Field { name: String::new(), attributes: Vec::new(), view: Some(View::TraceId) };
    let ids = found.iter().map(|trace| Literal::Text(trace.id.to_string())).collect();
    let of_traces = Predicate { field, negated: false, test: Test::OneOf(ids) };
    let scope = Scope {
        environment: query.scope.environment,
        datasets: None,
        start: first.saturating_add(-REACH_NS),
        end: last.saturating_add(REACH_NS),
        filter: Some(Filter::Is(of_traces)),
    };
    let roles = roles(&query.fields);
    let filter = query.scope.filter.as_ref().map(BoundFilter::new);
    let plan = Plan::new(Request {
        snapshot,
        footers: &context.footers,
        scope: &scope,
        fields: Members::fields(&roles, filter.as_ref(), &rank(query)),
        bases: crate::scan::MEMBER_BASES.to_vec(),
        numbered: false,
        rank: Rank::Newest,
        signals: &OF_TRACES,
    })?;
    let stats = Arc::clone(&plan.stats);
    let ids = found.iter().map(|trace| trace.id).collect();
    let members = Arc::new(Members::new(plan, ids, roles, filter, rank(query)));
    let built: Arc<Mutex<Buildings>> = Arc::default();
    let asked = Arc::new(query.scope.clone());
    let work = || {
        let (members, built, asked) =
            (Arc::clone(&members), Arc::clone(&built), Arc::clone(&asked));
        async move {
            let take = |member: Member| {
                built.lock().unwrap_or_else(PoisonError::into_inner).add(member, &asked);
            };
            members.work(&take).await
        }
    };
    context.spread(work).await?;
    stats.add_to(&mut answer.statistics);
    let mut built = built.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut built.traces))
}

fn roles(fields: &SpanFields) -> Roles {
    let SpanFields { name, service, kind, error, status, duration_ms, parent } = fields.clone();
    Roles { name, service, kind, error, status, duration: duration_ms, parent }
}

/// Traces while their rows come.
#[derive(Debug, Default)]
struct Buildings {
    traces: BTreeMap<TraceId, Building>,
    identities: usize,
}

/// A trace while its rows come.
#[derive(Debug, Default)]
struct Building {
    /// The best rank of its spans that pass.
    best: Option<i64>,
    seen: BTreeSet<u64>,
    ids: BTreeSet<SpanId>,
    parents: BTreeSet<SpanId>,
    root: Option<(i64, SpanHead)>,
    first: Option<(i64, SpanHead)>,
    /// The end of the last span, ns.
    end: i64,
    spans: u64,
    errors: u64,
    logs: u64,
    services: BTreeSet<String>,
    datasets: BTreeSet<DatasetId>,
}

impl Buildings {
    fn add(&mut self, member: Member, asked: &Scope) {
        let building = self.traces.entry(member.trace).or_default();
        let is_span = match member.row_kind {
            RowKind::Span => true,
            RowKind::Event => member.span.is_some(),
            RowKind::SpanEvent | RowKind::SpanLink | RowKind::Log | RowKind::MetricPoint => false,
        };
        if !is_span && member.row_kind != RowKind::Log {
            return;
        }
        if self.identities < IDENTITIES_MAX {
            if !building.seen.insert(identity(&member)) {
                return;
            }
            self.identities += 1;
        }
        building.datasets.insert(member.dataset);
        match is_span {
            true => building.add_span(member, asked),
            false => building.logs += 1,
        }
    }
}

impl Building {
    fn add_span(&mut self, member: Member, asked: &Scope) {
        let is_asked = member.time >= asked.start.nanos()
            && member.time < asked.end.nanos()
            && asked.datasets.as_ref().is_none_or(|all| all.contains(&member.dataset));
        if is_asked {
            self.best = self.best.max(member.rank);
        }
        self.spans += 1;
        self.errors += u64::from(member.is_error);
        self.ids.insert(member.span);
        if member.parent.is_some() {
            self.parents.insert(member.parent);
        }
        let end = member.time.saturating_add((member.duration_ms * 1e6) as i64);
        self.end = if self.spans == 1 { end } else { self.end.max(end) };
        self.services.extend(member.service.clone());
        let head = SpanHead {
            name: member.name,
            service: member.service,
            kind: member.kind,
            is_error: member.is_error,
            is_ok: member.is_ok,
        };
        let is_before = |known: &Option<(i64, SpanHead)>| {
            known.as_ref().is_none_or(|(time, _)| member.time < *time)
        };
        if !member.has_parent && is_before(&self.root) {
            self.root = Some((member.time, head.clone()));
        }
        if is_before(&self.first) {
            self.first = Some((member.time, head));
        }
    }

    fn finish(self, id: TraceId) -> TraceSummary {
        let (start, first) = self.first.unwrap_or_default();
        TraceSummary {
            id,
            root: self.root.map(|(_, head)| head),
            first,
            start: Timestamp::from_nanos(start),
            duration_ms: self.end.saturating_sub(start) as f64 / 1e6,
            spans: self.spans,
            errors: self.errors,
            logs: self.logs,
            missing: self.parents.difference(&self.ids).count() as u64,
            services: self.services,
            datasets: self.datasets,
        }
    }
}

/// The same for copies of a row, which a client sent again because an acknowledgement was lost.
fn identity(member: &Member) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write_u8(member.row_kind.code());
    hasher.write_u32(member.dataset.0);
    hasher.write_i64(member.time);
    hasher.write(member.span.bytes());
    hasher.write(member.parent.bytes());
    hasher.write_u64(member.duration_ms.to_bits());
    for text in [&member.name, &member.kind, &member.body] {
        hasher.write(text.as_deref().unwrap_or_default().as_bytes());
        hasher.write_u8(0xff);
    }
    hasher.finish()
}
