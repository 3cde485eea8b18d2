//! Attributes: values of any shape, flattened to those that columns hold.
//!
//! Maps are flattened with dots down to a depth of five; below it, and for lists and bytes
//! anywhere, the value is JSON text. Empty keys and missing values are left out.

use model::Value;

use crate::json_text;
use crate::problems::{Fault, Reason};
use crate::wire::{Field, Message, Reader, WireError, WireResult};

/// How deep maps are flattened.
const FLATTEN_DEPTH: usize = 5;
/// Longest key of a map that is flattened: each of its entries repeats it.
const FLATTEN_KEY_BYTES_MAX: usize = 1_024;
/// How deep values may nest at all: each level costs stack.
pub(crate) const DEPTH_MAX: usize = 100;

/// The first byte of each field that [`KeyValue::parse_usual`] knows: its number and wire type.
const KEY_TAG: u8 = 1 << 3 | 2;
const VALUE_TAG: u8 = 2 << 3 | 2;
const TEXT_TAG: u8 = 1 << 3 | 2;
const BOOL_TAG: u8 = 2 << 3;
const INT_TAG: u8 = 3 << 3;
const FLOAT_TAG: u8 = 4 << 3 | 1;
/// The bit of a varint's byte that says that more follow.
const LONG: u8 = 0x80;

/// A length of one byte.
#[inline]
fn short(length: u8) -> Option<usize> {
    (length < LONG).then_some(usize::from(length))
}

/// A value of OpenTelemetry's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnyValue<'a> {
    Missing,
    Text(Message<'a>),
    Bool(bool),
    Int(i64),
    Float(f64),
    List(Message<'a>),
    Map(Message<'a>),
    Bytes(Message<'a>),
}

/// A key and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyValue<'a> {
    pub(crate) key: Message<'a>,
    pub(crate) value: AnyValue<'a>,
}

impl<'a> KeyValue<'a> {
    #[inline]
    pub(crate) fn parse(message: Message<'a>) -> WireResult<Self> {
        match Self::parse_usual(message) {
            Some(found) => Ok(found),
            None => Self::parse_any(message),
        }
    }

    /// Reads what almost every SDK sends: the key, then a short and simple value, each once. Of all
    /// that is decoded most are attributes, and this is half the time of reading field by field.
    #[inline]
    fn parse_usual(message: Message<'a>) -> Option<Self> {
        let [KEY_TAG, key_length, rest @ ..] = message.bytes else { return None };
        let (key, rest) = rest.split_at_checked(short(*key_length)?)?;
        let [VALUE_TAG, value_length, value @ ..] = rest else { return None };
        if value.len() != short(*value_length)? {
            return None;
        }
        let value = match value {
            [TEXT_TAG, length, text @ ..] if text.len() == short(*length)? => {
                let start = message.start + message.bytes.len() - text.len();
                AnyValue::Text(Message { bytes: text, start })
            }
            [BOOL_TAG, value] if *value < LONG => AnyValue::Bool(*value != 0),
            [INT_TAG, value] if *value < LONG => AnyValue::Int(i64::from(*value)),
            [INT_TAG, low, high] if *low >= LONG && *high < LONG => {
                AnyValue::Int(i64::from(*low & !LONG) | i64::from(*high) << 7)
            }
            [FLOAT_TAG, bytes @ ..] => AnyValue::Float(f64::from_le_bytes(bytes.try_into().ok()?)),
            _ => return None,
        };
        Some(Self { key: Message { bytes: key, start: message.start + 2 }, value })
    }

    fn parse_any(message: Message<'a>) -> WireResult<Self> {
        let mut found = Self { key: Message::new(&[]), value: AnyValue::Missing };
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => found.key = field.bytes("key", &fields)?,
                2 => {
                    let value = field.bytes("value", &fields)?;
                    found.value =
                        AnyValue::parse(value, found.value).map_err(|e| e.within("value"))?;
                }
                _ => {}
            }
        }
        Ok(found)
    }
}

impl<'a> AnyValue<'a> {
    /// Reads a value over an earlier one of the same field, which stays if this says nothing.
    #[inline]
    pub(crate) fn parse(message: Message<'a>, earlier: Self) -> WireResult<Self> {
        let mut value = earlier;
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            value = match (number, field) {
                (1, field) => Self::Text(field.bytes("string_value", &fields)?),
                (2, field) => Self::Bool(field.varint("bool_value", &fields)? != 0),
                (3, field) => Self::Int(field.varint("int_value", &fields)? as i64),
                (4, field) => Self::Float(f64::from_bits(field.fixed64("double_value", &fields)?)),
                (5, field) => Self::List(field.bytes("array_value", &fields)?),
                (6, field) => Self::Map(field.bytes("kvlist_value", &fields)?),
                (7, field) => Self::Bytes(field.bytes("bytes_value", &fields)?),
                _ => value,
            };
        }
        Ok(value)
    }
}

/// Reads the attribute in a field of a message into the list of all of them.
#[inline]
pub(crate) fn push_attribute<'a>(
    attributes: &mut Vec<KeyValue<'a>>,
    field: Field<'a>,
    fields: &Reader<'a>,
) -> WireResult<()> {
    let parsed = KeyValue::parse(field.bytes("attributes", fields)?);
    let place = |e: Box<WireError>| e.within(format!("attributes[{}]", attributes.len()));
    let attribute = parsed.map_err(place)?;
    fields.push(attributes, attribute)
}

/// Why an attribute could not be read: the request's fault, or only its span's.
#[derive(Debug)]
pub(crate) enum Trouble {
    Wire(Box<crate::wire::WireError>),
    Fault(Fault),
}

impl From<Box<crate::wire::WireError>> for Trouble {
    fn from(error: Box<crate::wire::WireError>) -> Self {
        Self::Wire(error)
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Text that must be UTF-8.
#[inline]
pub(crate) fn text<'a>(message: Message<'a>, what: &'static str) -> Result<&'a str, Fault> {
    message.text().ok_or_else(|| Fault::new(Reason::TextNotUtf8, what))
}

/// Gives every column value of an attribute to `take`.
#[inline]
pub(crate) fn flatten(
    attribute: &KeyValue<'_>,
    take: &mut impl FnMut(&str, Value<'_>),
) -> Result<(), Trouble> {
    if attribute.key.bytes.is_empty() {
        return Ok(());
    }
    let key = text(attribute.key, "an attribute's key")?;
    match attribute.value {
        AnyValue::Missing => {}
        AnyValue::Text(value) => take(key, Value::Text(text(value, "an attribute's value")?)),
        AnyValue::Bool(value) => take(key, Value::Bool(value)),
        AnyValue::Int(value) => take(key, Value::Int(value)),
        AnyValue::Float(value) => take(key, Value::Float(value)),
        other => flatten_deep(&mut key.to_owned(), other, 0, take)?,
    }
    Ok(())
}

/// Flattens a value under a key that is extended on the way down and restored.
pub(crate) fn flatten_deep(
    key: &mut String,
    value: AnyValue<'_>,
    depth: usize,
    take: &mut impl FnMut(&str, Value<'_>),
) -> Result<(), Trouble> {
    match value {
        AnyValue::Missing => {}
        AnyValue::Text(value) => take(key, Value::Text(text(value, "an attribute's value")?)),
        AnyValue::Bool(value) => take(key, Value::Bool(value)),
        AnyValue::Int(value) => take(key, Value::Int(value)),
        AnyValue::Float(value) => take(key, Value::Float(value)),
        AnyValue::List(_) | AnyValue::Bytes(_) => take(key, Value::Text(&json_text::of(value)?)),
        AnyValue::Map(_) if depth == FLATTEN_DEPTH || key.len() > FLATTEN_KEY_BYTES_MAX => {
            take(key, Value::Text(&json_text::of(value)?));
        }
        AnyValue::Map(map) => {
            let length = key.len();
            let mut fields = map.fields();
            while let Some((number, field)) = fields.next()? {
                let (1, Field::Bytes(entry)) = (number, field) else { continue };
                let entry = KeyValue::parse(entry).map_err(|e| e.within("values"))?;
                if entry.key.bytes.is_empty() {
                    continue;
                }
                key.push('.');
                key.push_str(text(entry.key, "an attribute's key")?);
                flatten_deep(key, entry.value, depth + 1, take)?;
                key.truncate(length);
            }
        }
    }
    Ok(())
}
