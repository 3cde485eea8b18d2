//! A value as JSON text, to the letter as Honeycomb's translation writes it: keys sorted, bytes in
//! base64, no escapes for HTML, a line feed behind it, and cut where a field ends.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::attributes::{AnyValue, DEPTH_MAX, KeyValue, Trouble, text};
use crate::problems::{Fault, Reason};
use crate::wire::{Field, Message};

/// Where JSON text is cut: the longest field that Honeycomb keeps.
const TEXT_BYTES_MAX: usize = 65_535;

/// The text of a value.
pub(crate) fn of(value: AnyValue<'_>) -> Result<String, Trouble> {
    let mut out = String::new();
    write(value, 0, &mut out)?;
    out.push('\n');
    if out.len() > TEXT_BYTES_MAX {
        let mut end = TEXT_BYTES_MAX;
        while !out.is_char_boundary(end) {
            end -= 1;
        }
        out.truncate(end);
    }
    Ok(out)
}

fn write(value: AnyValue<'_>, depth: usize, out: &mut String) -> Result<(), Trouble> {
    if depth > DEPTH_MAX {
        return Err(Fault::new(Reason::NestedTooDeeply, "deeper than 100 levels").into());
    }
    match value {
        AnyValue::Missing => out.push_str("null"),
        AnyValue::Text(value) => write_text(text(value, "an attribute's value")?, out),
        AnyValue::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        AnyValue::Int(value) => write!(out, "{value}").expect("a string takes any text"),
        AnyValue::Float(value) => write_float(value, out),
        AnyValue::Bytes(value) => {
            out.push('"');
            STANDARD.encode_string(value.bytes, out);
            out.push('"');
        }
        AnyValue::List(list) => write_list(list, depth, out)?,
        AnyValue::Map(map) => write_map(map, depth, out)?,
    }
    Ok(())
}

fn write_list(list: Message<'_>, depth: usize, out: &mut String) -> Result<(), Trouble> {
    out.push('[');
    let mut fields = list.fields();
    let mut first = true;
    while let Some((number, field)) = fields.next()? {
        let (1, Field::Bytes(item)) = (number, field) else { continue };
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        write(AnyValue::parse(item, AnyValue::Missing)?, depth + 1, out)?;
    }
    out.push(']');
    Ok(())
}

fn write_map(map: Message<'_>, depth: usize, out: &mut String) -> Result<(), Trouble> {
    let mut entries = BTreeMap::new();
    let mut fields = map.fields();
    while let Some((number, field)) = fields.next()? {
        let (1, Field::Bytes(entry)) = (number, field) else { continue };
        let entry = KeyValue::parse(entry)?;
        entries.insert(text(entry.key, "an attribute's key")?, entry.value);
    }
    out.push('{');
    for (at, (key, value)) in entries.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_text(key, out);
        out.push(':');
        write(value, depth + 1, out)?;
    }
    out.push('}');
    Ok(())
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\u{0}'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                write!(out, "\\u{:04x}", u32::from(character)).expect("a string takes any text");
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// As Go writes floats: no fraction on whole ones, an exponent outside `1e-6..1e21`. JSON has no
/// words for what is not finite; it becomes text.
fn write_float(value: f64, out: &mut String) {
    let size = value.abs();
    let written = if !value.is_finite() {
        let word = match value {
            _ if value.is_nan() => "NaN",
            _ if value > 0.0 => "Infinity",
            _ => "-Infinity",
        };
        write!(out, "\"{word}\"")
    } else if size == 0.0 || (1e-6..1e21).contains(&size) {
        write!(out, "{value}")
    } else {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        match exponent.strip_prefix('-') {
            Some(exponent) if exponent.len() < 2 => write!(out, "{digits}e-0{exponent}"),
            Some(exponent) => write!(out, "{digits}e-{exponent}"),
            None => write!(out, "{digits}e+{exponent}"),
        }
    };
    written.expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: floats in JSON text are spelled as Go spells them.
    #[test]
    fn floats() {
        for (value, text) in [
            (1.0, "1"),
            (-0.5, "-0.5"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-07"),
            (2e-10, "2e-10"),
            (0.000001, "0.000001"),
            (f64::NAN, "\"NaN\""),
        ] {
            let mut out = String::new();
            write_float(value, &mut out);
            assert_eq!(out, text);
        }
    }
}
