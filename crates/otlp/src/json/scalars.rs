//! Numbers, ids and names as clients spell them in JSON.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);

/// Bytes in base64 of either alphabet.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

/// A trace or span id.
#[derive(Debug, Default)]
pub(super) struct Id(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<Cow<'_, str>>::deserialize(deserializer)?.unwrap_or_default();
        Ok(Self(id_of(&text)))
    }
}

/// The bytes of an id. What is neither hex nor base64 comes out with a length that no id has, so
/// that it costs its span and not the request.
fn id_of(text: &str) -> Vec<u8> {
    let digits = text.as_bytes();
    if matches!(digits.len(), 16 | 32) && digits.iter().all(u8::is_ascii_hexdigit) {
        let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
        return digits.chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    }
    match from_base64(text) {
        Some(bytes) => bytes,
        None => vec![0xff; 3],
    }
}

/// Bytes in base64.
#[derive(Debug)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        from_base64(&text).map(Self).ok_or_else(|| D::Error::custom("bytes are not base64"))
    }
}

/// An unsigned number, perhaps as text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unsigned(pub(super) u64);

/// A signed number, perhaps as text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signed(pub(super) i64);

/// A signed number of 32 bits, perhaps as text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Short(pub(super) i32);

/// A float, perhaps as text, where it may also be `NaN` or infinite.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Double(pub(super) f64);

/// An enum's number, or its name.
#[derive(Clone, Debug)]
pub(super) enum Enum<'a> {
    Number(u64),
    Name(Cow<'a, str>),
}

impl Default for Enum<'_> {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl Enum<'_> {
    /// The number; `names` have the numbers of their places.
    pub(super) fn number(&self, names: &[&str]) -> u64 {
        match self {
            Self::Number(number) => *number,
            Self::Name(name) => {
                names.iter().position(|known| known == name).unwrap_or_default() as u64
            }
        }
    }
}

/// What a number may look like.
enum Any<'a> {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(Cow<'a, str>),
    Null,
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Any<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a number as text")
    }

    fn visit_u64<E>(self, value: u64) -> Result<Any<'de>, E> {
        Ok(Any::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Any<'de>, E> {
        Ok(Any::Signed(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Any<'de>, E> {
        Ok(Any::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Any<'de>, E> {
        Ok(Any::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Any<'de>, E> {
        Ok(Any::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Any<'de>, E> {
        Ok(Any::Null)
    }
}

fn any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Any<'de>, D::Error> {
    deserializer.deserialize_any(AnyVisitor)
}

fn not_a_number<E: Error>(text: &str, wanted: &str) -> E {
    E::custom(format!("{text:?} is not {wanted}"))
}

impl<'de> Deserialize<'de> for Unsigned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const WANTED: &str = "a whole number of 64 bits";
        match any(deserializer)? {
            Any::Unsigned(value) => Ok(Self(value)),
            Any::Null => Ok(Self(0)),
            Any::Text(text) => text.parse().map(Self).map_err(|_| not_a_number(&text, WANTED)),
            Any::Float(value) if value.fract() == 0.0 && (0.0..1.8e19).contains(&value) => {
                Ok(Self(value as u64))
            }
            Any::Float(value) => Err(not_a_number(&value.to_string(), WANTED)),
            Any::Signed(value) => Err(not_a_number(&value.to_string(), WANTED)),
        }
    }
}

impl<'de> Deserialize<'de> for Signed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const WANTED: &str = "a whole signed number of 64 bits";
        match any(deserializer)? {
            Any::Signed(value) => Ok(Self(value)),
            Any::Null => Ok(Self(0)),
            Any::Unsigned(value) => {
                i64::try_from(value).map(Self).map_err(|_| not_a_number(&value.to_string(), WANTED))
            }
            Any::Text(text) => text.parse().map(Self).map_err(|_| not_a_number(&text, WANTED)),
            Any::Float(value) if value.fract() == 0.0 && value.abs() < 9.2e18 => {
                Ok(Self(value as i64))
            }
            Any::Float(value) => Err(not_a_number(&value.to_string(), WANTED)),
        }
    }
}

impl<'de> Deserialize<'de> for Short {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Signed(value) = Signed::deserialize(deserializer)?;
        let short = i32::try_from(value);
        short.map(Self).map_err(|_| not_a_number(&value.to_string(), "a number of 32 bits"))
    }
}

impl<'de> Deserialize<'de> for Double {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match any(deserializer)? {
            Any::Float(value) => Ok(Self(value)),
            Any::Unsigned(value) => Ok(Self(value as f64)),
            Any::Signed(value) => Ok(Self(value as f64)),
            Any::Null => Ok(Self(0.0)),
            Any::Text(text) => match &*text {
                "NaN" => Ok(Self(f64::NAN)),
                "Infinity" => Ok(Self(f64::INFINITY)),
                "-Infinity" => Ok(Self(f64::NEG_INFINITY)),
                number => number.parse().map(Self).map_err(|_| not_a_number(number, "a number")),
            },
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Enum<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match any(deserializer)? {
            Any::Unsigned(value) => Ok(Self::Number(value)),
            Any::Null => Ok(Self::Number(0)),
            Any::Text(text) => Ok(text.parse().map_or(Self::Name(text), Self::Number)),
            Any::Float(value) => Err(not_a_number(&value.to_string(), "an enum's number")),
            Any::Signed(value) => Err(not_a_number(&value.to_string(), "an enum's number")),
        }
    }
}
