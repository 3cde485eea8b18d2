//! Reads MessagePack where it lies: texts are slices of the body.
//!
//! Values are read one by one and never become a tree; what is nested becomes JSON text. Errors say
//! at which byte. The extension type -1 is the timestamp of the format's specification.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Error, NANOS_PER_SECOND, Timestamp};
use serde_json::Value;

/// How deep values may nest: each level costs stack.
const DEPTH_MAX: usize = 100;
/// The extension type of timestamps.
const TIMESTAMP: i8 = -1;

/// What is not MessagePack, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotMsgpack {
    at: usize,
    what: &'static str,
}

impl From<NotMsgpack> for Error {
    fn from(error: NotMsgpack) -> Self {
        Self::invalid(format!("byte {}: {}", error.at, error.what))
    }
}

pub(super) type Read<T> = Result<T, NotMsgpack>;

/// A value, or the head of one that is nested.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Msgpack<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    /// A number beyond the signed 64 bits.
    Large(u64),
    Float(f64),
    /// Text as it came: it may not be UTF-8.
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    Extension(i8, &'a [u8]),
    /// So many values follow.
    List(u32),
    /// So many pairs of values follow.
    Map(u32),
}

/// A place in a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { body, at: 0 }
    }

    pub(super) fn fail<T>(&self, what: &'static str) -> Read<T> {
        Err(NotMsgpack { at: self.at, what })
    }

    /// Where it stands.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Read<()> {
        if self.at == self.body.len() {
            return Ok(());
        }
        self.fail("something follows the end of the value")
    }

    /// Reads a value; of one that is nested only its head.
    pub(super) fn value(&mut self) -> Read<Msgpack<'a>> {
        let head = self.bytes(1)?[0];
        Ok(match head {
            0x00..=0x7f => Msgpack::Int(i64::from(head)),
            0x80..=0x8f => Msgpack::Map(u32::from(head & 0x0f)),
            0x90..=0x9f => Msgpack::List(u32::from(head & 0x0f)),
            0xa0..=0xbf => Msgpack::Text(self.bytes(usize::from(head & 0x1f))?),
            0xc0 => Msgpack::Nil,
            0xc2 => Msgpack::Bool(false),
            0xc3 => Msgpack::Bool(true),
            0xc4..=0xc6 => {
                let length = self.length(head - 0xc4)?;
                Msgpack::Bytes(self.bytes(length)?)
            }
            0xc7..=0xc9 => {
                let length = self.length(head - 0xc7)?;
                self.extension(length)?
            }
            0xca => Msgpack::Float(f64::from(f32::from_be_bytes(self.array()?))),
            0xcb => Msgpack::Float(f64::from_be_bytes(self.array()?)),
            0xcc => Msgpack::Int(i64::from(u8::from_be_bytes(self.array()?))),
            0xcd => Msgpack::Int(i64::from(u16::from_be_bytes(self.array()?))),
            0xce => Msgpack::Int(i64::from(u32::from_be_bytes(self.array()?))),
            0xcf => {
                let number = u64::from_be_bytes(self.array()?);
                i64::try_from(number).map_or(Msgpack::Large(number), Msgpack::Int)
            }
            0xd0 => Msgpack::Int(i64::from(i8::from_be_bytes(self.array()?))),
            0xd1 => Msgpack::Int(i64::from(i16::from_be_bytes(self.array()?))),
            0xd2 => Msgpack::Int(i64::from(i32::from_be_bytes(self.array()?))),
            0xd3 => Msgpack::Int(i64::from_be_bytes(self.array()?)),
            0xd4..=0xd8 => self.extension(1 << (head - 0xd4))?,
            0xd9..=0xdb => {
                let length = self.length(head - 0xd9)?;
                Msgpack::Text(self.bytes(length)?)
            }
            0xdc => Msgpack::List(u32::from(u16::from_be_bytes(self.array()?))),
            0xdd => Msgpack::List(u32::from_be_bytes(self.array()?)),
            0xde => Msgpack::Map(u32::from(u16::from_be_bytes(self.array()?))),
            0xdf => Msgpack::Map(u32::from_be_bytes(self.array()?)),
            0xc1 => return self.fail("no value begins with the byte c1"),
            0xe0..=0xff => Msgpack::Int(i64::from(head as i8)),
        })
    }

    /// Passes over what follows the head of a value.
    pub(super) fn skip_rest(&mut self, value: Msgpack<'a>) -> Read<()> {
        // Counting what is left needs no level of the stack for each level of the value.
        let mut left = following(value);
        while left > 0 {
            left = left - 1 + following(self.value()?);
        }
        Ok(())
    }

    /// Writes the value with this head as JSON.
    pub(super) fn write_rest(
        &mut self,
        value: Msgpack<'a>,
        depth: usize,
        out: &mut String,
    ) -> Read<()> {
        if depth > DEPTH_MAX {
            return self.fail("values nest deeper than 100 levels");
        }
        match value {
            Msgpack::List(count) => {
                out.push('[');
                for at in 0..count {
                    out.push_str(if at > 0 { "," } else { "" });
                    let item = self.value()?;
                    self.write_rest(item, depth + 1, out)?;
                }
                out.push(']');
            }
            Msgpack::Map(count) => {
                out.push('{');
                for at in 0..count {
                    out.push_str(if at > 0 { "," } else { "" });
                    let name = self.name()?;
                    push_text(&name, out);
                    out.push(':');
                    let item = self.value()?;
                    self.write_rest(item, depth + 1, out)?;
                }
                out.push('}');
            }
            Msgpack::Nil => out.push_str("null"),
            Msgpack::Bool(bool) => out.push_str(if bool { "true" } else { "false" }),
            Msgpack::Int(int) => write!(out, "{int}").expect("text takes any text"),
            Msgpack::Large(int) => write!(out, "{int}").expect("text takes any text"),
            Msgpack::Float(float) if float.is_finite() => {
                out.push_str(&Value::from(float).to_string());
            }
            Msgpack::Float(float) => push_text(&float.to_string(), out),
            Msgpack::Text(text) => push_text(&String::from_utf8_lossy(text), out),
            Msgpack::Bytes(bytes) => push_text(&text_of_bytes(bytes), out),
            Msgpack::Extension(kind, bytes) => push_text(&text_of_extension(kind, bytes), out),
        }
        Ok(())
    }

    /// The name of a member. Names that are numbers or truth values are spelled out.
    fn name(&mut self) -> Read<Cow<'a, str>> {
        Ok(match self.value()? {
            Msgpack::Text(text) => String::from_utf8_lossy(text),
            Msgpack::Int(int) => int.to_string().into(),
            Msgpack::Large(int) => int.to_string().into(),
            Msgpack::Bool(bool) => bool.to_string().into(),
            _ => return self.fail("the name of a member is no text"),
        })
    }

    fn bytes(&mut self, count: usize) -> Read<&'a [u8]> {
        match self.body.get(self.at..self.at.saturating_add(count)) {
            Some(bytes) => {
                self.at += count;
                Ok(bytes)
            }
            None => self.fail("the body ends in the middle of a value"),
        }
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    /// A length of one, two or four bytes.
    fn length(&mut self, size: u8) -> Read<usize> {
        Ok(match size {
            0 => usize::from(u8::from_be_bytes(self.array()?)),
            1 => usize::from(u16::from_be_bytes(self.array()?)),
            _ => u32::from_be_bytes(self.array()?) as usize,
        })
    }

    fn extension(&mut self, length: usize) -> Read<Msgpack<'a>> {
        let kind = i8::from_be_bytes(self.array()?);
        Ok(Msgpack::Extension(kind, self.bytes(length)?))
    }
}

/// How many values follow a head.
fn following(value: Msgpack<'_>) -> u64 {
    match value {
        Msgpack::List(count) => u64::from(count),
        Msgpack::Map(count) => u64::from(count) * 2,
        _ => 0,
    }
}

/// The seconds and nanoseconds of a timestamp.
pub(super) fn timestamp(kind: i8, bytes: &[u8]) -> Option<(i64, u32)> {
    if kind != TIMESTAMP {
        return None;
    }
    match bytes.len() {
        4 => Some((i64::from(u32::from_be_bytes(bytes.try_into().ok()?)), 0)),
        8 => {
            let both = u64::from_be_bytes(bytes.try_into().ok()?);
            Some(((both & 0x3_ffff_ffff) as i64, (both >> 34) as u32))
        }
        12 => {
            let (nanos, seconds) = bytes.split_at(4);
            let nanos = u32::from_be_bytes(nanos.try_into().ok()?);
            Some((i64::from_be_bytes(seconds.try_into().ok()?), nanos))
        }
        _ => None,
    }
}

/// Bytes as text: as they are if they are UTF-8, else in base64.
pub(super) fn text_of_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => STANDARD.encode(bytes).into(),
    }
}

/// A timestamp in words, any other extension in base64.
pub(super) fn text_of_extension(kind: i8, bytes: &[u8]) -> String {
    let nanos = timestamp(kind, bytes).and_then(|(seconds, nanos)| {
        seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(i64::from(nanos))
    });
    match nanos {
        Some(nanos) => Timestamp::from_nanos(nanos).to_string(),
        None => STANDARD.encode(bytes),
    }
}

fn push_text(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}

#[cfg(test)]
mod tests;
