//! The columns that metrics become, small enough to be counted and compared by the million.
//!
//! A column is a metric's name and a suffix. A name that happens to end in such a suffix is taken
//! apart in the same way, so that one column has one form, whichever metric it comes from.

use std::collections::HashMap;
use std::fmt;

use foldhash::fast::FixedState;

use super::quantile::Quantile;

/// Most bytes of the different names in a request: each may become as many columns as a
/// distribution has, and their names are copied. Names of real metrics have about thirty bytes.
const NAMES_BYTES_MAX: usize = 4 << 20;

/// What a column has behind the name of its metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Suffix(u32);

/// Suffixes that are words; a quantile's follow them.
const WORDS: [(&str, Suffix); 5] = [
    ("count", Suffix::COUNT),
    ("sum", Suffix::SUM),
    ("avg", Suffix::AVG),
    ("min", Suffix::MIN),
    ("max", Suffix::MAX),
];

impl Suffix {
    pub(super) const NONE: Self = Self(0);
    pub(super) const COUNT: Self = Self(1);
    pub(super) const SUM: Self = Self(2);
    pub(super) const AVG: Self = Self(3);
    pub(super) const MIN: Self = Self(4);
    pub(super) const MAX: Self = Self(5);

    pub(super) const fn quantile(quantile: Quantile) -> Self {
        Self(Self::MAX.0 + quantile.code())
    }

    fn of_word(word: &str) -> Option<Self> {
        let known = WORDS.iter().find(|(known, _)| *known == word);
        let quantile = || Quantile::of_name(word).map(Self::quantile);
        known.map(|(_, suffix)| *suffix).or_else(quantile)
    }
}

impl fmt::Display for Suffix {
    /// With the dot before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return Ok(());
        }
        match WORDS.iter().find(|(_, suffix)| suffix == self) {
            Some((word, _)) => write!(f, ".{word}"),
            None => write!(f, ".{}", Quantile::of_code(self.0 - Self::MAX.0)),
        }
    }
}

/// A column by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Column {
    name: u32,
    suffix: Suffix,
}

/// The names of a request.
#[derive(Debug)]
pub(super) struct Names<'a> {
    texts: Vec<&'a str>,
    numbers: HashMap<&'a str, u32, FixedState>,
    bytes: usize,
}

/// There are too many names to keep.
#[derive(Debug)]
pub(super) struct TooManyNames;

impl fmt::Display for TooManyNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {NAMES_BYTES_MAX} bytes of metrics' names: send less at once")
    }
}

impl<'a> Names<'a> {
    pub(super) fn new(hasher: FixedState) -> Self {
        Self { texts: Vec::new(), numbers: HashMap::with_hasher(hasher), bytes: 0 }
    }

    /// The number of a metric's name, and its suffix if it ends like one of the columns of another
    /// metric. The latter only matters for plain numbers: nothing else is called like its metric.
    pub(super) fn split(&mut self, name: &'a str) -> Result<Column, TooManyNames> {
        if let Some((before, word)) = name.rsplit_once('.')
            && !before.is_empty()
            && let Some(suffix) = Suffix::of_word(word)
        {
            return Ok(Column { name: self.number(before)?, suffix });
        }
        Ok(Column { name: self.number(name)?, suffix: Suffix::NONE })
    }

    /// The column of a metric's name and a suffix.
    pub(super) fn column(&mut self, name: &'a str, suffix: Suffix) -> Result<Column, TooManyNames> {
        match suffix {
            Suffix::NONE => self.split(name),
            suffix => Ok(Column { name: self.number(name)?, suffix }),
        }
    }

    fn number(&mut self, name: &'a str) -> Result<u32, TooManyNames> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        if self.bytes + name.len() > NAMES_BYTES_MAX {
            return Err(TooManyNames);
        }
        self.bytes += name.len();
        let number = self.texts.len() as u32;
        self.texts.push(name);
        self.numbers.insert(name, number);
        Ok(number)
    }

    /// What a column is called, and whether the name lies in the request as it is.
    pub(super) fn text(&self, column: Column) -> (&'a str, Suffix) {
        (self.texts[column.name as usize], column.suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: one column has one number, whether its name is a metric's own or made of it.
    #[test]
    fn columns_have_one_form() {
        let mut names = Names::new(FixedState::with_seed(1));
        let half = Suffix::quantile(Quantile::nearest(0.5));
        for (name, suffix, whole) in [
            ("x", Suffix::COUNT, "x.count"),
            ("x", half, "x.p50"),
            ("x.count", Suffix::MAX, "x.count.max"),
            ("x", Suffix::NONE, "x"),
            (".count", Suffix::NONE, ".count"),
            ("x.counts", Suffix::NONE, "x.counts"),
        ] {
            let column = names.column(name, suffix).unwrap();
            assert_eq!(names.column(whole, Suffix::NONE).unwrap(), column, "{whole}");
            let (name, suffix) = names.text(column);
            assert_eq!(format!("{name}{suffix}"), whole);
        }
        assert_ne!(names.split("x").unwrap(), names.split("x.count").unwrap());
    }

    /// Guarantees: names are kept up to a bound, and those known stay known beyond it.
    #[test]
    fn names_are_bounded() {
        let mut names = Names::new(FixedState::with_seed(1));
        let (first, second) = ("a".repeat(NAMES_BYTES_MAX), "b");
        let known = names.split(&first).unwrap();
        assert!(names.split(second).is_err());
        assert_eq!(names.split(&first).unwrap(), known);
    }
}
