//! The columns that a scan yields.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, Int64Array, UInt64Array};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};
use foldhash::quality::FixedState;
use model::{Base, Result};

use super::bind::FieldTypes;
use super::chunk::Chunk;
use super::values::FieldValues;

/// The form in which values of a field are handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// As text.
    Text,
    /// As whole numbers.
    Int,
    /// As numbers.
    Float,
    /// As truth values.
    Bool,
}

impl Form {
    /// The form in which values of these types are told apart: of their own type if there is one,
    /// numbers of both kinds as floats, and what is of several types as text.
    pub(crate) fn for_groups(types: FieldTypes) -> Self {
        match (types.text, types.int || types.float, types.bool) {
            (false, true, false) if types.float => Self::Float,
            (false, true, false) => Self::Int,
            (false, false, true) => Self::Bool,
            _ => Self::Text,
        }
    }

    /// The form in which they are calculated with.
    pub(crate) fn for_numbers(types: FieldTypes) -> Self {
        if types.int && !types.float && !types.text { Self::Int } else { Self::Float }
    }

    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8View,
            Self::Int => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Bool => DataType::Boolean,
        }
    }

    pub(crate) fn array(self, values: &FieldValues) -> ArrayRef {
        match self {
            Self::Text => values.texts(),
            Self::Int => values.ints(),
            // Both zeros are one value.
            Self::Float => {
                let numbers = values.numbers();
                let numbers = numbers.as_primitive::<Float64Type>();
                Arc::new(numbers.unary::<_, Float64Type>(|number| number + 0.0))
            }
            Self::Bool => values.bools(),
        }
    }
}

/// A column of a scan.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Output {
    /// The values of the field at this place.
    Field { field: usize, form: Form },
    /// A hash of each value, null where there is none.
    Hash { field: usize, form: Form },
    /// The sample rate where the field has a value, else null.
    WeightIf { field: usize },
    /// The sample rate.
    Weight,
    /// The start of the bucket of this width, ns, that the time lies in.
    Bucket { width: i64 },
}

impl Output {
    pub(crate) fn data_type(&self) -> DataType {
        match self {
            Self::Field { form, .. } => form.data_type(),
            Self::Hash { .. } => DataType::UInt64,
            Self::WeightIf { .. } | Self::Weight | Self::Bucket { .. } => DataType::Int64,
        }
    }

    /// The field it is of.
    pub(crate) fn field(&self) -> Option<usize> {
        match self {
            Self::Field { field, .. } | Self::Hash { field, .. } | Self::WeightIf { field } => {
                Some(*field)
            }
            Self::Weight | Self::Bucket { .. } => None,
        }
    }

    /// The base columns it needs.
    pub(crate) fn bases(&self) -> &'static [Base] {
        match self {
            Self::Field { .. } | Self::Hash { .. } => &[],
            Self::WeightIf { .. } | Self::Weight => &[Base::SampleRate],
            Self::Bucket { .. } => &[Base::Time],
        }
    }

    /// Its values, from those of the fields at their places.
    pub(crate) fn array(&self, values: &[FieldValues], chunk: &dyn Chunk) -> Result<ArrayRef> {
        Ok(match self {
            Self::Field { field, form } => form.array(&values[*field]),
            Self::Hash { field, form } => Arc::new(hashes(&form.array(&values[*field]))),
            Self::Weight => Arc::new(weights(chunk)),
            Self::WeightIf { field } => {
                let (present, weights) = (values[*field].present()?, weights(chunk));
                let weight = |row: usize| present.value(row).then(|| weights.value(row));
                Arc::new((0..chunk.rows()).map(weight).collect::<Int64Array>())
            }
            Self::Bucket { width } => {
                let times = chunk.base(Base::Time);
                let times = times.as_ref().map(|times| times.as_primitive::<Int64Type>());
                let bucket = |row: usize| times.map(|times| start_of(times.value(row), *width));
                Arc::new((0..chunk.rows()).map(bucket).collect::<Int64Array>())
            }
        })
    }
}

/// Buckets are aligned to the epoch.
fn start_of(time: i64, width: i64) -> i64 {
    time.div_euclid(width).saturating_mul(width)
}

fn weights(chunk: &dyn Chunk) -> Int64Array {
    match chunk.base(Base::SampleRate) {
        Some(rates) => rates.as_primitive::<Int32Type>().unary::<_, Int64Type>(i64::from),
        None => Int64Array::from(vec![1; chunk.rows()]),
    }
}

/// Hashes that are the same on every machine, since partial results are merged between them.
fn hashes(values: &ArrayRef) -> UInt64Array {
    let state = FixedState::with_seed(0);
    let hash = |write: &dyn Fn(&mut dyn Hasher)| {
        let mut hasher = state.build_hasher();
        write(&mut hasher);
        hasher.finish()
    };
    let of = |row: usize| -> Option<u64> {
        if values.is_null(row) {
            return None;
        }
        Some(match values.data_type() {
            DataType::Utf8View => {
                let text = values.as_string_view().value(row);
                hash(&|hasher| hasher.write(text.as_bytes()))
            }
            DataType::Int64 => {
                let int = values.as_primitive::<Int64Type>().value(row);
                hash(&|hasher| hasher.write_u64(int as u64))
            }
            DataType::Float64 => {
                let float = values.as_primitive::<Float64Type>().value(row);
                hash(&|hasher| hasher.write_u64(float.to_bits()))
            }
            _ => {
                let bool = values.as_boolean().value(row);
                hash(&|hasher| hasher.write_u64(u64::from(bool)))
            }
        })
    };
    (0..values.len()).map(of).collect()
}
