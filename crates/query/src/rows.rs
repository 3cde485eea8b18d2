//! Lists events as they are, the newest first, page by page.
//!
//! Events of one moment are put in an order that does not depend on where they lie, so that a page
//! goes on where the one before ended although rows have moved from memory into files meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Result, Signal, Timestamp};
use parquet::arrow::arrow_reader::RowSelection;
use store::Snapshot;

use crate::engine::Context;
use crate::progress::Progress;
use crate::row::WholeRow;
use crate::scan::{Choice, Detail, Place, Plan, Rank, Request, Search, Unit, WholeRows};
use crate::spec::{Cursor, RowsQuery, Scope};
use crate::statistics::Statistics;

/// Some events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowsAnswer {
    /// The events, the newest first.
    pub rows: Vec<WholeRow>,
    /// Where the next page begins; none behind a page that was not full.
    pub next: Option<Cursor>,
    /// What it took.
    pub statistics: Statistics,
}

/// Lists events of a snapshot.
pub(crate) async fn run(
    context: &Context,
    snapshot: &Snapshot,
    query: &RowsQuery,
    progress: &Progress,
) -> Result<RowsAnswer> {
    let mut answer = RowsAnswer::default();
    let until = query.after.map_or(i64::MAX, |cursor| cursor.time.nanos());
    let scope = Scope {
        end: query.scope.end.min(Timestamp::from_nanos(until.saturating_add(1))),
        ..query.scope.clone()
    };
    let sample = Sample { scope: &scope, wanted: query.limit, until, detail: Detail::Everything };
    let rows = find(context, snapshot, &sample, progress, &mut answer.statistics).await?;
    (answer.rows, answer.next) = page(rows, query);
    Ok(answer)
}

/// Which events are wanted, and what of them.
pub(crate) struct Sample<'a> {
    pub(crate) scope: &'a Scope,
    /// How many of the newest before `until`.
    pub(crate) wanted: usize,
    /// All events of just this moment are wanted besides, ns.
    pub(crate) until: i64,
    pub(crate) detail: Detail<'a>,
}

/// Finds the newest events, in no order: all those wanted, and others of the last one's moment.
pub(crate) async fn find(
    context: &Context,
    snapshot: &Snapshot,
    sample: &Sample<'_>,
    progress: &Progress,
    statistics: &mut Statistics,
) -> Result<Vec<WholeRow>> {
    let plan = Plan::new(Request {
        snapshot,
        footers: &context.footers,
        scope: sample.scope,
        fields: Vec::new(),
        bases: Vec::new(),
        numbered: true,
        rank: Rank::Newest,
        signals: &Signal::ALL,
    })?;
    let stats = Arc::clone(&plan.stats);
    progress.watch(&stats);
    let search = Arc::new(Search::new(plan, sample.wanted, sample.until));
    context
        .spread(|| {
            let search = Arc::clone(&search);
            async move { search.work().await }
        })
        .await?;
    let whole =
        WholeRows { snapshot, footers: &context.footers, detail: sample.detail, stats: &stats };
    let rows = load(&whole, search.units(), &search.finish()?);
    stats.add_to(statistics);
    Ok(rows)
}

/// Reads the rows at these places, which are in order.
fn load(whole: &WholeRows<'_>, units: &[Arc<Unit>], places: &[Place]) -> Vec<WholeRow> {
    let mut rows = Vec::with_capacity(places.len());
    let mut by_unit: BTreeMap<usize, Vec<Place>> = BTreeMap::new();
    for place in places {
        by_unit.entry(place.unit).or_default().push(*place);
    }
    for (unit, places) in by_unit {
        match &*units[unit] {
            Unit::Memory(batches) => {
                rows.extend(
                    places.iter().map(|place| whole.in_memory(&batches[place.part], place.row)),
                );
            }
            Unit::Group(unit) => {
                let segment = &unit.scan.segment;
                let all = segment.meta.groups[unit.group] as usize;
                let ranges = places.iter().map(|place| place.row..place.row + 1);
                let choice = Choice::Rows(RowSelection::from_consecutive_ranges(ranges, all));
                match whole.in_segment(segment, unit.group, &choice) {
                    Ok(found) => rows.extend(found.into_iter().map(|(_, row)| row)),
                    Err(error) => whole.stats.cannot_read(&error),
                }
            }
        }
    }
    rows
}

/// Puts rows in order, leaves out those that were listed before, and cuts a page off.
fn page(rows: Vec<WholeRow>, query: &RowsQuery) -> (Vec<WholeRow>, Option<Cursor>) {
    let mut keyed: Vec<(Timestamp, u64, WholeRow)> =
        rows.into_iter().map(|row| (row.time, row.tie(), row)).collect();
    keyed.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    if let Some(after) = query.after {
        let mut listed = after.listed;
        keyed.retain(|(time, tie, _)| {
            if (*time, *tie) == (after.time, after.tie) && listed > 0 {
                listed -= 1;
                return false;
            }
            *time < after.time || *tie >= after.tie
        });
    }
    keyed.truncate(query.limit);
    let is_full = keyed.len() == query.limit;
    let next = keyed.last().filter(|_| is_full).map(|(time, tie, _)| {
        let here = keyed.iter().filter(|(t, i, _)| (t, i) == (time, tie)).count() as u64;
        let before = query.after.filter(|after| (after.time, after.tie) == (*time, *tie));
        Cursor { time: *time, tie: *tie, listed: here + before.map_or(0, |after| after.listed) }
    });
    (keyed.into_iter().map(|(.., row)| row).collect(), next)
}
