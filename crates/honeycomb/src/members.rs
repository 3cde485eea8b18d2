//! Members of a request's body, each read as what it has to be or refused with its name.
//!
//! A member that is null says as much as one that is not there. Members that are not known are
//! passed over: clients send back whole objects that they were given, with all that only the
//! server says.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::problem::{Code, Problem};

/// The members of a body.
pub(crate) struct Members<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Members<'a> {
    fn said(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Text of so many characters.
    pub(crate) fn text(
        &self,
        name: &str,
        chars: RangeInclusive<usize>,
    ) -> Result<Option<&'a str>, Problem> {
        let Some(value) = self.said(name) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| wrong_type(name, "a string"))?;
        let count = text.trim().chars().count();
        if count == 0 && *chars.start() > 0 {
            return Err(Problem::of_field(name, Code::Missing, "cannot be blank"));
        }
        if !chars.contains(&count) {
            let (least, most) = (chars.start(), chars.end());
            let text = format!("has {count} characters, {least} to {most} are allowed");
            return Err(Problem::of_field(name, Code::Invalid, text));
        }
        Ok(Some(text))
    }

    /// Text that must be there.
    pub(crate) fn required_text(&self, name: &str, chars_max: usize) -> Result<&'a str, Problem> {
        self.text(name, 1..=chars_max)?
            .ok_or_else(|| Problem::of_field(name, Code::Missing, "cannot be blank"))
    }

    /// A whole number.
    pub(crate) fn whole(
        &self,
        name: &str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, Problem> {
        let Some(value) = self.said(name) else { return Ok(None) };
        let Value::Number(number) = value else {
            return Err(wrong_type(name, "a whole number"));
        };
        match number.as_u64() {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            _ => {
                let (least, most) = (range.start(), range.end());
                let text = format!("is {number}, a whole number from {least} to {most} is allowed");
                Err(Problem::of_field(name, Code::Invalid, text))
            }
        }
    }

    /// True or false.
    pub(crate) fn truth(&self, name: &str) -> Result<Option<bool>, Problem> {
        let Some(value) = self.said(name) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| wrong_type(name, "true or false"))
    }

    /// The members of a member.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Members<'a>>, Problem> {
        let Some(value) = self.said(name) else { return Ok(None) };
        value.as_object().map(|map| Some(Members(map))).ok_or_else(|| wrong_type(name, "an object"))
    }
}

fn wrong_type(name: &str, expected: &str) -> Problem {
    Problem::of_field(name, Code::IncorrectType, format!("must be {expected}"))
}
