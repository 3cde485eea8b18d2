//! Attribute values and the types they are stored under.

use std::fmt::Write as _;

use crate::TextRef;

/// The types a value is stored under. Numbers are part of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueType {
    /// UTF-8 text.
    Text = 0,
    /// A 64-bit integer.
    Int = 1,
    /// A 64-bit float.
    Float = 2,
    /// True or false.
    Bool = 3,
}

impl ValueType {
    /// Every type, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Text, Self::Int, Self::Float, Self::Bool];

    /// The stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The type of a stored number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The name in file columns and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
        }
    }
}

/// A value with its text at hand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// UTF-8 text.
    Text(&'a str),
    /// A 64-bit integer.
    Int(i64),
    /// A 64-bit float.
    Float(f64),
    /// True or false.
    Bool(bool),
}

impl Value<'_> {
    /// The type it is stored under.
    pub const fn value_type(&self) -> ValueType {
        match self {
            Self::Text(_) => ValueType::Text,
            Self::Int(_) => ValueType::Int,
            Self::Float(_) => ValueType::Float,
            Self::Bool(_) => ValueType::Bool,
        }
    }
}

/// A value whose text lies in a batch's buffers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// UTF-8 text.
    Text(TextRef),
    /// A 64-bit integer.
    Int(i64),
    /// A 64-bit float.
    Float(f64),
    /// True or false.
    Bool(bool),
}

impl Scalar {
    /// The type it is stored under.
    pub const fn value_type(&self) -> ValueType {
        match self {
            Self::Text(_) => ValueType::Text,
            Self::Int(_) => ValueType::Int,
            Self::Float(_) => ValueType::Float,
            Self::Bool(_) => ValueType::Bool,
        }
    }
}

/// A number as text, where numbers and text meet under one name: whole floats without a fraction
/// (`5`, so that 5 and 5.0 are one value), others with the fewest digits that read back the same,
/// with an exponent outside `1e-5..1e16`. `NaN`, `Infinity` and `-Infinity` for the rest.
pub fn number_text(number: f64, out: &mut String) {
    let size = number.abs();
    if number.is_nan() {
        out.push_str("NaN");
    } else if number.is_infinite() {
        out.push_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
    } else if size == 0.0 {
        out.push('0');
    } else if (1e-5..1e16).contains(&size) {
        write!(out, "{number}").expect("a string takes any text");
    } else {
        write!(out, "{number:e}").expect("a string takes any text");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: the text form of numbers is the documented one.
    #[test]
    fn text_of_numbers() {
        for (number, text) in [
            (5.0, "5"),
            (-0.0, "0"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e15, "1000000000000000"),
            (1e21, "1e21"),
            (1.5e-7, "1.5e-7"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            let mut out = String::new();
            number_text(number, &mut out);
            assert_eq!(out, text);
        }
    }
}
