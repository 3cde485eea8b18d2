//! A value on its own: in answers, and in rows that have left their columns.

use arrow::array::{Array, AsArray as _};
use arrow::datatypes::{
    DataType, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampNanosecondType,
};
use model::Value;

/// An owned value.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// True or false.
    Bool(bool),
}

impl From<Value<'_>> for Datum {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Int(int) => Self::Int(int),
            Value::Float(float) => Self::Float(float),
            Value::Bool(bool) => Self::Bool(bool),
        }
    }
}

impl Datum {
    /// The value of a column on a row; none where it is null or not of a type that values have.
    pub(crate) fn of(column: &dyn Array, row: usize) -> Option<Self> {
        if column.is_null(row) {
            return None;
        }
        Some(match column.data_type() {
            DataType::Utf8View => Self::Text(column.as_string_view().value(row).to_owned()),
            DataType::Int64 => Self::Int(column.as_primitive::<Int64Type>().value(row)),
            DataType::Int32 => Self::Int(column.as_primitive::<Int32Type>().value(row).into()),
            DataType::Timestamp(..) => {
                Self::Int(column.as_primitive::<TimestampNanosecondType>().value(row))
            }
            DataType::Float64 => Self::Float(column.as_primitive::<Float64Type>().value(row)),
            DataType::Boolean => Self::Bool(column.as_boolean().value(row)),
            DataType::Decimal128(..) => {
                let whole = column.as_primitive::<Decimal128Type>().value(row);
                i64::try_from(whole).map_or(Self::Float(whole as f64), Self::Int)
            }
            _ => return None,
        })
    }

    /// It as text, if it is.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// It as a whole number, if it is.
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            _ => None,
        }
    }
}
