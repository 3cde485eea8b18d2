//! Answers under Honeycomb's names, as JSON.

mod event;
mod results;

use model::Timestamp;
use query::Datum;
use serde_json::{Number, Value};

pub use event::{attributes, event};
pub(crate) use results::query_result;
pub use results::{results, statistics};

/// A value. Numbers that JSON does not have are text.
pub fn value(datum: &Datum) -> Value {
    match datum {
        Datum::Text(text) => Value::String(text.clone()),
        Datum::Int(int) => Value::from(*int),
        Datum::Bool(bool) => Value::Bool(*bool),
        Datum::Float(float) => {
            Number::from_f64(*float).map_or_else(|| Value::String(float.to_string()), Value::Number)
        }
    }
}

/// A moment.
pub(crate) fn time(time: Timestamp) -> Value {
    Value::String(time.to_string())
}
