//! Reads fields off a message.

use std::fmt;

use model::Error;

/// Most bytes of a varint.
const VARINT_BYTES_MAX: usize = 10;
/// Most parts of one kind in a message: spans of a scope, attributes of a span. An empty part takes
/// two bytes of a body and many times that in memory, and no client sends a million at once.
const PARTS_MAX: usize = 1_000_000;
/// Deepest nesting of unknown groups that is skipped.
const GROUP_DEPTH_MAX: usize = 100;

pub(crate) type WireResult<T> = Result<T, Box<WireError>>;

/// Where and why bytes are not the message they should be.
#[derive(Debug)]
pub(crate) struct WireError {
    /// Byte of the body.
    offset: usize,
    /// Fields from the inside out.
    path: Vec<String>,
    what: String,
}

impl WireError {
    pub(crate) fn new(offset: usize, what: impl Into<String>) -> Box<Self> {
        Box::new(Self { offset, path: Vec::new(), what: what.into() })
    }

    /// Says in which field it happened.
    pub(crate) fn within(mut self: Box<Self>, field: impl Into<String>) -> Box<Self> {
        self.path.push(field.into());
        self
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}", self.offset)?;
        for (at, field) in self.path.iter().rev().enumerate() {
            f.write_str(if at == 0 { ", " } else { "." })?;
            f.write_str(field)?;
        }
        write!(f, ": {}", self.what)
    }
}

impl From<Box<WireError>> for Error {
    fn from(error: Box<WireError>) -> Self {
        Self::invalid(error.to_string())
    }
}

/// The bytes of a message, and where they begin in the body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) start: usize,
}

impl<'a> Message<'a> {
    /// A whole body.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, start: 0 }
    }

    /// Its fields.
    pub(crate) fn fields(self) -> Reader<'a> {
        Reader { message: self, at: 0 }
    }

    /// It as text; `None` if it is not UTF-8.
    #[inline]
    pub(crate) fn text(self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes).ok()
    }
}

/// The value of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(Message<'a>),
    /// A group, which OpenTelemetry does not use; its contents are passed over.
    Group,
}

impl<'a> Field<'a> {
    fn kind(self) -> &'static str {
        match self {
            Self::Varint(_) => "a varint",
            Self::Fixed64(_) => "eight bytes",
            Self::Fixed32(_) => "four bytes",
            Self::Bytes(_) => "a length",
            Self::Group => "a group",
        }
    }

    fn mismatch(self, name: &str, wanted: &str, reader: &Reader<'_>) -> Box<WireError> {
        let what = format!("{} where {wanted} was expected", self.kind());
        WireError::new(reader.offset(), what).within(name)
    }

    #[inline]
    pub(crate) fn bytes(self, name: &str, reader: &Reader<'_>) -> WireResult<Message<'a>> {
        match self {
            Self::Bytes(message) => Ok(message),
            other => Err(other.mismatch(name, "a length", reader)),
        }
    }

    #[inline]
    pub(crate) fn varint(self, name: &str, reader: &Reader<'_>) -> WireResult<u64> {
        match self {
            Self::Varint(value) => Ok(value),
            other => Err(other.mismatch(name, "a varint", reader)),
        }
    }

    #[inline]
    pub(crate) fn fixed64(self, name: &str, reader: &Reader<'_>) -> WireResult<u64> {
        match self {
            Self::Fixed64(value) => Ok(value),
            other => Err(other.mismatch(name, "eight bytes", reader)),
        }
    }

    #[inline]
    pub(crate) fn fixed32(self, name: &str, reader: &Reader<'_>) -> WireResult<u32> {
        match self {
            Self::Fixed32(value) => Ok(value),
            other => Err(other.mismatch(name, "four bytes", reader)),
        }
    }

    /// A signed number of 32 bits, folded so that small negative ones are short.
    pub(crate) fn sint32(self, name: &str, reader: &Reader<'_>) -> WireResult<i32> {
        let folded = self.varint(name, reader)? as u32;
        Ok((folded >> 1) as i32 ^ -((folded & 1) as i32))
    }

    /// Adds the numbers of a list: one, or many packed into one field.
    pub(crate) fn push_fixed64s(
        self,
        name: &str,
        reader: &Reader<'_>,
        numbers: &mut Vec<u64>,
    ) -> WireResult<()> {
        match self {
            Self::Fixed64(value) => reader.push(numbers, value),
            Self::Bytes(packed) => {
                let mut packed = packed.fields();
                while !packed.is_at_end() {
                    let number = packed.take_array().map_err(|e| e.within(name))?;
                    packed.push(numbers, u64::from_le_bytes(number))?;
                }
                Ok(())
            }
            other => Err(other.mismatch(name, "eight bytes", reader)),
        }
    }

    /// The same for numbers of any length.
    pub(crate) fn push_varints(
        self,
        name: &str,
        reader: &Reader<'_>,
        numbers: &mut Vec<u64>,
    ) -> WireResult<()> {
        match self {
            Self::Varint(value) => reader.push(numbers, value),
            Self::Bytes(packed) => {
                let mut packed = packed.fields();
                while !packed.is_at_end() {
                    let number = packed.varint().map_err(|e| e.within(name))?;
                    packed.push(numbers, number)?;
                }
                Ok(())
            }
            other => Err(other.mismatch(name, "a varint", reader)),
        }
    }
}

/// Goes through the fields of a message.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    message: Message<'a>,
    at: usize,
}

impl<'a> Reader<'a> {
    /// Where it is in the body.
    pub(crate) fn offset(&self) -> usize {
        self.message.start + self.at
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.message.bytes.len()
    }

    /// The next field: its number and value.
    #[inline]
    pub(crate) fn next(&mut self) -> WireResult<Option<(u32, Field<'a>)>> {
        if self.is_at_end() {
            return Ok(None);
        }
        let (number, wire) = self.tag()?;
        let field = match wire {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.take_array()?)),
            2 => Field::Bytes(self.delimited()?),
            5 => Field::Fixed32(u32::from_le_bytes(self.take_array()?)),
            3 => {
                self.skip_group(number, 0)?;
                Field::Group
            }
            4 => return Err(self.error("the end of a group that did not begin")),
            other => return Err(self.error(format!("wire type {other} does not exist"))),
        };
        Ok(Some((number, field)))
    }

    #[inline]
    fn tag(&mut self) -> WireResult<(u32, u8)> {
        let start = self.at;
        let tag = self.varint()?;
        let number = tag >> 3;
        if number == 0 || tag > u64::from(u32::MAX) {
            self.at = start;
            return Err(self.error(format!("field number {number} does not exist")));
        }
        Ok((number as u32, tag as u8 & 7))
    }

    #[inline]
    fn varint(&mut self) -> WireResult<u64> {
        match self.message.bytes.get(self.at) {
            Some(byte) if *byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(*byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> WireResult<u64> {
        let mut value = 0;
        for place in 0..VARINT_BYTES_MAX {
            let Some(byte) = self.message.bytes.get(self.at + place) else {
                return Err(self.error("the message ends within a number"));
            };
            value |= u64::from(byte & 0x7f) << (7 * place);
            if *byte < 0x80 {
                if place == VARINT_BYTES_MAX - 1 && *byte > 1 {
                    break;
                }
                self.at += place + 1;
                return Ok(value);
            }
        }
        Err(self.error("a number is longer than 64 bits"))
    }

    #[inline]
    fn take_array<const N: usize>(&mut self) -> WireResult<[u8; N]> {
        let bytes = self.message.bytes.get(self.at..self.at + N);
        let Some(array) = bytes.and_then(|bytes| <[u8; N]>::try_from(bytes).ok()) else {
            return Err(self.error(format!("the message ends within {N} bytes")));
        };
        self.at += N;
        Ok(array)
    }

    #[inline]
    fn delimited(&mut self) -> WireResult<Message<'a>> {
        let length = self.varint()?;
        let left = self.message.bytes.len() - self.at;
        if length > left as u64 {
            return Err(self.error(format!("a length of {length} where {left} bytes are left")));
        }
        let end = self.at + length as usize;
        let bytes = &self.message.bytes[self.at..end];
        let message = Message { bytes, start: self.message.start + self.at };
        self.at = end;
        Ok(message)
    }

    fn skip_group(&mut self, opened: u32, depth: usize) -> WireResult<()> {
        if depth > GROUP_DEPTH_MAX {
            return Err(self.error(format!("groups nest deeper than {GROUP_DEPTH_MAX}")));
        }
        loop {
            let (number, wire) = self.tag()?;
            match wire {
                0 => drop(self.varint()?),
                1 => drop(self.take_array::<8>()?),
                2 => drop(self.delimited()?),
                3 => self.skip_group(number, depth + 1)?,
                4 if number == opened => return Ok(()),
                4 => return Err(self.error("the end of a group that did not begin")),
                5 => drop(self.take_array::<4>()?),
                other => return Err(self.error(format!("wire type {other} does not exist"))),
            }
        }
    }

    /// Adds a part to a list, unless there are too many.
    #[inline]
    pub(crate) fn push<T>(&self, parts: &mut Vec<T>, part: T) -> WireResult<()> {
        if parts.len() == PARTS_MAX {
            return Err(self.error(format!("more than {PARTS_MAX} parts: send less at once")));
        }
        parts.push(part);
        Ok(())
    }

    pub(crate) fn error(&self, what: impl Into<String>) -> Box<WireError> {
        WireError::new(self.offset(), what)
    }
}
