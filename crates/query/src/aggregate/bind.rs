//! What a question about groups needs: columns of a scan, states, and what is read out of them.

use crate::field::Field;
use crate::scan::{FieldTypes, Form, Output};
use crate::spec::{Aggregate, AggregateQuery, Having, OrderBy};

use super::extract::{Condition, Conditions, Extract, Reading};

/// A state that is kept for each group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// The sum of the weights in a column.
    Weight(usize),
    /// Moments of the integers in a column.
    Ints(usize),
    /// Moments of the numbers in a column.
    Floats(usize),
    /// The histogram of a column.
    Histogram(usize),
    /// The set of the hashes in a column.
    Distinct(usize),
}

/// A question, bound to the types that its fields have.
#[derive(Debug)]
pub(super) struct Bound {
    /// The scan's columns, the group's fields first.
    pub(super) outputs: Vec<Output>,
    /// How many of them say which group a row is of.
    pub(super) groups: usize,
    /// The scan column of the weights.
    pub(super) weight: usize,
    /// The states, in the order of their columns behind the group's.
    pub(super) kept: Vec<Kept>,
    /// What is read out of them: first what was asked for, then what conditions and orders need.
    pub(super) readings: Vec<Extract>,
    /// Which groups pass.
    pub(super) conditions: Conditions,
    /// Columns of the readings that groups are sorted by, and whether the greatest comes first.
    pub(super) orders: Vec<(usize, bool)>,
}

/// Every field that a question reads, conditions apart; each once.
pub(super) fn fields_of(query: &AggregateQuery) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let of_havings = query.havings.iter().filter_map(|having| having.aggregate.field());
    let of_orders = query.orders.iter().filter_map(|order| match &order.by {
        OrderBy::Aggregate(aggregate) => aggregate.field(),
        OrderBy::Group(_) => None,
    });
    let of_aggregates = query.aggregates.iter().filter_map(Aggregate::field);
    for field in query.groups.iter().chain(of_aggregates).chain(of_havings).chain(of_orders) {
        if !fields.contains(field) {
            fields.push(field.clone());
        }
    }
    fields
}

impl Bound {
    /// Binds a question. With `bucket`, groups are also told apart by the bucket of that width, ns.
    pub(super) fn new(
        query: &AggregateQuery,
        fields: &[Field],
        types: &[FieldTypes],
        bucket: Option<i64>,
    ) -> Self {
        let mut outputs: Vec<Output> = query
            .groups
            .iter()
            .filter_map(|group| fields.iter().position(|field| field == group))
            .map(|field| Output::Field { field, form: Form::for_groups(types[field]) })
            .collect();
        outputs.extend(bucket.map(|width| Output::Bucket { width }));
        let groups = outputs.len();
        outputs.push(Output::Weight);
        let bound = Self {
            outputs,
            groups,
            weight: groups,
            kept: Vec::new(),
            readings: Vec::new(),
            conditions: Conditions(Vec::new()),
            orders: Vec::new(),
        };
        let mut binding = Binding { bound, fields, types };
        for aggregate in &query.aggregates {
            let reading = binding.reading(aggregate);
            binding.bound.readings.push(reading);
        }
        for having in &query.havings {
            binding.add_condition(having);
        }
        binding.add_orders(query);
        binding.bound
    }
}

struct Binding<'a> {
    bound: Bound,
    fields: &'a [Field],
    types: &'a [FieldTypes],
}

impl Binding<'_> {
    fn output(&mut self, output: Output) -> usize {
        let known = self.bound.outputs[self.bound.groups..].iter().position(|o| *o == output);
        known.map_or_else(
            || {
                self.bound.outputs.push(output);
                self.bound.outputs.len() - 1
            },
            |at| self.bound.groups + at,
        )
    }

    /// The column of a state, which is behind those of the group.
    fn column(&mut self, kept: Kept) -> usize {
        let known = self.bound.kept.iter().position(|known| *known == kept);
        let at = known.unwrap_or_else(|| {
            self.bound.kept.push(kept);
            self.bound.kept.len() - 1
        });
        self.bound.groups + at
    }

    fn reading(&mut self, aggregate: &Aggregate) -> Extract {
        let place = aggregate.field().and_then(|field| self.fields.iter().position(|f| f == field));
        let field = place.unwrap_or_default();
        let types = self.types.get(field).copied().unwrap_or_default();
        let numbers = Form::for_numbers(types);
        let (reading, kept) = match aggregate {
            Aggregate::Count => (Reading::Weight, Kept::Weight(self.bound.weight)),
            Aggregate::CountOf(_) => {
                (Reading::Weight, Kept::Weight(self.output(Output::WeightIf { field })))
            }
            Aggregate::Distinct(_) => {
                let form = Form::for_groups(types);
                (Reading::Distinct, Kept::Distinct(self.output(Output::Hash { field, form })))
            }
            Aggregate::Quantile(..) | Aggregate::Heatmap(_) => {
                let reading = match aggregate {
                    Aggregate::Quantile(_, permille) => Reading::Quantile(*permille),
                    _ => Reading::State,
                };
                let form = Form::Float;
                (reading, Kept::Histogram(self.output(Output::Field { field, form })))
            }
            Aggregate::Sum(_)
            | Aggregate::Mean(_)
            | Aggregate::Least(_)
            | Aggregate::Greatest(_) => {
                let reading = match aggregate {
                    Aggregate::Sum(_) => Reading::Sum,
                    Aggregate::Mean(_) => Reading::Mean,
                    Aggregate::Least(_) => Reading::Least,
                    _ => Reading::Greatest,
                };
                let column = self.output(Output::Field { field, form: numbers });
                (
                    reading,
                    if numbers == Form::Int { Kept::Ints(column) } else { Kept::Floats(column) },
                )
            }
        };
        let ints = matches!(kept, Kept::Ints(_));
        Extract { column: self.column(kept), reading, ints }
    }

    /// The column of a reading, behind those of the group.
    fn reading_column(&mut self, aggregate: &Aggregate) -> usize {
        let reading = self.reading(aggregate);
        let known = self.bound.readings.iter().position(|known| *known == reading);
        let at = known.unwrap_or_else(|| {
            self.bound.readings.push(reading);
            self.bound.readings.len() - 1
        });
        self.bound.groups + at
    }

    fn add_condition(&mut self, having: &Having) {
        let column = self.reading_column(&having.aggregate);
        let Having { negated, comparison, value, .. } = *having;
        self.bound.conditions.0.push(Condition { column, comparison, negated, value });
    }

    /// The orders asked for, or else the first aggregate that has one, the greatest first; ties by
    /// the group.
    fn add_orders(&mut self, query: &AggregateQuery) {
        for order in &query.orders {
            let column = match &order.by {
                OrderBy::Group(place) => *place,
                OrderBy::Aggregate(aggregate) => self.reading_column(aggregate),
            };
            self.bound.orders.push((column, order.descending));
        }
        if query.orders.is_empty() {
            let sortable = |aggregate: &&Aggregate| !matches!(aggregate, Aggregate::Heatmap(_));
            if let Some(first) = query.aggregates.iter().find(sortable) {
                let column = self.reading_column(first);
                self.bound.orders.push((column, true));
            }
        }
        for group in 0..query.groups.len() {
            self.bound.orders.push((group, false));
        }
    }
}
