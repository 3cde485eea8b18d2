//! Trace and span ids, in every spelling that clients use.

use std::fmt;

/// The id of a trace: 16 bytes, never all zero where one is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId([u8; 16]);

impl TraceId {
    /// Stands for "no trace".
    pub const NONE: Self = Self([0; 16]);

    /// The id of these bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The id of `bytes` where they are 16, or 8 (a 64-bit id of older tracers, padded in front).
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        if let Ok(id) = <[u8; 16]>::try_from(bytes) {
            return Some(Self(id));
        }
        let short = <[u8; 8]>::try_from(bytes).ok()?;
        let mut id = [0; 16];
        id[8..].copy_from_slice(&short);
        Some(Self(id))
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Whether an id is set.
    pub fn is_some(&self) -> bool {
        *self != Self::NONE
    }

    /// Whether the first eight bytes are zero, as with ids made from 64 bits.
    pub fn is_short(&self) -> bool {
        self.0[..8] == [0; 8]
    }

    /// Reads an id as people and headers spell it: 32 or 16 hex digits in any case, or
    /// `1-<8 hex>-<24 hex>`, with or without `Root=` or `Self=` before and other fields behind.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text
            .split(';')
            .map(str::trim)
            .find_map(|field| field.strip_prefix("Root=").or_else(|| field.strip_prefix("Self=")))
            .unwrap_or(text);
        let digits: String = match text.strip_prefix("1-") {
            Some(rest) => {
                let (epoch, unique) = rest.split_once('-')?;
                if epoch.len() != 8 || unique.len() != 24 {
                    return None;
                }
                [epoch, unique].concat()
            }
            None => text.to_owned(),
        };
        let mut id = [0; 16];
        match digits.len() {
            32 => parse_hex(&digits, &mut id)?,
            16 => parse_hex(&digits, &mut id[8..])?,
            _ => return None,
        }
        Some(Self(id))
    }
}

impl fmt::Display for TraceId {
    /// 32 hex digits, or 16 where the id was made from 64 bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, if self.is_short() { &self.0[8..] } else { &self.0 })
    }
}

/// The id of a span: 8 bytes, never all zero where one is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId([u8; 8]);

impl SpanId {
    /// Stands for "no span".
    pub const NONE: Self = Self([0; 8]);

    /// The id of these bytes.
    pub const fn new(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The id of `bytes` where they are 8.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        <[u8; 8]>::try_from(bytes).ok().map(Self)
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// Whether an id is set.
    pub fn is_some(&self) -> bool {
        *self != Self::NONE
    }

    /// Reads 16 hex digits in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let mut id = [0; 8];
        parse_hex(text.trim(), &mut id)?;
        Some(Self(id))
    }
}

impl fmt::Display for SpanId {
    /// 16 hex digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn parse_hex(text: &str, out: &mut [u8]) -> Option<()> {
    let digits = text.as_bytes();
    if digits.len() != out.len() * 2 {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = (high * 16 + low) as u8;
    }
    Some(())
}

#[cfg(test)]
mod tests;
