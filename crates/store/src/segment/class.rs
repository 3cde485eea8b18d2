//! Which encoding a column gets: decided from its own values when its row group is written.
//!
//! The aim is that single values and runs can be read without unpacking what lies around them: what
//! repeats is a dictionary without a codec, times and counts are packed differences, and only
//! near-unique text pays for compression.

use super::column::{Coded, ColumnData, Entries};
use super::schema::Physical;

/// A column with at most this many values is a dictionary whatever its length.
const FEW_VALUES: usize = 256;
/// Values repeat if the distinct ones are less than this share of all, in percent.
const REPEATING_PERCENT: usize = 12;
/// Ids stay a dictionary while the rows of a trace or request share them: a code is two bytes where
/// an id is sixteen.
const IDS_PERCENT: usize = 70;

/// How the values of one column of one row group are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Codes into a sorted dictionary, no codec.
    Dictionary,
    /// Texts by what they share with the one before, zstd.
    FrontCoded,
    /// Packed differences of integers, no codec.
    Delta,
    /// The bytes of floats apart by place, zstd.
    Split,
    /// Truth values as runs.
    Bits,
    /// Values of fixed width as they are, no codec.
    Plain,
}

/// The class for this column.
pub(crate) fn decide(data: &ColumnData<'_>) -> Class {
    match data {
        ColumnData::Ints(_) => Class::Delta,
        ColumnData::SpanIds(_) => Class::Plain,
        ColumnData::Coded(Coded { codes: _, entries: Entries::Bool }) => Class::Bits,
        ColumnData::Coded(coded) => decide_coded(coded),
    }
}

fn decide_coded(coded: &Coded<'_>) -> Class {
    let (distinct, values) = (coded.entries.len(), coded.values());
    let repeats = |percent: usize| distinct * 100 < values * percent;
    if distinct <= FEW_VALUES || repeats(REPEATING_PERCENT) {
        return Class::Dictionary;
    }
    match &coded.entries {
        Entries::TraceId(_) if repeats(IDS_PERCENT) => Class::Dictionary,
        Entries::TraceId(_) => Class::Plain,
        Entries::Text(entries) if all_uuids(entries) => match repeats(IDS_PERCENT) {
            true => Class::Dictionary,
            false => Class::Plain,
        },
        Entries::Text(_) => Class::FrontCoded,
        Entries::Int(_) => Class::Delta,
        Entries::Float(_) => Class::Split,
        Entries::Bool => Class::Bits,
    }
}

/// How the values of a coded column must lie in the file.
pub(crate) fn physical_of(entries: &Entries<'_>) -> Physical {
    match entries {
        Entries::Text(entries) if !entries.is_empty() && all_uuids(entries) => Physical::Uuid,
        Entries::Text(_) => Physical::Text,
        Entries::Int(_) => Physical::Int64,
        Entries::Float(_) => Physical::Double,
        Entries::Bool => Physical::Boolean,
        Entries::TraceId(_) => Physical::TraceId,
    }
}

fn all_uuids(entries: &[&[u8]]) -> bool {
    entries.iter().all(|text| parse_uuid(text).is_some())
}

/// The bytes of a UUID in its canonical spelling: lower-case hex, groups of 8-4-4-4-12.
pub(crate) fn parse_uuid(text: &[u8]) -> Option<[u8; 16]> {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    if text.len() != 36 || DASHES.iter().any(|at| text[*at] != b'-') {
        return None;
    }
    let mut uuid = [0; 16];
    let mut digits = text.iter().enumerate().filter(|(at, _)| !DASHES.contains(at));
    for byte in &mut uuid {
        for shift in [4, 0] {
            let digit = match digits.next()?.1 {
                digit @ b'0'..=b'9' => digit - b'0',
                digit @ b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            *byte |= digit << shift;
        }
    }
    Some(uuid)
}

/// The canonical spelling of a UUID's bytes.
pub fn format_uuid(uuid: &[u8; 16], out: &mut String) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    for (at, byte) in uuid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: only the canonical spelling is stored as bytes, and it reads back the same.
    #[test]
    fn uuids() {
        let text = "01234567-89ab-cdef-0123-456789abcdef";
        let mut out = String::new();
        format_uuid(&parse_uuid(text.as_bytes()).unwrap(), &mut out);
        assert_eq!(out, text);
        for other in [
            "01234567-89AB-cdef-0123-456789abcdef",
            "0123456789abcdef0123456789abcdef",
            "{1234567-89ab-cdef-0123-456789abcdef",
            "01234567-89ab-cdef-0123-456789abcdeg",
        ] {
            assert_eq!(parse_uuid(other.as_bytes()), None, "{other}");
        }
    }
}
