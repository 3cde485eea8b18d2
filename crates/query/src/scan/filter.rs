//! Conditions, evaluated on the typed values of some rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, AsArray as _, BooleanArray, Scalar, StringViewArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::boolean::{and, not, or};
use arrow::compute::kernels::cmp::eq;
use arrow::datatypes::{Int32Type, Int64Type};
use model::{Base, DatasetId, Result, TraceId};

use super::chunk::Chunk;
use super::values::FieldValues;
use crate::coerce::Prepared;
use crate::failure::arrow_failed;
use crate::field::{Field, View};
use crate::spec::{Filter, Literal, Predicate, Test};

/// A filter made ready for many chunks.
#[derive(Clone, Debug)]
pub(crate) enum BoundFilter {
    All(Vec<BoundFilter>),
    Any(Vec<BoundFilter>),
    Is(Arc<BoundPredicate>),
}

/// A condition on one field, made ready.
#[derive(Debug)]
pub(crate) struct BoundPredicate {
    pub(crate) field: Field,
    pub(crate) negated: bool,
    pub(crate) test: Test,
    prepared: Prepared,
}

impl BoundFilter {
    pub(crate) fn new(filter: &Filter) -> Self {
        match filter {
            Filter::All(parts) => Self::All(parts.iter().map(Self::new).collect()),
            Filter::Any(parts) => Self::Any(parts.iter().map(Self::new).collect()),
            Filter::Is(predicate) => {
                let Predicate { field, negated, test } = predicate.clone();
                let test = with_one_spelling(&field, test);
                let prepared = Prepared::new(&test);
                Self::Is(Arc::new(BoundPredicate { field, negated, test, prepared }))
            }
        }
    }

    /// The conditions that must all hold.
    pub(crate) fn conjuncts(&self) -> Vec<Self> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::conjuncts).collect(),
            Self::Any(parts) if parts.len() == 1 => parts[0].conjuncts(),
            other => vec![other.clone()],
        }
    }

    /// Every field that it reads.
    pub(crate) fn fields(&self) -> Vec<&Field> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::fields).collect(),
            Self::Is(predicate) => vec![&predicate.field],
        }
    }

    /// Which rows pass; never null.
    pub(crate) fn mask(&self, chunk: &dyn Chunk) -> Result<BooleanArray> {
        let constant = |value: bool| {
            let rows = chunk.rows();
            let buffer = match value {
                true => BooleanBuffer::new_set(rows),
                false => BooleanBuffer::new_unset(rows),
            };
            BooleanArray::new(buffer, None)
        };
        match self {
            Self::All(parts) => {
                let mut mask = constant(true);
                for part in parts {
                    mask = and(&mask, &part.mask(chunk)?).map_err(arrow_failed)?;
                }
                Ok(mask)
            }
            Self::Any(parts) => {
                let mut mask = constant(false);
                for part in parts {
                    mask = or(&mask, &part.mask(chunk)?).map_err(arrow_failed)?;
                }
                Ok(mask)
            }
            Self::Is(predicate) => predicate.mask(chunk),
        }
    }
}

/// A trace id may be asked for in any spelling; fields show it in one.
fn with_one_spelling(field: &Field, test: Test) -> Test {
    if field.view != Some(View::TraceId) {
        return test;
    }
    let spell = |literal: Literal| match literal {
        Literal::Text(text) => {
            Literal::Text(TraceId::parse(&text).map_or(text, |id| id.to_string()))
        }
        other => other,
    };
    match test {
        Test::Compare(comparison, literal) => Test::Compare(comparison, spell(literal)),
        Test::OneOf(literals) => Test::OneOf(literals.into_iter().map(spell).collect()),
        other => other,
    }
}

impl BoundPredicate {
    fn mask(&self, chunk: &dyn Chunk) -> Result<BooleanArray> {
        let values = FieldValues::of(&self.field, chunk)?;
        let mask = self.positive(&values)?;
        if self.negated { not(&mask).map_err(arrow_failed) } else { Ok(mask) }
    }

    fn positive(&self, values: &FieldValues) -> Result<BooleanArray> {
        if self.prepared.is_exists() {
            return values.present();
        }
        let mut mask: Option<BooleanArray> = None;
        let mut add = |part: BooleanArray| -> Result<()> {
            mask = Some(match mask.take() {
                None => part,
                Some(mask) => or(&mask, &part).map_err(arrow_failed)?,
            });
            Ok(())
        };
        let prepared = &self.prepared;
        if let Some(texts) = &values.text {
            add(match prepared.equal_text() {
                Some(text) => {
                    let literal = Scalar::new(StringViewArray::from(vec![text]));
                    let equal = eq(texts, &literal).map_err(arrow_failed)?;
                    without_nulls(&equal)
                }
                None => passing(texts, |row| prepared.text(texts.value(row))),
            })?;
        }
        if let Some(ints) = &values.int {
            add(passing(ints, |row| prepared.int(ints.value(row))))?;
        }
        if let Some(floats) = &values.float {
            add(passing(floats, |row| prepared.float(floats.value(row))))?;
        }
        if let Some(bools) = &values.bool {
            add(passing(bools, |row| prepared.bool(bools.value(row))))?;
        }
        match mask {
            Some(mask) => Ok(mask),
            None => values.present(),
        }
    }
}

fn passing(array: &dyn Array, test: impl Fn(usize) -> bool) -> BooleanArray {
    let mask = BooleanBuffer::collect_bool(array.len(), |row| array.is_valid(row) && test(row));
    BooleanArray::new(mask, None)
}

fn without_nulls(mask: &BooleanArray) -> BooleanArray {
    match mask.nulls() {
        None => mask.clone(),
        Some(nulls) => BooleanArray::new(mask.values() & nulls.inner(), None),
    }
}

/// The rows of a scope: within the time range, of its datasets, and not hidden.
#[derive(Clone, Debug)]
pub(crate) struct ScopeFilter {
    /// From the first moment to before the last, ns.
    pub(crate) range: (i64, i64),
    /// The datasets, and for each the moment before which its rows are hidden, ns.
    pub(crate) datasets: Vec<(DatasetId, i64)>,
}

impl ScopeFilter {
    /// Which rows pass.
    pub(crate) fn mask(&self, chunk: &dyn Chunk) -> BooleanArray {
        let none = || BooleanArray::new(BooleanBuffer::new_unset(chunk.rows()), None);
        let (Some(times), Some(datasets)) = (chunk.base(Base::Time), chunk.base(Base::Dataset))
        else {
            return none();
        };
        let times = times.as_primitive::<Int64Type>().values();
        let datasets = datasets.as_primitive::<Int32Type>().values();
        // Rows of a dataset stand together.
        let mut last = (-1, i64::MAX);
        let mask = BooleanBuffer::collect_bool(chunk.rows(), |row| {
            let dataset = datasets[row];
            if dataset != last.0 {
                let known = self.datasets.binary_search_by_key(&(dataset as u32), |(id, _)| id.0);
                last = (dataset, known.map_or(i64::MAX, |at| self.datasets[at].1));
            }
            let time = times[row];
            time >= self.range.0 && time < self.range.1 && time >= last.1
        });
        BooleanArray::new(mask, None)
    }

    /// Whether answers show an event of this dataset and time, whatever range they are about.
    pub(crate) fn shows(&self, dataset: DatasetId, time: i64) -> bool {
        let known = self.datasets.binary_search_by_key(&dataset, |(id, _)| *id);
        known.is_ok_and(|at| time >= self.datasets[at].1)
    }

    /// The ids of the datasets.
    pub(crate) fn ids(&self) -> BTreeSet<DatasetId> {
        self.datasets.iter().map(|(id, _)| *id).collect()
    }
}
