//! Answers questions about groups of events.
//!
//! A first scan finds the groups that are asked for; their series, if wanted, come from a second
//! one over the same snapshot, which leaves all other groups out: so a series costs memory for the
//! groups that are shown and not for those that are not.

mod accumulate;
mod bind;
mod extract;
mod plan;
mod totals;

use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Int64Type};
use datafusion_physical_plan::{ExecutionPlan, collect};
use model::{Error, ErrorKind, Result, Signal, Timestamp};
use store::Snapshot;

use crate::datum::Datum;
use crate::engine::Context;
use crate::failure::engine_failed;
use crate::field::Field;
use crate::groups::GroupSet;
use crate::partial::{
    DISTINCT_ERROR, DISTINCT_EXACT_MAX, EvenBuckets, HeatmapBucket, Histogram, Partial as _,
};
use crate::progress::Progress;
use crate::scan::{Plan, Rank, Request, ScanExec};
use crate::spec::{Aggregate, AggregateQuery};
use crate::statistics::Statistics;
use bind::{Bound, fields_of};
use totals::Totals;

/// Most values of all series of an answer: with their names some hundred bytes each.
const SERIES_VALUES_MAX: u128 = 2_000_000;

/// What was found out about groups.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AggregateAnswer {
    /// The groups, in order.
    pub groups: Vec<Group>,
    /// Their series, by time and then in the order of the groups; without empty steps.
    pub series: Vec<Point>,
    /// What was calculated of all groups together, if that was asked for.
    pub total: Option<Vec<Calculated>>,
    /// The series of that, by time; the group of its points is 0.
    pub total_series: Vec<Point>,
    /// What was calculated of the groups that are not shown, if that was asked for.
    pub rest: Option<Vec<Calculated>>,
    /// What it took.
    pub statistics: Statistics,
}

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its values of the fields that groups are by; none where its events do not have the field.
    pub keys: Vec<Option<Datum>>,
    /// What was calculated, in the order asked for.
    pub values: Vec<Calculated>,
}

/// What was calculated of the events of a group in one step of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The first moment of the step.
    pub time: Timestamp,
    /// The place of the group among the groups.
    pub group: usize,
    /// What was calculated, in the order asked for.
    pub values: Vec<Calculated>,
}

/// The outcome of an aggregate.
#[derive(Clone, Debug, PartialEq)]
pub enum Calculated {
    /// There was nothing to calculate with.
    Nothing,
    /// A value.
    Value(Datum),
    /// A distribution, by size and in buckets of equal width; the latter are none where it has no
    /// value.
    Heatmap(Vec<HeatmapBucket>, Option<EvenBuckets>),
}

/// Answers a question from a snapshot.
pub(crate) async fn run(
    context: &Context,
    snapshot: &Snapshot,
    query: &AggregateQuery,
    progress: &Progress,
) -> Result<AggregateAnswer> {
    let mut answer = AggregateAnswer::default();
    let fields = fields_of(query);
    let plan = scan(context, snapshot, query, &fields)?;
    let bound = Bound::new(query, &plan.fields, &plan.types, None);
    let stats = Arc::clone(&plan.stats);
    progress.watch(&stats);
    let scan_exec = Arc::new(ScanExec::new(plan, bound.outputs.clone(), None, context.partitions));
    let besides = query.beside.total || query.beside.rest;
    let totals = besides.then(|| Arc::new(Totals::new(&bound, bound.groups)));
    let groups = plan::groups(scan_exec, &bound, query.limit, context.partitions, totals.clone())
        .map_err(engine_failed)?;
    let batches = execute(context, groups, &mut answer.statistics).await?;
    stats.add_to(&mut answer.statistics);
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let keys = (0..bound.groups).map(|at| Datum::of(batch.column(at), row)).collect();
            answer.groups.push(Group { keys, values: values(batch, bound.groups, query, row)? });
        }
    }
    answer.groups.truncate(query.limit);
    let found = Found { groups: &batches, progress };
    let width = query.step.map(|step| i64::try_from(step.as_nanos()).unwrap_or(i64::MAX).max(1));
    if let Some(width) = width
        && !answer.groups.is_empty()
    {
        check_series(query, answer.groups.len(), width)?;
        answer.series =
            series(context, snapshot, query, width, &found, &mut answer.statistics).await?;
    }
    if let Some(totals) = totals {
        beside(context, snapshot, query, &bound, &totals, &found, &mut answer).await?;
        if query.beside.total
            && let Some(width) = width
        {
            let all = AggregateQuery { groups: Vec::new(), ..query.clone() };
            answer.total_series =
                series(context, snapshot, &all, width, &found, &mut answer.statistics).await?;
        }
    }
    note_estimates(query, &mut answer);
    Ok(answer)
}

/// Works out the total and the rest. The total is there already; the rest takes a second scan,
/// since only now it is known which groups are shown, unless all of them are.
async fn beside(
    context: &Context,
    snapshot: &Snapshot,
    query: &AggregateQuery,
    bound: &Bound,
    totals: &Totals,
    found: &Found<'_>,
    answer: &mut AggregateAnswer,
) -> Result<()> {
    if query.beside.total {
        answer.total = Some(values(&totals.read(bound)?, 0, query, 0)?);
    }
    if !query.beside.rest {
        return Ok(());
    }
    let rest = Totals::new(bound, 0);
    if totals.groups() > answer.groups.len() as u64 {
        let plan = scan(context, snapshot, query, &fields_of(query))?;
        let stats = Arc::clone(&plan.stats);
        found.progress.watch(&stats);
        let others = match answer.groups.is_empty() {
            true => None,
            false => Some(Arc::new(GroupSet::of_rows(found.groups, bound.groups)?.others())),
        };
        let scan_exec = ScanExec::new(plan, bound.outputs.clone(), others, context.partitions);
        let all = plan::together(Arc::new(scan_exec), bound, context.partitions);
        let all = all.map_err(engine_failed)?;
        for batch in execute(context, all, &mut answer.statistics).await? {
            rest.add(&batch)?;
        }
        stats.add_to(&mut answer.statistics);
    }
    answer.rest = Some(values(&rest.read(bound)?, 0, query, 0)?);
    Ok(())
}

/// Refuses a series that would be larger than anybody can look at, before it is worked out.
fn check_series(query: &AggregateQuery, groups: usize, width: i64) -> Result<()> {
    let range = query.scope.end.nanos().saturating_sub(query.scope.start.nanos());
    let steps = range / width + 1;
    let values = steps as u128 * groups as u128 * query.aggregates.len() as u128;
    if values <= SERIES_VALUES_MAX {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::TooCostly,
        format!(
            "the series of {groups} groups in {steps} steps may have {values} values, and \
             {SERIES_VALUES_MAX} is the most: lower the limit, take longer steps, or ask without \
             series"
        ),
    ))
}

fn scan(
    context: &Context,
    snapshot: &Snapshot,
    query: &AggregateQuery,
    fields: &[Field],
) -> Result<Plan> {
    let footers = &context.footers;
    let bases = vec![model::Base::SampleRate];
    let fields = fields.to_vec();
    Plan::new(Request {
        snapshot,
        footers,
        scope: &query.scope,
        fields,
        bases,
        numbered: false,
        rank: Rank::Newest,
        signals: &Signal::ALL,
    })
}

/// What a first scan found, and who watches the second.
struct Found<'a> {
    groups: &'a [RecordBatch],
    progress: &'a Progress,
}

/// The series of the groups that a first scan found.
async fn series(
    context: &Context,
    snapshot: &Snapshot,
    query: &AggregateQuery,
    width: i64,
    found: &Found<'_>,
    statistics: &mut Statistics,
) -> Result<Vec<Point>> {
    let query = AggregateQuery { havings: Vec::new(), orders: Vec::new(), ..query.clone() };
    let keys = query.groups.len();
    let plan = scan(context, snapshot, &query, &fields_of(&query))?;
    let bound = Bound::new(&query, &plan.fields, &plan.types, Some(width));
    let stats = Arc::clone(&plan.stats);
    found.progress.watch(&stats);
    let set = (keys > 0).then(|| GroupSet::of_rows(found.groups, keys)).transpose()?.map(Arc::new);
    let scan_exec = ScanExec::new(plan, bound.outputs.clone(), set.clone(), context.partitions);
    let all =
        plan::all_groups(Arc::new(scan_exec), &bound, context.partitions).map_err(engine_failed)?;
    let batches = execute(context, all, statistics).await?;
    stats.add_to(statistics);
    let mut points = Vec::new();
    for batch in &batches {
        let places = match &set {
            Some(set) => set.places(batch)?,
            None => vec![Some(0); batch.num_rows()],
        };
        let times = batch.column(keys).as_primitive::<Int64Type>();
        for (row, place) in places.into_iter().enumerate() {
            // A bucket without rows exists only where there are no groups and no rows at all.
            let (Some(group), true) = (place, times.is_valid(row)) else { continue };
            let time = Timestamp::from_nanos(times.value(row));
            points.push(Point { time, group, values: values(batch, bound.groups, &query, row)? });
        }
    }
    points.sort_by_key(|point| (point.time, point.group));
    Ok(points)
}

async fn execute(
    context: &Context,
    plan: Arc<dyn ExecutionPlan>,
    statistics: &mut Statistics,
) -> Result<Vec<RecordBatch>> {
    let batches = collect(Arc::clone(&plan), context.task()).await.map_err(engine_failed)?;
    add_spills(&*plan, statistics);
    Ok(batches)
}

fn add_spills(plan: &dyn ExecutionPlan, statistics: &mut Statistics) {
    if let Some(metrics) = plan.metrics() {
        statistics.spill_files += metrics.spill_count().unwrap_or(0) as u64;
        statistics.spilled_bytes += metrics.spilled_bytes().unwrap_or(0) as u64;
    }
    for child in plan.children() {
        add_spills(&**child, statistics);
    }
}

fn values(
    batch: &RecordBatch,
    groups: usize,
    query: &AggregateQuery,
    row: usize,
) -> Result<Vec<Calculated>> {
    let of = |place: usize| -> Result<Calculated> {
        let column = batch.column(groups + place);
        if *column.data_type() == DataType::Binary {
            let state = column.as_binary::<i32>().value(row);
            let histogram = Histogram::decode(state)?;
            return Ok(Calculated::Heatmap(histogram.heatmap(), histogram.even()));
        }
        Ok(Datum::of(column, row).map_or(Calculated::Nothing, Calculated::Value))
    };
    (0..query.aggregates.len()).map(of).collect()
}

/// Says so where a number is an estimate.
fn note_estimates(query: &AggregateQuery, answer: &mut AggregateAnswer) {
    let beside = answer.total.iter().chain(&answer.rest);
    let mut all = answer.groups.iter().map(|group| &group.values).chain(beside);
    let estimated = all.any(|values| {
        query.aggregates.iter().zip(values).any(|(aggregate, value)| {
            let Calculated::Value(Datum::Int(count)) = value else { return false };
            matches!(aggregate, Aggregate::Distinct(_)) && *count > DISTINCT_EXACT_MAX as i64
        })
    });
    answer.statistics.estimate_error = estimated.then_some(DISTINCT_ERROR);
}
