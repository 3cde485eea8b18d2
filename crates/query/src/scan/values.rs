//! The values of a field on some rows, kept apart by type: on each row at most one type has one.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, Float64Array, Int64Array, StringViewArray,
    StringViewBuilder, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::boolean::{is_not_null, or};
use arrow::compute::kernels::nullif::nullif;
use arrow::compute::kernels::zip::zip;
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};
use model::{Base, Result, RowKind, SpanKind, TraceId, ValueType};

use super::chunk::Chunk;
use crate::coerce::{bool_text, float_text, number_of};
use crate::failure::arrow_failed;
use crate::field::{Field, KindName, View, severity_name};

/// A field's values.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldValues {
    rows: usize,
    pub(crate) text: Option<StringViewArray>,
    pub(crate) int: Option<Int64Array>,
    pub(crate) float: Option<Float64Array>,
    pub(crate) bool: Option<BooleanArray>,
}

impl FieldValues {
    /// Reads a field: its attributes in order, then its view, the first value of each row.
    pub(crate) fn of(field: &Field, chunk: &dyn Chunk) -> Result<Self> {
        let mut values = Self { rows: chunk.rows(), ..Self::default() };
        for name in &field.attributes {
            for kind in ValueType::ALL {
                if let Some(array) = chunk.attribute(name, kind) {
                    values.put(kind, array)?;
                }
            }
        }
        if let Some(view) = &field.view
            && let Some(array) = view_values(view, chunk)
        {
            values.put(view.value_type(), array)?;
        }
        Ok(values)
    }

    fn arrays(&self) -> impl Iterator<Item = &dyn Array> {
        let text = self.text.as_ref().map(|array| array as &dyn Array);
        let int = self.int.as_ref().map(|array| array as &dyn Array);
        let float = self.float.as_ref().map(|array| array as &dyn Array);
        let bool = self.bool.as_ref().map(|array| array as &dyn Array);
        [text, int, float, bool].into_iter().flatten()
    }

    /// Puts the values of one source beneath those that are there.
    fn put(&mut self, kind: ValueType, array: ArrayRef) -> Result<()> {
        if array.null_count() == array.len() {
            return Ok(());
        }
        let mut array = array;
        if self.arrays().next().is_some() {
            array = nullif(&array, &self.present()?).map_err(arrow_failed)?;
        }
        let known: Option<ArrayRef> = match kind {
            ValueType::Text => self.text.take().map(|array| Arc::new(array) as ArrayRef),
            ValueType::Int => self.int.take().map(|array| Arc::new(array) as ArrayRef),
            ValueType::Float => self.float.take().map(|array| Arc::new(array) as ArrayRef),
            ValueType::Bool => self.bool.take().map(|array| Arc::new(array) as ArrayRef),
        };
        if let Some(known) = known {
            let there = is_not_null(&known).map_err(arrow_failed)?;
            array = zip(&there, &known, &array).map_err(arrow_failed)?;
        }
        match kind {
            ValueType::Text => self.text = Some(array.as_string_view().clone()),
            ValueType::Int => self.int = Some(array.as_primitive::<Int64Type>().clone()),
            ValueType::Float => self.float = Some(array.as_primitive::<Float64Type>().clone()),
            ValueType::Bool => self.bool = Some(array.as_boolean().clone()),
        }
        Ok(())
    }

    /// Which rows have a value.
    pub(crate) fn present(&self) -> Result<BooleanArray> {
        let mut present: Option<BooleanArray> = None;
        for array in self.arrays() {
            let there = is_not_null(array).map_err(arrow_failed)?;
            present = Some(match present {
                None => there,
                Some(present) => or(&present, &there).map_err(arrow_failed)?,
            });
        }
        let none = || BooleanArray::new(BooleanBuffer::new_unset(self.rows), None);
        Ok(present.unwrap_or_else(none))
    }

    /// The values as whole numbers, where all are.
    pub(crate) fn ints(&self) -> ArrayRef {
        match &self.int {
            Some(array) => Arc::new(array.clone()),
            None => new_null_array(&DataType::Int64, self.rows),
        }
    }

    /// The values as numbers: text that spells one counts, other text and truth values do not.
    pub(crate) fn numbers(&self) -> ArrayRef {
        if let (None, None, Some(floats)) = (&self.text, &self.int, &self.float) {
            return Arc::new(floats.clone());
        }
        let number = |row: usize| -> Option<f64> {
            if let Some(floats) = &self.float
                && floats.is_valid(row)
            {
                return Some(floats.value(row));
            }
            if let Some(ints) = &self.int
                && ints.is_valid(row)
            {
                return Some(ints.value(row) as f64);
            }
            let texts = self.text.as_ref()?;
            if texts.is_valid(row) { number_of(texts.value(row)) } else { None }
        };
        Arc::new((0..self.rows).map(number).collect::<Float64Array>())
    }

    /// The values as texts.
    pub(crate) fn texts(&self) -> ArrayRef {
        if let (Some(texts), None, None, None) = (&self.text, &self.int, &self.float, &self.bool) {
            return Arc::new(texts.clone());
        }
        let mut builder = StringViewBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            self.with_text(row, |text| builder.append_option(text));
        }
        Arc::new(builder.finish())
    }

    /// The values as truth values, where all are.
    pub(crate) fn bools(&self) -> ArrayRef {
        match &self.bool {
            Some(array) => Arc::new(array.clone()),
            None => new_null_array(&DataType::Boolean, self.rows),
        }
    }

    fn with_text<T>(&self, row: usize, take: impl FnOnce(Option<&str>) -> T) -> T {
        if let Some(texts) = &self.text
            && texts.is_valid(row)
        {
            return take(Some(texts.value(row)));
        }
        if let Some(ints) = &self.int
            && ints.is_valid(row)
        {
            return take(Some(&ints.value(row).to_string()));
        }
        if let Some(floats) = &self.float
            && floats.is_valid(row)
        {
            return take(Some(&float_text(floats.value(row))));
        }
        if let Some(bools) = &self.bool
            && bools.is_valid(row)
        {
            return take(Some(bool_text(bools.value(row))));
        }
        take(None)
    }
}

/// The values of a view.
fn view_values(view: &View, chunk: &dyn Chunk) -> Option<ArrayRef> {
    match view {
        View::Base(base) => chunk.base(*base),
        View::Name => chunk.base(Base::Name),
        View::TraceId => trace_ids(&chunk.base(Base::TraceId)?),
        View::SpanId => span_ids(&chunk.base(Base::SpanId)?),
        View::ParentId => span_ids(&chunk.base(Base::ParentId)?),
        View::SpanKind => {
            let kinds = chunk.base(Base::SpanKind)?;
            let name = |code: i32| SpanKind::from_code(code as u64).name();
            let names = kinds.as_primitive::<Int32Type>().iter().map(|code| code.map(name));
            Some(Arc::new(names.collect::<StringViewArray>()))
        }
        View::Status => {
            let statuses = chunk.base(Base::Status)?;
            let statuses = statuses.as_primitive::<Int32Type>();
            let is_span = of_kind(chunk, RowKind::Span)?;
            let status = |row: usize| {
                (is_span.value(row) && statuses.is_valid(row))
                    .then(|| i64::from(statuses.value(row)))
            };
            Some(Arc::new((0..chunk.rows()).map(status).collect::<Int64Array>()))
        }
        View::IsError => {
            let statuses = chunk.base(Base::Status)?;
            let is_error = statuses
                .as_primitive::<Int32Type>()
                .iter()
                .map(|status| (status == Some(2)).then_some(true));
            Some(Arc::new(is_error.collect::<BooleanArray>()))
        }
        View::DurationMillis => millis(&chunk.base(Base::Duration)?),
        View::SinceSpanStartMillis => millis(&chunk.base(Base::SinceSpanStart)?),
        View::IntOrZero(base, kind) => {
            let ints = chunk.base(*base);
            let ints = ints.as_ref().map(|array| array.as_primitive::<Int64Type>());
            let of_kind = of_kind(chunk, *kind)?;
            let int = |row: usize| match ints.filter(|ints| ints.is_valid(row)) {
                Some(ints) => Some(ints.value(row)),
                None => of_kind.value(row).then_some(0),
            };
            Some(Arc::new((0..chunk.rows()).map(int).collect::<Int64Array>()))
        }
        View::SeverityName => {
            let numbers = chunk.base(Base::SeverityNumber);
            let numbers = numbers.as_ref().map(|array| array.as_primitive::<Int64Type>());
            let is_log = of_kind(chunk, RowKind::Log)?;
            let name = |row: usize| {
                let number = numbers.filter(|numbers| numbers.is_valid(row));
                let number = number.map_or(0, |numbers| numbers.value(row));
                is_log.value(row).then(|| severity_name(number))
            };
            Some(Arc::new((0..chunk.rows()).map(name).collect::<StringViewArray>()))
        }
        View::KindName(names) => kind_names(names, chunk),
    }
}

fn of_kind(chunk: &dyn Chunk, kind: RowKind) -> Option<BooleanBuffer> {
    let kinds = chunk.base(Base::Kind)?;
    let kinds = kinds.as_primitive::<Int32Type>();
    let code = i32::from(kind.code());
    Some(BooleanBuffer::collect_bool(chunk.rows(), |row| kinds.value(row) == code))
}

fn kind_names(names: &[KindName], chunk: &dyn Chunk) -> Option<ArrayRef> {
    let kinds = chunk.base(Base::Kind)?;
    let kinds = kinds.as_primitive::<Int32Type>();
    let traces = chunk.base(Base::TraceId);
    let is_traced = |row: usize| traces.as_ref().is_some_and(|traces| traces.is_valid(row));
    let name = |row: usize| {
        let name = names.iter().find(|name| i32::from(name.kind.code()) == kinds.value(row))?;
        (!name.traced_only || is_traced(row)).then_some(name.name)
    };
    Some(Arc::new((0..chunk.rows()).map(name).collect::<StringViewArray>()))
}

fn millis(nanos: &ArrayRef) -> Option<ArrayRef> {
    let nanos = nanos.as_primitive::<Int64Type>();
    Some(Arc::new(nanos.unary::<_, Float64Type>(|nanos| nanos as f64 / 1e6)))
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn hex(bytes: &[u8], out: &mut [u8; 32]) -> usize {
    for (at, byte) in bytes.iter().enumerate() {
        out[2 * at] = HEX[usize::from(byte >> 4)];
        out[2 * at + 1] = HEX[usize::from(byte & 15)];
    }
    bytes.len() * 2
}

fn ids(array: &ArrayRef, digits: impl Fn(&[u8], &mut [u8; 32]) -> usize) -> Option<ArrayRef> {
    let ids = array.as_fixed_size_binary();
    let mut builder = StringViewBuilder::with_capacity(ids.len());
    let mut buffer = [0; 32];
    for row in 0..ids.len() {
        if ids.is_null(row) {
            builder.append_null();
            continue;
        }
        let length = digits(ids.value(row), &mut buffer);
        builder.append_value(std::str::from_utf8(&buffer[..length]).unwrap_or_default());
    }
    Some(Arc::new(builder.finish()))
}

fn trace_ids(array: &ArrayRef) -> Option<ArrayRef> {
    ids(array, |bytes, buffer| {
        let is_short = TraceId::from_slice(bytes).is_some_and(|id| id.is_short());
        hex(if is_short { &bytes[8..] } else { bytes }, buffer)
    })
}

fn span_ids(array: &ArrayRef) -> Option<ArrayRef> {
    ids(array, hex)
}
