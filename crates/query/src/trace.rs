//! Collects a trace: its spans, their events and links, and the log lines that name it.
//!
//! Files are asked through their trace indexes, so that a trace costs a few small reads for each
//! segment that does not have it and a few pages for each that does.

use std::collections::HashMap;
use std::sync::Arc;

use model::{EnvironmentId, Error, ErrorKind, Result, RowKind, Signal, SpanId, TraceId};
use store::{Segment, Snapshot, unreadable};
use tokio::task::yield_now;

use crate::engine::Context;
use crate::row::WholeRow;
use crate::scan::{Choice, Detail, ScanStats, WholeRows, scope_of_segment, selection_of_blocks};
use crate::statistics::Statistics;

/// The most rows that a trace may have to be shown at once.
const ROWS_MAX: usize = 500_000;

/// Which trace is wanted, and what of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceQuery {
    /// Where it was recorded.
    pub environment: EnvironmentId,
    /// The trace.
    pub id: TraceId,
    /// The attributes that are read; all if unset.
    pub attributes: Option<Vec<String>>,
}

/// A trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceAnswer {
    /// Its spans in the order of their starts, each once.
    pub spans: Vec<WholeRow>,
    /// Their events in the order of their times.
    pub events: Vec<WholeRow>,
    /// Their links.
    pub links: Vec<WholeRow>,
    /// The log lines that name it, in the order of their times.
    pub logs: Vec<WholeRow>,
    /// Rows that say what another says: a client sent them again because an acknowledgement was
    /// lost.
    pub doubled: u64,
    /// What it took.
    pub statistics: Statistics,
}

/// Collects a trace from a snapshot.
pub(crate) async fn run(
    context: &Context,
    snapshot: &Snapshot,
    query: &TraceQuery,
) -> Result<TraceAnswer> {
    let stats = Arc::new(ScanStats::default());
    let names: Vec<&str> = query.attributes.iter().flatten().map(String::as_str).collect();
    let mut rows = Vec::new();
    for signal in Signal::ALL {
        // Lines and events are told apart by all that they say.
        let detail = match query.attributes {
            Some(_) if signal == Signal::Spans => Detail::Attributes(&names),
            _ => Detail::Everything,
        };
        let whole = WholeRows { snapshot, footers: &context.footers, detail, stats: &stats };
        for mem in snapshot.batches(query.environment, signal) {
            let of_trace = |row: &usize| mem.batch.trace_ids()[*row] == query.id;
            let is_live =
                |row: &usize| snapshot.datasets().get(mem.dataset_of(*row as u32)).is_some();
            let found = (0..mem.batch.rows()).filter(of_trace).filter(is_live);
            rows.extend(found.map(|row| whole.in_memory(mem, row)));
            check_rows(query.id, &rows)?;
            yield_now().await;
        }
        for segment in snapshot.segments(query.environment, signal) {
            stats.note_segment(&segment.meta);
            if let Err(error) = add_segment(&whole, segment, query.id, &mut rows) {
                if error.kind() == ErrorKind::TooCostly {
                    return Err(error);
                }
                stats.cannot_read(&error);
            }
            yield_now().await;
        }
    }
    let mut answer = sort(rows);
    stats.add_to(&mut answer.statistics);
    Ok(answer)
}

fn check_rows(id: TraceId, rows: &[WholeRow]) -> Result<()> {
    if rows.len() <= ROWS_MAX {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::TooCostly,
        format!(
            "trace {id} has more than {ROWS_MAX} spans, events, links and log lines: ask for parts \
             of it with a query that filters by its id"
        ),
    ))
}

fn add_segment(
    whole: &WholeRows<'_>,
    segment: &Segment,
    id: TraceId,
    rows: &mut Vec<WholeRow>,
) -> Result<()> {
    let meta = &segment.meta;
    let entries = whole
        .snapshot
        .trace_index(segment)?
        .find(id)
        .map_err(|error| unreadable(&meta.index_path(), error))?;
    if entries.is_empty() {
        return Ok(());
    }
    let scope = scope_of_segment(whole.snapshot, meta);
    let mut groups: Vec<usize> = entries.iter().map(|entry| entry.group as usize).collect();
    groups.dedup();
    whole.stats.note_read(groups.len());
    for group in groups {
        let all = meta.groups.get(group).copied().unwrap_or_default() as usize;
        let choice = Choice::Trace(selection_of_blocks(&entries, group, all), id);
        let found = whole.in_segment(segment, group, &choice)?;
        let shown = |row: &WholeRow| scope.shows(row.dataset, row.time.nanos());
        rows.extend(found.into_iter().map(|(_, row)| row).filter(shown));
        check_rows(id, rows)?;
    }
    Ok(())
}

/// Sorts rows by what they are, each once.
fn sort(mut rows: Vec<WholeRow>) -> TraceAnswer {
    rows.sort_by(|a, b| {
        let key = |row: &WholeRow| (row.time, row.position, row.span_id);
        key(a).cmp(&key(b))
    });
    let mut answer = TraceAnswer::default();
    // How often each span is there.
    let mut copies: HashMap<SpanId, u64> = HashMap::new();
    let mut seen: HashMap<u64, u64> = HashMap::new();
    for row in rows.iter().filter(|row| row.kind == RowKind::Span) {
        let times = seen.entry(row.identity()).or_default();
        *times += 1;
        let copies = copies.entry(row.span_id).or_default();
        *copies = (*copies).max(*times);
    }
    seen.clear();
    for row in rows {
        let times = seen.entry(row.identity()).or_default();
        *times += 1;
        let is_doubled = match row.kind {
            RowKind::Span => *times > 1,
            // A span that came twice has its events and links with it each time. Two that are
            // equal on a span that came once are what its program recorded.
            RowKind::SpanEvent | RowKind::SpanLink => {
                let copies = copies.get(&row.parent_id).copied().unwrap_or(1);
                !(*times - 1).is_multiple_of(copies)
            }
            // Two equal lines of one nanosecond cannot be told from one that came twice.
            RowKind::Log | RowKind::MetricPoint | RowKind::Event => *times > 1,
        };
        if is_doubled {
            answer.doubled += 1;
            continue;
        }
        match row.kind {
            RowKind::Span => answer.spans.push(row),
            RowKind::Event if row.span_id.is_some() => answer.spans.push(row),
            RowKind::SpanEvent | RowKind::Event | RowKind::MetricPoint => answer.events.push(row),
            RowKind::SpanLink => answer.links.push(row),
            RowKind::Log => answer.logs.push(row),
        }
    }
    answer
}
