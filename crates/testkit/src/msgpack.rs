//! Writes MessagePack, in the forms with lengths of four bytes: what senders of tests need.

use model::{NANOS_PER_SECOND, Timestamp};
use serde_json::Value;

/// The head of a list of so many values.
pub(crate) fn list(out: &mut Vec<u8>, length: usize) {
    head(out, 0xdd, length);
}

/// The head of a map of so many members.
pub(crate) fn map(out: &mut Vec<u8>, length: usize) {
    head(out, 0xdf, length);
}

/// A text.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    head(out, 0xdb, text.len());
    out.extend(text.as_bytes());
}

/// A moment: the longest form of the format's own extension.
pub(crate) fn timestamp(out: &mut Vec<u8>, time: Timestamp) {
    let nanos = time.nanos();
    out.extend([0xc7, 12, 0xff]);
    out.extend((nanos.rem_euclid(NANOS_PER_SECOND) as u32).to_be_bytes());
    out.extend(nanos.div_euclid(NANOS_PER_SECOND).to_be_bytes());
}

/// Any value that JSON has.
pub(crate) fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0xc0),
        Value::Bool(flag) => out.push(0xc2 + u8::from(*flag)),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => {
                out.push(0xd3);
                out.extend(whole.to_be_bytes());
            }
            None => {
                out.push(0xcb);
                out.extend(number.as_f64().unwrap_or_default().to_be_bytes());
            }
        },
        Value::String(string) => text(out, string),
        Value::Array(values) => {
            list(out, values.len());
            values.iter().for_each(|item| self::value(out, item));
        }
        Value::Object(members) => {
            map(out, members.len());
            for (name, member) in members {
                text(out, name);
                self::value(out, member);
            }
        }
    }
}

fn head(out: &mut Vec<u8>, kind: u8, length: usize) {
    out.push(kind);
    out.extend((length as u32).to_be_bytes());
}
