//! Protobuf fields as bytes: the few wire forms that OTLP needs.
//!
//! Written by hand because a tree of message structs would cost more than everything else that
//! the generator does for a span.

/// A value of an attribute.
#[derive(Clone, Copy, Debug)]
pub(super) enum Any<'a> {
    Text(&'a [u8]),
    Int(i64),
    Double(f64),
    Bool(bool),
}

impl Any<'_> {
    /// Bytes of the value as an `AnyValue` message.
    fn len(self) -> usize {
        match self {
            Any::Text(text) => 1 + varint_len(text.len() as u64) + text.len(),
            Any::Int(value) => 1 + varint_len(value as u64),
            Any::Double(_) => 9,
            Any::Bool(_) => 2,
        }
    }

    /// Appends the value as an `AnyValue` message.
    fn write(self, out: &mut Vec<u8>) {
        match self {
            Any::Text(text) => bytes_field(out, 1, text),
            Any::Bool(value) => varint_field(out, 2, u64::from(value)),
            Any::Int(value) => varint_field(out, 3, value as u64),
            Any::Double(value) => fixed64_field(out, 4, value.to_bits()),
        }
    }
}

/// Appends one attribute, a `KeyValue` message in the field `number` of the message around it.
pub(super) fn attribute(out: &mut Vec<u8>, number: u32, key: &str, value: Any<'_>) {
    let value_len = value.len();
    let key_len = 1 + varint_len(key.len() as u64) + key.len();
    header(out, number, key_len + 1 + varint_len(value_len as u64) + value_len);
    bytes_field(out, 1, key.as_bytes());
    header(out, 2, value_len);
    value.write(out);
}

/// Appends a field that holds text, bytes or a message.
pub(super) fn bytes_field(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    header(out, number, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends what stands before the `len` bytes of a text, bytes or message field.
pub(super) fn header(out: &mut Vec<u8>, number: u32, len: usize) {
    varint(out, u64::from(number << 3 | 2));
    varint(out, len as u64);
}

/// Bytes that [`bytes_field`] appends for `len` bytes in a field below 16.
pub(super) fn field_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

/// Appends an integer or boolean field.
pub(super) fn varint_field(out: &mut Vec<u8>, number: u32, value: u64) {
    varint(out, u64::from(number << 3));
    varint(out, value);
}

/// Appends a field of eight bytes.
pub(super) fn fixed64_field(out: &mut Vec<u8>, number: u32, value: u64) {
    varint(out, u64::from(number << 3 | 1));
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a field of four bytes.
pub(super) fn fixed32_field(out: &mut Vec<u8>, number: u32, value: u32) {
    varint(out, u64::from(number << 3 | 5));
    out.extend_from_slice(&value.to_le_bytes());
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn varint_len(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}
