//! The engine's plan for a question about groups, put together by hand: there is nothing to
//! optimise in it, and it is ready in microseconds.

use std::sync::Arc;

use arrow::compute::SortOptions;
use datafusion_common::Result as EngineResult;
use datafusion_expr::AggregateUDF;
use datafusion_functions_aggregate::sum::sum_udaf;
use datafusion_physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion_physical_expr::expressions::Column;
use datafusion_physical_expr::{LexOrdering, Partitioning, PhysicalExpr, PhysicalSortExpr};
use datafusion_physical_plan::ExecutionPlan;
use datafusion_physical_plan::aggregates::{AggregateExec, AggregateMode, PhysicalGroupBy};
use datafusion_physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion_physical_plan::filter::FilterExec;
use datafusion_physical_plan::projection::ProjectionExec;
use datafusion_physical_plan::repartition::RepartitionExec;
use datafusion_physical_plan::sorts::sort::SortExec;
use datafusion_physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;

use super::accumulate::{Fed, function};
use super::bind::{Bound, Kept};
use super::totals::{Totals, TotalsExec};
use crate::partial::{DistinctSet, FloatMoments, Histogram, IntMoments};

type Plan = Arc<dyn ExecutionPlan>;
type Expr = Arc<dyn PhysicalExpr>;

/// The groups of a scan, those that pass, in order, at most `limit`; all in one partition. All of
/// them, whether they pass or not, are added to `totals`.
pub(super) fn groups(
    scan: Plan,
    bound: &Bound,
    limit: usize,
    partitions: usize,
    totals: Option<Arc<Totals>>,
) -> EngineResult<Plan> {
    let mut states: Plan = Arc::new(states(scan, bound, bound.groups, partitions)?);
    if let Some(totals) = totals {
        states = Arc::new(TotalsExec::new(states, totals));
    }
    let mut plan: Plan = Arc::new(projection(states, bound)?);
    if !bound.conditions.0.is_empty() {
        plan = Arc::new(FilterExec::try_new(Arc::new(bound.conditions.clone()), plan)?);
    }
    let orders = bound.orders.iter().map(|(column, descending)| {
        let options = SortOptions { descending: *descending, nulls_first: false };
        PhysicalSortExpr::new(at(*column), options)
    });
    let Some(orders) = LexOrdering::new(orders) else { return Ok(plan) };
    if bound.groups == 0 {
        return Ok(plan);
    }
    let sorted = SortExec::new(orders.clone(), plan)
        .with_preserve_partitioning(true)
        .with_fetch(Some(limit));
    Ok(Arc::new(SortPreservingMergeExec::new(orders, Arc::new(sorted)).with_fetch(Some(limit))))
}

/// What was asked for of every group, in no order.
pub(super) fn all_groups(scan: Plan, bound: &Bound, partitions: usize) -> EngineResult<Plan> {
    let states: Plan = Arc::new(states(scan, bound, bound.groups, partitions)?);
    Ok(Arc::new(CoalescePartitionsExec::new(Arc::new(projection(states, bound)?))))
}

/// The states of all rows of a scan together.
pub(super) fn together(scan: Plan, bound: &Bound, partitions: usize) -> EngineResult<Plan> {
    Ok(Arc::new(states(scan, bound, 0, partitions)?))
}

/// The states of every group by the first `groups` columns of the scan.
fn states(
    scan: Plan,
    bound: &Bound,
    groups: usize,
    partitions: usize,
) -> EngineResult<AggregateExec> {
    let schema = scan.schema();
    let functions = bound
        .kept
        .iter()
        .enumerate()
        .map(|(number, kept)| {
            let built = match kept {
                Kept::Weight(column) => AggregateExprBuilder::new(sum_udaf(), vec![at(*column)]),
                Kept::Ints(column) => fed::<IntMoments>(*column, bound),
                Kept::Floats(column) => fed::<FloatMoments>(*column, bound),
                Kept::Histogram(column) => fed::<Histogram>(*column, bound),
                Kept::Distinct(column) => fed::<DistinctSet>(*column, bound),
            };
            built.schema(Arc::clone(&schema)).alias(format!("s{number}")).build().map(Arc::new)
        })
        .collect::<EngineResult<Vec<Arc<AggregateFunctionExpr>>>>()?;
    let by = |column: usize| (at(column), format!("c{column}"));
    let group_by = PhysicalGroupBy::new_single((0..groups).map(by).collect());
    let unfiltered = vec![None; functions.len()];
    let partial: Plan = Arc::new(AggregateExec::try_new(
        AggregateMode::Partial,
        group_by.clone(),
        functions.clone(),
        unfiltered.clone(),
        scan,
        Arc::clone(&schema),
    )?);
    let (mode, exchanged): (AggregateMode, Plan) = if groups == 0 {
        (AggregateMode::Final, Arc::new(CoalescePartitionsExec::new(partial)))
    } else {
        let by_group = Partitioning::Hash((0..groups).map(at).collect(), partitions);
        let exchange = RepartitionExec::try_new(partial, by_group)?;
        (AggregateMode::FinalPartitioned, Arc::new(exchange))
    };
    let group_by = group_by.as_final();
    AggregateExec::try_new(mode, group_by, functions, unfiltered, exchanged, schema)
}

fn fed<S: Fed>(column: usize, bound: &Bound) -> AggregateExprBuilder {
    let function: Arc<AggregateUDF> = function::<S>();
    AggregateExprBuilder::new(function, vec![at(column), at(bound.weight)])
}

/// The group's columns, and what is read out of its states.
fn projection(states: Plan, bound: &Bound) -> EngineResult<ProjectionExec> {
    let groups = (0..bound.groups).map(|column| (at(column), format!("c{column}")));
    let readings = bound.readings.iter().enumerate().map(|(number, reading)| {
        let reading: Expr = Arc::new(reading.clone());
        (reading, format!("r{number}"))
    });
    ProjectionExec::try_new(groups.chain(readings).collect::<Vec<_>>(), states)
}

fn at(column: usize) -> Expr {
    Arc::new(Column::new(&format!("c{column}"), column))
}
