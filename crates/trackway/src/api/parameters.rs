//! The parameters of a path: each known and said once, everything else refused.

use std::str::FromStr;

use model::{Error, Result};

/// Parameters as they stand in a path.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Takes parameters, of which these names are known.
    pub(super) fn new(given: Vec<(String, String)>, known: &[&str]) -> Result<Self> {
        for (at, (name, _)) in given.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(Error::invalid(format!(
                    "{name:?} is not a parameter here; these are: {}",
                    known.join(", ")
                )));
            }
            if given.iter().take(at).any(|(before, _)| before == name) {
                return Err(Error::invalid(format!("the parameter {name} is given twice")));
            }
        }
        Ok(Self(given))
    }

    /// What a parameter says; one that is empty says nothing.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let given = self.0.iter().find(|(known, _)| known == name);
        given.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A number within bounds.
    pub(super) fn number<T: FromStr + PartialOrd + std::fmt::Display>(
        &self,
        name: &str,
        least: T,
        most: T,
    ) -> Result<Option<T>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (&least..=&most).contains(&number));
        let wrong = || {
            Error::invalid(format!(
                "{name}: {text:?} where a number from {least} to {most} is expected"
            ))
        };
        number.ok_or_else(wrong).map(Some)
    }

    /// One of some words.
    pub(super) fn one_of<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(Some(*meaning));
        }
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let words = words.join(", ");
        Err(Error::invalid(format!("{name}: {text:?} where one of these is expected: {words}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &[(&str, &str)]) -> Result<Parameters> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Parameters::new(given.collect(), &["limit", "sort"])
    }

    /// Guarantees: what is known is read, and every slip names the parameter and what it may be.
    #[test]
    fn slips_are_named() {
        let read = of(&[("limit", "7"), ("sort", "")]).unwrap();
        assert_eq!(read.number("limit", 1, 100).unwrap(), Some(7));
        assert_eq!((read.text("sort"), read.text("other")), (None, None));
        let refusal = |error: Error| error.to_string();
        assert!(refusal(of(&[("limt", "7")]).unwrap_err()).contains("these are: limit, sort"));
        assert!(refusal(of(&[("sort", "a"), ("sort", "b")]).unwrap_err()).contains("twice"));
        let wrong = of(&[("limit", "101"), ("sort", "slow")]).unwrap();
        let error = refusal(wrong.number("limit", 1, 100).unwrap_err());
        assert!(error.contains("limit: \"101\" where a number from 1 to 100"), "{error}");
        let error = refusal(wrong.one_of("sort", &[("recent", 1), ("slowest", 2)]).unwrap_err());
        assert!(error.contains("sort: \"slow\"") && error.contains("recent, slowest"), "{error}");
    }
}
