//! Decoded rows of a segment as a chunk.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, Float64Array, Int64Array, RecordBatch,
    StringViewArray, StringViewBuilder,
};
use arrow::datatypes::{Int64Type, TimestampNanosecondType};
use model::{Base, ValueType};
use serde_json::Value;
use store::{FieldId, Physical, format_uuid};

use super::super::chunk::Chunk;
use super::Columns;
use crate::datum::Datum;

/// Decoded rows of a segment.
pub(crate) struct SegmentChunk<'a> {
    batch: RecordBatch,
    columns: &'a Columns,
    /// Attributes taken out of the overflow column, one array for each type of value.
    rest: RefCell<HashMap<String, [Option<ArrayRef>; ValueType::ALL.len()]>>,
}

impl<'a> SegmentChunk<'a> {
    pub(super) fn new(batch: RecordBatch, columns: &'a Columns) -> Self {
        Self { batch, columns, rest: RefCell::default() }
    }

    fn array(&self, place: usize) -> Option<ArrayRef> {
        let column = &self.columns.columns[place];
        let array = self.batch.column_by_name(&column.name)?;
        Some(match column.physical {
            Physical::Timestamp => {
                let times = array.as_primitive::<TimestampNanosecondType>();
                Arc::new(times.reinterpret_cast::<Int64Type>())
            }
            Physical::Uuid => uuids(array),
            _ => Arc::clone(array),
        })
    }

    fn of_rest(&self, name: &str, kind: ValueType) -> Option<ArrayRef> {
        if let Some(arrays) = self.rest.borrow().get(name) {
            return arrays[usize::from(kind.code())].clone();
        }
        let texts = self.array(*self.columns.places.get(&FieldId::REST)?)?;
        let arrays = take_out(texts.as_string_view(), name);
        let found = arrays[usize::from(kind.code())].clone();
        self.rest.borrow_mut().insert(name.to_owned(), arrays);
        found
    }
}

impl Chunk for SegmentChunk<'_> {
    fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    fn base(&self, base: Base) -> Option<ArrayRef> {
        self.array(*self.columns.places.get(&FieldId::of_base(base))?)
    }

    fn attribute(&self, name: &str, kind: ValueType) -> Option<ArrayRef> {
        // A type of value either has a column in a file or lies in its overflow column.
        if let Some(place) = self.columns.attributes.get(&(name.to_owned(), kind)) {
            return self.array(*place);
        }
        if self.columns.in_rest.iter().any(|in_rest| in_rest == name) {
            return self.of_rest(name, kind);
        }
        None
    }
}

/// UUIDs as text.
pub(crate) fn uuids(array: &ArrayRef) -> ArrayRef {
    let uuids = array.as_fixed_size_binary();
    let mut builder = StringViewBuilder::with_capacity(uuids.len());
    let mut text = String::new();
    for row in 0..uuids.len() {
        match <&[u8; 16]>::try_from(uuids.value(row)) {
            Ok(uuid) if uuids.is_valid(row) => {
                text.clear();
                format_uuid(uuid, &mut text);
                builder.append_value(&text);
            }
            _ => builder.append_null(),
        }
    }
    Arc::new(builder.finish())
}

/// A value of the overflow column: numbers without a point are whole, and those that JSON cannot
/// say are objects of their bits.
pub(crate) fn rest_value(value: Value) -> Option<Datum> {
    match value {
        Value::String(text) => Some(Datum::Text(text)),
        Value::Bool(bool) => Some(Datum::Bool(bool)),
        Value::Number(number) => match number.as_i64() {
            Some(int) => Some(Datum::Int(int)),
            None => number.as_f64().map(Datum::Float),
        },
        Value::Object(bits) => bits.get("f64")?.as_u64().map(f64::from_bits).map(Datum::Float),
        Value::Null | Value::Array(_) => None,
    }
}

/// The values of an attribute in the overflow column, by type.
fn take_out(texts: &StringViewArray, name: &str) -> [Option<ArrayRef>; ValueType::ALL.len()] {
    let value = |row: usize| -> Option<Datum> {
        if texts.is_null(row) {
            return None;
        }
        let mut object: Value = serde_json::from_str(texts.value(row)).ok()?;
        object.get_mut(name).map(Value::take).and_then(rest_value)
    };
    let values: Vec<Option<Datum>> = (0..texts.len()).map(value).collect();
    let ints = values.iter().map(|value| value.as_ref().and_then(Datum::int));
    let floats = values.iter().map(|value| match value {
        Some(Datum::Float(float)) => Some(*float),
        _ => None,
    });
    let bools = values.iter().map(|value| match value {
        Some(Datum::Bool(bool)) => Some(*bool),
        _ => None,
    });
    let texts = values.iter().map(|value| value.as_ref().and_then(Datum::text));
    let some = |array: ArrayRef| (array.null_count() < array.len()).then_some(array);
    [
        some(Arc::new(texts.collect::<StringViewArray>())),
        some(Arc::new(ints.collect::<Int64Array>())),
        some(Arc::new(floats.collect::<Float64Array>())),
        some(Arc::new(bools.collect::<BooleanArray>())),
    ]
}
