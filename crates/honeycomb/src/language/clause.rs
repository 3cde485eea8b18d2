//! A part of a specification and where it stands, so that errors can name it.

use std::fmt::Write as _;

use model::{Error, Result};
use serde_json::{Map, Number, Value};

use super::{NOT_BUILT, not_built};

/// Characters of a value that an error repeats.
const SHOWN_CHARS_MAX: usize = 100;

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Clause<'a> {
    place: String,
    value: &'a Value,
}

/// The members of a clause.
pub(super) struct Members<'a> {
    place: String,
    map: &'a Map<String, Value>,
}

impl<'a> Clause<'a> {
    pub(super) fn root(name: &str, value: &'a Value) -> Self {
        Self { place: name.to_owned(), value }
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// An error: the clause is not what it must be.
    pub(super) fn refused(&self, expected: &str) -> Error {
        let mut shown = self.value.to_string();
        if let Some((end, _)) = shown.char_indices().nth(SHOWN_CHARS_MAX) {
            shown.truncate(end);
            shown.push('…');
        }
        Error::invalid(format!("{}: {shown} where this is expected: {expected}", self.place))
    }

    /// An error: what the clause says exists in Honeycomb and not here.
    pub(super) fn not_built(&self, what: &str) -> Error {
        not_built(&self.place, what)
    }

    pub(super) fn members(&self) -> Result<Members<'a>> {
        match self.value {
            Value::Object(map) => Ok(Members { place: self.place.clone(), map }),
            _ => Err(self.refused("an object")),
        }
    }

    /// The parts of a list, of which there may be `most`.
    pub(super) fn list(&self, most: usize) -> Result<Vec<Clause<'a>>> {
        let Value::Array(values) = self.value else { return Err(self.refused("a list")) };
        if values.len() > most {
            return Err(self.refused(&format!("at most {most} of them")));
        }
        let part = |(at, value)| Clause { place: format!("{}[{at}]", self.place), value };
        Ok(values.iter().enumerate().map(part).collect())
    }

    pub(super) fn text(&self) -> Result<&'a str> {
        self.value.as_str().ok_or_else(|| self.refused("text"))
    }

    pub(super) fn number(&self) -> Result<f64> {
        self.value.as_f64().ok_or_else(|| self.refused("a number"))
    }

    pub(super) fn whole_number(&self) -> Result<i64> {
        let whole = |number: f64| {
            let fits = number.fract() == 0.0 && number.abs() < i64::MAX as f64;
            fits.then_some(number as i64)
        };
        let number = self.value.as_number();
        let int = number.and_then(Number::as_i64);
        int.or_else(|| number.and_then(Number::as_f64).and_then(whole))
            .ok_or_else(|| self.refused("a whole number"))
    }

    /// One of these words.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T> {
        let found = self.value.as_str().and_then(|text| {
            words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning)
        });
        found.ok_or_else(|| {
            let mut expected = "one of".to_owned();
            for (at, (word, _)) in words.iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                write!(expected, "{comma} {word}").expect("a string takes all that is written");
            }
            self.refused(&expected)
        })
    }
}

impl<'a> Members<'a> {
    /// A member that says something: it is there and not null.
    pub(super) fn said(&self, name: &str) -> Option<Clause<'a>> {
        let value = self.map.get(name).filter(|value| !value.is_null())?;
        let clause = Clause { place: format!("{}.{name}", self.place), value };
        // An empty list says as much as none.
        let empty = value.as_array().is_some_and(Vec::is_empty);
        (!empty).then_some(clause)
    }

    pub(super) fn required(&self, name: &str, expected: &str) -> Result<Clause<'a>> {
        self.said(name).ok_or_else(|| {
            Error::invalid(format!(
                "{}.{name} is missing; this is expected: {expected}",
                self.place
            ))
        })
    }

    /// Refuses members that are not known, and those that are and not built.
    pub(super) fn refuse_unknown(&self, known: &[&[&str]]) -> Result<()> {
        for (name, value) in self.map {
            if known.iter().any(|names| names.contains(&name.as_str())) {
                continue;
            }
            if NOT_BUILT.contains(&name.as_str()) {
                let says_nothing = match value {
                    Value::Null => true,
                    Value::Bool(bool) => !bool,
                    Value::Number(number) => number.as_f64() == Some(0.0),
                    Value::Array(values) => values.is_empty(),
                    _ => false,
                };
                if says_nothing {
                    continue;
                }
                return Err(not_built(&format!("{}.{name}", self.place), name));
            }
            let known: Vec<&str> = known.iter().flat_map(|names| names.iter().copied()).collect();
            return Err(Error::invalid(format!(
                "{}.{name} is not a member; these are: {}",
                self.place,
                known.join(", ")
            )));
        }
        Ok(())
    }
}
