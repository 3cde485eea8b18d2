//! Numbers read out of the states of groups, and conditions on them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, Decimal128Array, Float64Array, Int64Array,
    RecordBatch,
};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::Schema;
use arrow::datatypes::{
    DECIMAL128_MAX_PRECISION, DataType, Decimal128Type, Float64Type, Int64Type,
};
use datafusion_common::Result as EngineResult;
use datafusion_expr::ColumnarValue;
use datafusion_physical_expr::PhysicalExpr;
use model::Result;

use crate::failure::through_engine;
use crate::partial::{DistinctSet, FloatMoments, Histogram, IntMoments, Partial};
use crate::spec::Comparison;

/// What is read out of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reading {
    /// A sum of weights as it is, zero where there is none.
    Weight,
    /// The sum of moments.
    Sum,
    /// Their mean.
    Mean,
    /// The least.
    Least,
    /// The greatest.
    Greatest,
    /// The value below which so many thousandths of a histogram lie.
    Quantile(u32),
    /// The size of a set.
    Distinct,
    /// The whole state.
    State,
}

/// Reads a number out of the states in a column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Extract {
    /// The column.
    pub(crate) column: usize,
    /// What is read.
    pub(crate) reading: Reading,
    /// Whether moments are of integers.
    pub(crate) ints: bool,
}

impl fmt::Display for Extract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}(#{})", self.reading, self.column)
    }
}

impl Extract {
    fn result_type(&self) -> DataType {
        match (self.reading, self.ints) {
            (Reading::Weight | Reading::Distinct, _)
            | (Reading::Least | Reading::Greatest, true) => DataType::Int64,
            (Reading::Sum, true) => DataType::Decimal128(DECIMAL128_MAX_PRECISION, 0),
            (Reading::State, _) => DataType::Binary,
            _ => DataType::Float64,
        }
    }

    pub(super) fn read(&self, column: &ArrayRef) -> Result<ArrayRef> {
        Ok(match self.reading {
            Reading::State => Arc::clone(column),
            Reading::Weight => {
                let weights = column.as_primitive::<Int64Type>().iter();
                Arc::new(weights.map(|weight| Some(weight.unwrap_or(0))).collect::<Int64Array>())
            }
            Reading::Distinct => {
                let count = |set: DistinctSet| Some(set.count() as i64);
                Arc::new(each(column, count)?.into_iter().collect::<Int64Array>())
            }
            Reading::Quantile(permille) => {
                let value = |histogram: Histogram| histogram.quantile(permille);
                Arc::new(each(column, value)?.into_iter().collect::<Float64Array>())
            }
            _ if self.ints => self.read_ints(column)?,
            _ => {
                let value = |moments: FloatMoments| {
                    (moments.weight > 0).then(|| match self.reading {
                        Reading::Sum => moments.total(),
                        Reading::Least => moments.least,
                        Reading::Greatest => moments.greatest,
                        _ => moments.total() / moments.weight as f64,
                    })
                };
                Arc::new(each(column, value)?.into_iter().collect::<Float64Array>())
            }
        })
    }

    fn read_ints(&self, column: &ArrayRef) -> Result<ArrayRef> {
        let known = |moments: IntMoments| (moments.weight > 0).then_some(moments);
        let moments = each(column, known)?.into_iter();
        Ok(match self.reading {
            Reading::Sum => {
                let sums = moments.map(|moments| Some(moments?.sum)).collect::<Decimal128Array>();
                Arc::new(sums.with_data_type(self.result_type()))
            }
            Reading::Least => {
                Arc::new(moments.map(|moments| Some(moments?.least)).collect::<Int64Array>())
            }
            Reading::Greatest => {
                Arc::new(moments.map(|moments| Some(moments?.greatest)).collect::<Int64Array>())
            }
            _ => {
                let mean = |moments: IntMoments| moments.sum as f64 / moments.weight as f64;
                Arc::new(moments.map(|moments| moments.map(mean)).collect::<Float64Array>())
            }
        })
    }
}

/// Reads each state of a column.
fn each<S: Partial, T>(column: &ArrayRef, read: impl Fn(S) -> Option<T>) -> Result<Vec<Option<T>>> {
    let states = column.as_binary::<i32>().iter();
    states.map(|state| state.map_or(Ok(None), |state| Ok(read(S::decode(state)?)))).collect()
}

impl PhysicalExpr for Extract {
    fn data_type(&self, _schema: &Schema) -> EngineResult<DataType> {
        Ok(self.result_type())
    }

    fn nullable(&self, _schema: &Schema) -> EngineResult<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> EngineResult<ColumnarValue> {
        let read = self.read(batch.column(self.column)).map_err(through_engine)?;
        Ok(ColumnarValue::Array(read))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        Vec::new()
    }

    fn with_new_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> EngineResult<Arc<dyn PhysicalExpr>> {
        Ok(self)
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Conditions on groups, all of which must hold. A group without a value passes none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Conditions(pub(crate) Vec<Condition>);

/// A condition on the number in a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) column: usize,
    pub(crate) comparison: Comparison,
    pub(crate) negated: bool,
    pub(crate) value: f64,
}

// The values are finite numbers of a query, for which equality is what `Eq` asks.
impl Eq for Conditions {}

impl Hash for Conditions {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for condition in &self.0 {
            (condition.column, condition.negated, condition.value.to_bits()).hash(state);
        }
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} conditions on groups", self.0.len())
    }
}

impl Condition {
    fn holds(&self, numbers: &dyn Array, row: usize) -> bool {
        if numbers.is_null(row) {
            return false;
        }
        let number = match numbers.data_type() {
            DataType::Int64 => numbers.as_primitive::<Int64Type>().value(row) as f64,
            DataType::Decimal128(..) => numbers.as_primitive::<Decimal128Type>().value(row) as f64,
            _ => numbers.as_primitive::<Float64Type>().value(row),
        };
        let order = number.partial_cmp(&self.value);
        order.is_some_and(|order| self.comparison.holds(order) != self.negated)
    }
}

impl PhysicalExpr for Conditions {
    fn data_type(&self, _schema: &Schema) -> EngineResult<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, _schema: &Schema) -> EngineResult<bool> {
        Ok(false)
    }

    fn evaluate(&self, batch: &RecordBatch) -> EngineResult<ColumnarValue> {
        let holds = |row: usize| {
            let of = |condition: &Condition| condition.holds(batch.column(condition.column), row);
            self.0.iter().all(of)
        };
        let mask = BooleanBuffer::collect_bool(batch.num_rows(), holds);
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(mask, None))))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        Vec::new()
    }

    fn with_new_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> EngineResult<Arc<dyn PhysicalExpr>> {
        Ok(self)
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
