//! Feeds partial states from columns, in the engine's own accumulators.
//!
//! The engine groups rows, exchanges and spills states; what a state is, is in [`crate::partial`].
//! States travel as bytes, in one binary column.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, ArrowPrimitiveType, AsArray as _, BinaryBuilder, BooleanArray,
};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type, UInt64Type};
use datafusion_common::{Result as EngineResult, ScalarValue};
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use crate::failure::through_engine;
use crate::partial::{DistinctSet, FloatMoments, Histogram, IntMoments, Partial};

/// A state that is fed one weighted value at a time.
pub(crate) trait Fed: Partial + Send + Sync + 'static {
    /// The column type of its values.
    type Column: ArrowPrimitiveType;
    /// Its name in plans.
    const NAME: &'static str;

    /// Adds a value that stands for `weight` of its kind.
    fn feed(&mut self, value: <Self::Column as ArrowPrimitiveType>::Native, weight: u64);
}

impl Fed for IntMoments {
    type Column = Int64Type;
    const NAME: &'static str = "int_moments";

    fn feed(&mut self, value: i64, weight: u64) {
        self.add(value, weight);
    }
}

impl Fed for FloatMoments {
    type Column = Float64Type;
    const NAME: &'static str = "float_moments";

    fn feed(&mut self, value: f64, weight: u64) {
        self.add(value, weight);
    }
}

impl Fed for Histogram {
    type Column = Float64Type;
    const NAME: &'static str = "histogram";

    fn feed(&mut self, value: f64, weight: u64) {
        self.add(value, weight);
    }
}

impl Fed for DistinctSet {
    type Column = UInt64Type;
    const NAME: &'static str = "distinct";

    fn feed(&mut self, hash: u64, _weight: u64) {
        self.add(hash);
    }
}

/// The aggregate function of a state: its arguments are the values and their weights.
pub(crate) fn function<S: Fed>() -> Arc<AggregateUDF> {
    let signature = Signature::any(2, Volatility::Immutable);
    Arc::new(AggregateUDF::new_from_impl(Function::<S> { signature, state: PhantomData }))
}

struct Function<S> {
    signature: Signature,
    state: PhantomData<S>,
}

impl<S: Fed> fmt::Debug for Function<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(S::NAME)
    }
}

impl<S> PartialEq for Function<S> {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl<S> Eq for Function<S> {}

impl<S: Fed> Hash for Function<S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        S::NAME.hash(state);
    }
}

impl<S: Fed> AggregateUDFImpl for Function<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> EngineResult<DataType> {
        Ok(DataType::Binary)
    }

    fn state_fields(&self, arguments: StateFieldsArgs<'_>) -> EngineResult<Vec<FieldRef>> {
        let name = format!("{}_state", arguments.name);
        Ok(vec![Arc::new(Field::new(name, DataType::Binary, true))])
    }

    fn accumulator(&self, _arguments: AccumulatorArgs<'_>) -> EngineResult<Box<dyn Accumulator>> {
        Ok(Box::new(One { states: States::<S>::default() }))
    }

    fn groups_accumulator_supported(&self, _arguments: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _arguments: AccumulatorArgs<'_>,
    ) -> EngineResult<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(States::<S>::default()))
    }
}

/// The states of all groups, by their numbers.
struct States<S> {
    states: Vec<S>,
    /// What the states occupy beyond the vector itself.
    bytes: usize,
}

impl<S> Default for States<S> {
    fn default() -> Self {
        Self { states: Vec::new(), bytes: 0 }
    }
}

impl<S: Fed> States<S> {
    fn grow(&mut self, groups: usize) {
        let known = self.states.len();
        self.states.resize_with(groups.max(known), S::default);
        self.bytes += self.states[known..].iter().map(Partial::bytes).sum::<usize>();
    }

    fn change(&mut self, group: usize, change: impl FnOnce(&mut S)) {
        let state = &mut self.states[group];
        let before = state.bytes();
        change(state);
        self.bytes = self.bytes + state.bytes() - before;
    }

    /// Takes states off the front as a column.
    fn emit(&mut self, which: EmitTo) -> ArrayRef {
        let taken = which.take_needed(&mut self.states);
        self.bytes = self.states.iter().map(Partial::bytes).sum();
        column(taken.iter())
    }
}

/// States as a column.
fn column<'a, S: Fed>(states: impl Iterator<Item = &'a S>) -> ArrayRef {
    let mut builder = BinaryBuilder::new();
    let mut buffer = Vec::new();
    for state in states {
        buffer.clear();
        state.encode(&mut buffer);
        builder.append_value(&buffer);
    }
    Arc::new(builder.finish())
}

fn passes(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

impl<S: Fed> GroupsAccumulator for States<S> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> EngineResult<()> {
        self.grow(total);
        let (column, weights) = (values[0].as_primitive::<S::Column>(), weights(values));
        for (row, group) in groups.iter().enumerate() {
            if column.is_valid(row) && passes(filter, row) {
                let (value, weight) = (column.value(row), weights[row] as u64);
                self.change(*group, |state| state.feed(value, weight));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, which: EmitTo) -> EngineResult<ArrayRef> {
        Ok(self.emit(which))
    }

    fn state(&mut self, which: EmitTo) -> EngineResult<Vec<ArrayRef>> {
        Ok(vec![self.emit(which)])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        total: usize,
    ) -> EngineResult<()> {
        self.grow(total);
        let column = values[0].as_binary::<i32>();
        for (row, group) in groups.iter().enumerate() {
            if column.is_valid(row) {
                let other = S::decode(column.value(row)).map_err(through_engine)?;
                self.change(*group, |state| state.merge(&other));
            }
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> EngineResult<Vec<ArrayRef>> {
        let (values, weights) = (values[0].as_primitive::<S::Column>(), weights(values));
        let states: Vec<S> = (0..values.len())
            .map(|row| {
                let mut state = S::default();
                if values.is_valid(row) && passes(filter, row) {
                    state.feed(values.value(row), weights[row] as u64);
                }
                state
            })
            .collect();
        Ok(vec![column(states.iter())])
    }

    fn size(&self) -> usize {
        let unused = self.states.capacity() - self.states.len();
        self.bytes + unused * size_of::<S>()
    }
}

fn weights(values: &[ArrayRef]) -> &[i64] {
    values[1].as_primitive::<Int64Type>().values()
}

/// The state of everything, where there are no groups.
struct One<S> {
    states: States<S>,
}

impl<S: Fed> fmt::Debug for One<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(S::NAME)
    }
}

impl<S: Fed> Accumulator for One<S> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> EngineResult<()> {
        self.states.update_batch(values, &vec![0; values[0].len()], None, 1)
    }

    fn evaluate(&mut self) -> EngineResult<ScalarValue> {
        self.states.grow(1);
        let column = self.states.emit(EmitTo::All);
        Ok(ScalarValue::Binary(Some(column.as_binary::<i32>().value(0).to_vec())))
    }

    fn size(&self) -> usize {
        self.states.size()
    }

    fn state(&mut self) -> EngineResult<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> EngineResult<()> {
        self.states.merge_batch(states, &vec![0; states[0].len()], 1)
    }
}
