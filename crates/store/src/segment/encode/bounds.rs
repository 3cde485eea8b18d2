//! Least and greatest values of pages and chunks, which let a reader skip them.

use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::file::statistics::{Statistics, ValueStatistics};

use super::super::class::parse_uuid;
use super::super::column::Entries;
use super::super::schema::Physical;

/// Longest text kept as a bound: long ones are cut, the upper one upwards.
const TEXT_BOUND_BYTES: usize = 32;

/// The least and greatest value of a page or chunk.
#[derive(Clone, Debug)]
pub(super) enum Bounds {
    /// There is no value.
    Nulls,
    /// Not worth their bytes.
    Unknown,
    /// Of small integers.
    Int32(i32, i32),
    /// Of integers and times.
    Int64(i64, i64),
    /// Of floats.
    Double(f64, f64),
    /// Of truth values.
    Bool(bool, bool),
    /// Of texts.
    Text(TextBound, TextBound),
    /// Of UUIDs.
    Uuid([u8; 16], [u8; 16]),
}

/// A text that bounds others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextBound {
    bytes: Vec<u8>,
    /// Whether it is one of them, and not cut short.
    is_exact: bool,
}

impl Bounds {
    pub(super) fn of_ints(values: &[i64]) -> Self {
        let least = values.iter().copied().min();
        let greatest = values.iter().copied().max();
        least.zip(greatest).map_or(Self::Nulls, |(least, greatest)| Self::Int64(least, greatest))
    }

    /// Bounds of the values of both, where they are integers.
    pub(super) fn join(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Int64(a, b), Self::Int64(c, d)) => Self::Int64(a.min(*c), b.max(*d)),
            (Self::Nulls, other) => other.clone(),
            (this, Self::Nulls) => this,
            _ => Self::Unknown,
        }
    }

    /// Bounds of codes into sorted entries.
    pub(super) fn of_codes(physical: Physical, entries: &Entries<'_>, codes: &[u32]) -> Self {
        let Some((least, greatest)) =
            codes.iter().min().zip(codes.iter().max()).map(|(a, b)| (*a as usize, *b as usize))
        else {
            return Self::Nulls;
        };
        match (physical, entries) {
            (Physical::Int32, Entries::Int(ints)) => {
                Self::Int32(ints[least] as i32, ints[greatest] as i32)
            }
            (_, Entries::Int(ints)) => Self::Int64(ints[least], ints[greatest]),
            (_, Entries::Float(floats)) => Self::of_floats(&[floats[least], floats[greatest]]),
            (Physical::Uuid, Entries::Text(texts)) => {
                match parse_uuid(texts[least]).zip(parse_uuid(texts[greatest])) {
                    Some((least, greatest)) => Self::Uuid(least, greatest),
                    None => Self::Unknown,
                }
            }
            (_, Entries::Text(texts)) => Self::of_texts(texts[least], texts[greatest]),
            (_, Entries::Bool | Entries::TraceId(_)) => Self::Unknown,
        }
    }

    /// Bounds of the entries that `codes` point to, in any order.
    pub(super) fn of_values(physical: Physical, entries: &Entries<'_>, codes: &[u32]) -> Self {
        let codes = || codes.iter().map(|code| *code as usize);
        match entries {
            Entries::Int(ints) => {
                let (least, greatest) = (codes().map(|at| ints[at]), codes().map(|at| ints[at]));
                match (physical, least.min().zip(greatest.max())) {
                    (_, None) => Self::Nulls,
                    // Other readers refuse bounds that are longer than the values.
                    (Physical::Int32, Some((a, b))) => Self::Int32(a as i32, b as i32),
                    (_, Some((a, b))) => Self::Int64(a, b),
                }
            }
            Entries::Float(floats) => {
                Self::of_floats(&codes().map(|at| floats[at]).collect::<Vec<_>>())
            }
            Entries::Text(texts) => {
                let least = codes().map(|at| texts[at]).min();
                let greatest = codes().map(|at| texts[at]).max();
                match least.zip(greatest) {
                    None => Self::Nulls,
                    // Their text has the order of their bytes.
                    Some((a, b)) if physical == Physical::Uuid => parse_uuid(a)
                        .zip(parse_uuid(b))
                        .map_or(Self::Unknown, |(a, b)| Self::Uuid(a, b)),
                    Some((a, b)) => Self::of_texts(a, b),
                }
            }
            Entries::Bool => match codes().min().zip(codes().max()) {
                Some((least, greatest)) => Self::Bool(least == 1, greatest == 1),
                None => Self::Nulls,
            },
            Entries::TraceId(_) => Self::Unknown,
        }
    }

    /// NaN has no place in an order: a page that holds one has no bounds. Zeros cover both signs.
    fn of_floats(values: &[f64]) -> Self {
        if values.is_empty() {
            return Self::Nulls;
        }
        if values.iter().any(|value| value.is_nan()) {
            return Self::Unknown;
        }
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self::Double(
            if least == 0.0 { -0.0 } else { least },
            if greatest == 0.0 { 0.0 } else { greatest },
        )
    }

    fn of_texts(least: &[u8], greatest: &[u8]) -> Self {
        let is_short = |text: &[u8]| text.len() <= TEXT_BOUND_BYTES;
        let least = TextBound { bytes: cut(least).to_vec(), is_exact: is_short(least) };
        let greatest = match is_short(greatest) {
            true => Some(TextBound { bytes: greatest.to_vec(), is_exact: true }),
            false => cut_upwards(greatest).map(|bytes| TextBound { bytes, is_exact: false }),
        };
        greatest.map_or(Self::Unknown, |greatest| Self::Text(least, greatest))
    }

    /// As the page index wants them: the plain bytes of least and greatest.
    pub(super) fn index_bytes(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        Some(match self {
            Self::Nulls => (Vec::new(), Vec::new()),
            Self::Unknown => return None,
            Self::Int32(a, b) => (a.to_le_bytes().to_vec(), b.to_le_bytes().to_vec()),
            Self::Int64(a, b) => (a.to_le_bytes().to_vec(), b.to_le_bytes().to_vec()),
            Self::Double(a, b) => (a.to_le_bytes().to_vec(), b.to_le_bytes().to_vec()),
            Self::Bool(a, b) => (vec![u8::from(*a)], vec![u8::from(*b)]),
            Self::Text(a, b) => (a.bytes.clone(), b.bytes.clone()),
            Self::Uuid(a, b) => (a.to_vec(), b.to_vec()),
        })
    }

    /// As a chunk's statistics want them.
    pub(super) fn statistics(&self, nulls: u64) -> Option<Statistics> {
        macro_rules! typed {
            ($least:expr, $greatest:expr) => {
                ValueStatistics::new(Some($least), Some($greatest), None, Some(nulls), false)
            };
        }
        Some(match self {
            Self::Nulls | Self::Unknown => return None,
            Self::Int32(a, b) => Statistics::Int32(typed!(*a, *b)),
            Self::Int64(a, b) => Statistics::Int64(typed!(*a, *b)),
            Self::Double(a, b) => Statistics::Double(typed!(*a, *b)),
            Self::Bool(a, b) => Statistics::Boolean(typed!(*a, *b)),
            Self::Text(a, b) => {
                let bytes = |bound: &TextBound| ByteArray::from(bound.bytes.clone());
                Statistics::ByteArray(
                    typed!(bytes(a), bytes(b))
                        .with_min_is_exact(a.is_exact)
                        .with_max_is_exact(b.is_exact),
                )
            }
            Self::Uuid(a, b) => {
                let fixed = |bytes: &[u8; 16]| FixedLenByteArray::from(bytes.to_vec());
                Statistics::FixedLenByteArray(typed!(fixed(a), fixed(b)))
            }
        })
    }
}

/// The longest beginning within the limit that ends between characters.
fn cut(text: &[u8]) -> &[u8] {
    if text.len() <= TEXT_BOUND_BYTES {
        return text;
    }
    let mut end = TEXT_BOUND_BYTES;
    while end > 0 && text[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    &text[..end]
}

/// A short text above `text` and all that begin as it does, if there is one.
fn cut_upwards(text: &[u8]) -> Option<Vec<u8>> {
    let beginning = std::str::from_utf8(cut(text)).ok()?;
    let mut characters: Vec<char> = beginning.chars().collect();
    while let Some(last) = characters.pop() {
        let next = (u32::from(last) + 1..).take(0x1000).find_map(char::from_u32);
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect::<String>().into_bytes());
        }
    }
    None
}

#[cfg(test)]
mod tests;
