//! How values of different types meet under one name.
//!
//! Numbers compare as numbers, text as text, truth values with false before true. A number and a
//! text compare as numbers if the text is one, else as texts; a truth value and anything else
//! compare as texts. Calculations take text for a number if it is one.

use std::cmp::Ordering;

use model::number_text;

use crate::spec::{Comparison, Literal, Test};

/// The number that a text spells: digits with an optional sign, point and exponent, nothing else.
pub(crate) fn number_of(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text).as_bytes();
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(unsigned);
    let mut rest = &unsigned[whole..];
    if whole == 0 {
        return None;
    }
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = digits(fraction);
        if length == 0 {
            return None;
        }
        rest = &fraction[length..];
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let exponent =
            exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        if exponent.is_empty() || digits(exponent) != exponent.len() {
            return None;
        }
        rest = &[];
    }
    if !rest.is_empty() {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A float as text.
pub(crate) fn float_text(value: f64) -> String {
    let mut text = String::new();
    number_text(value, &mut text);
    text
}

/// A truth value as text.
pub(crate) const fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

impl Literal {
    /// It as text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Int(int) => int.to_string(),
            Self::Float(float) => float_text(*float),
            Self::Bool(bool) => bool_text(*bool).to_owned(),
        }
    }

    /// It as a number, if it is or spells one.
    pub(crate) fn number(&self) -> Option<Number> {
        match self {
            Self::Text(text) => number_of(text).map(Number::Float),
            Self::Int(int) => Some(Number::Int(*int)),
            Self::Float(float) => Some(Number::Float(*float)),
            Self::Bool(_) => None,
        }
    }
}

/// A number of either type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    pub(crate) fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    /// An integer compared with it, exactly.
    pub(crate) fn order_of_int(self, value: i64) -> Option<Ordering> {
        match self {
            Self::Int(int) => Some(value.cmp(&int)),
            Self::Float(float) => (value as f64).partial_cmp(&float),
        }
    }
}

impl Comparison {
    /// Whether it holds for values in this order.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// A test made ready for many values.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    test: Test,
    cases: Vec<Case>,
}

/// A comparison with a literal, in every form it may be needed in.
#[derive(Clone, Debug)]
struct Case {
    comparison: Comparison,
    literal: Literal,
    text: String,
    number: Option<Number>,
}

impl Prepared {
    pub(crate) fn new(test: &Test) -> Self {
        let case = |comparison: Comparison, literal: &Literal| Case {
            comparison,
            literal: literal.clone(),
            text: literal.text(),
            number: literal.number(),
        };
        let cases = match test {
            Test::Compare(comparison, literal) => vec![case(*comparison, literal)],
            Test::OneOf(literals) => {
                literals.iter().map(|literal| case(Comparison::Equal, literal)).collect()
            }
            _ => Vec::new(),
        };
        Self { test: test.clone(), cases }
    }

    /// The text that a value must equal, if the test is just that.
    pub(crate) fn equal_text(&self) -> Option<&str> {
        match &self.test {
            Test::Compare(Comparison::Equal, Literal::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether only a value's being there matters.
    pub(crate) fn is_exists(&self) -> bool {
        self.test == Test::Exists
    }

    /// Whether a text passes.
    pub(crate) fn text(&self, value: &str) -> bool {
        match &self.test {
            Test::Exists => true,
            Test::StartsWith(start) => value.starts_with(start.as_str()),
            Test::EndsWith(end) => value.ends_with(end.as_str()),
            Test::Contains(part) => value.contains(part.as_str()),
            Test::Compare(..) | Test::OneOf(_) => self.cases.iter().any(|case| {
                let order = match (&case.literal, case.number) {
                    (Literal::Int(_) | Literal::Float(_), Some(number)) => match number_of(value) {
                        Some(value) => value.partial_cmp(&number.float()),
                        None => Some(value.cmp(&case.text)),
                    },
                    _ => Some(value.cmp(&case.text)),
                };
                order.is_some_and(|order| case.comparison.holds(order))
            }),
        }
    }

    /// Whether an integer passes.
    pub(crate) fn int(&self, value: i64) -> bool {
        self.any_number(|| value.to_string(), |number| number.order_of_int(value))
    }

    /// Whether a float passes.
    pub(crate) fn float(&self, value: f64) -> bool {
        let order = |number: Number| match number {
            // An integer beyond the precision of floats still compares exactly with a whole float.
            Number::Int(int) if value.fract() == 0.0 && value.abs() < 9.2e18 => {
                Some((value as i64).cmp(&int))
            }
            number => value.partial_cmp(&number.float()),
        };
        self.any_number(|| float_text(value), order)
    }

    fn any_number(
        &self,
        text: impl Fn() -> String,
        order_with: impl Fn(Number) -> Option<Ordering>,
    ) -> bool {
        if self.is_exists() {
            return true;
        }
        if self.cases.is_empty() {
            return !matches!(self.test, Test::OneOf(_)) && self.text(&text());
        }
        self.cases.iter().any(|case| {
            let order = match case.number {
                Some(number) => order_with(number),
                None => Some(text().cmp(&case.text)),
            };
            order.is_some_and(|order| case.comparison.holds(order))
        })
    }

    /// Whether a truth value passes.
    pub(crate) fn bool(&self, value: bool) -> bool {
        if self.cases.is_empty() {
            return !matches!(self.test, Test::OneOf(_)) && self.text(bool_text(value));
        }
        self.cases.iter().any(|case| {
            let order = match &case.literal {
                Literal::Bool(literal) => value.cmp(literal),
                _ => bool_text(value).cmp(case.text.as_str()),
            };
            case.comparison.holds(order)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: only plain decimal numbers are taken for numbers.
    #[test]
    fn numbers_in_text() {
        for (text, number) in [("5", 5.0), ("-2.50", -2.5), ("+1e3", 1e3), ("007", 7.0)] {
            assert_eq!(number_of(text), Some(number), "{text}");
        }
        for text in ["", ".5", "1.", "1e", " 1", "0x1", "inf", "nan", "1e999", "１", "1_000"] {
            assert_eq!(number_of(text), None, "{text}");
        }
    }

    /// Guarantees: values and literals of different types compare by the documented rule.
    #[test]
    fn mixed_types() {
        let compare = |comparison, literal| Prepared::new(&Test::Compare(comparison, literal));
        let equal = |literal| compare(Comparison::Equal, literal);
        let text = |text: &str| Literal::Text(text.to_owned());
        assert!(equal(text("500")).int(500));
        assert!(equal(Literal::Int(500)).text("500"));
        assert!(equal(Literal::Int(5)).text("5.0"));
        assert!(!equal(text("5")).text("5.0"));
        assert!(compare(Comparison::Less, text("10")).int(9));
        assert!(!compare(Comparison::Less, text("1x")).int(9));
        assert!(compare(Comparison::Greater, Literal::Int(5)).text("abc"));
        assert!(equal(text("true")).bool(true));
        assert!(compare(Comparison::Less, Literal::Bool(true)).bool(false));
        assert!(Prepared::new(&Test::OneOf(vec![text("x"), Literal::Int(5)])).float(5.0));
        assert!(Prepared::new(&Test::StartsWith("0.2".to_owned())).float(0.25));
        assert!(!equal(Literal::Int(i64::MAX - 1)).int(i64::MAX));
        let none = Prepared::new(&Test::OneOf(Vec::new()));
        assert!(!none.int(1) && !none.text("") && !none.bool(true) && !none.float(0.5));
    }
}
