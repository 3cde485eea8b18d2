//! The numbers that a point becomes, each with what its column has behind the metric's name.

use model::Value;

use super::distribution;
use super::name::Suffix;
use super::parts::{Number, PointParts, Shape};
use super::quantile::Quantile;
use crate::problems::{Fault, Reason};

impl Number {
    pub(super) const fn value(self) -> Value<'static> {
        match self {
            Self::Int(int) => Value::Int(int),
            Self::Float(float) => Value::Float(float),
        }
    }

    /// A count; one beyond what integers hold is nearly right as a float.
    fn of_count(count: u64) -> Self {
        i64::try_from(count).map_or(Self::Float(count as f64), Self::Int)
    }
}

/// The numbers of a point. Used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Values {
    found: Vec<(Suffix, Number)>,
}

impl Values {
    /// All of them, each suffix once.
    pub(super) fn all(&self) -> &[(Suffix, Number)] {
        &self.found
    }

    /// Their suffixes.
    pub(super) fn suffixes(&self) -> impl Iterator<Item = Suffix> {
        self.found.iter().map(|(suffix, _)| *suffix)
    }

    /// Takes the numbers out of a point. Numbers that are not finite stay, as such attributes do:
    /// no calculation takes them for numbers.
    pub(super) fn read(&mut self, shape: Shape, point: &PointParts<'_>) -> Result<(), Fault> {
        self.found.clear();
        match shape {
            Shape::Gauge | Shape::Sum => {
                let missing =
                    || Fault::new(Reason::PointWithoutValue, "neither as_double nor as_int");
                let number = point.number.ok_or_else(missing)?;
                self.found.push((Suffix::NONE, number));
            }
            Shape::Histogram => {
                self.shared(point);
                distribution::of_histogram(point, &mut |quantile, value| {
                    self.found.push((Suffix::quantile(quantile), Number::Float(value)));
                })?;
            }
            Shape::Exponential => {
                self.shared(point);
                distribution::of_exponential(point, &mut |quantile, value| {
                    self.found.push((Suffix::quantile(quantile), Number::Float(value)));
                });
            }
            Shape::Summary => {
                self.shared(point);
                for (quantile, value) in &point.quantiles {
                    self.quantile(*quantile, *value)?;
                }
                self.refuse_doubles()?;
            }
        }
        Ok(())
    }

    /// What every distribution has.
    fn shared(&mut self, point: &PointParts<'_>) {
        self.found.push((Suffix::COUNT, Number::of_count(point.count)));
        if let Some(sum) = point.sum {
            self.found.push((Suffix::SUM, Number::Float(sum)));
            if point.count > 0 {
                self.found.push((Suffix::AVG, Number::Float(sum / point.count as f64)));
            }
        }
        for (suffix, end) in [(Suffix::MIN, point.min), (Suffix::MAX, point.max)] {
            self.found.extend(end.map(|end| (suffix, Number::Float(end))));
        }
    }

    /// A summary's quantile. Its ends are the least and the greatest value. What was not observed
    /// has no quantiles, and Prometheus's clients say so with NaN.
    fn quantile(&mut self, quantile: f64, value: f64) -> Result<(), Fault> {
        let suffix = match quantile {
            0.0 => Suffix::MIN,
            1.0 => Suffix::MAX,
            _ if quantile > 0.0 && quantile < 1.0 => Suffix::quantile(Quantile::nearest(quantile)),
            _ => {
                let detail = format!("quantile is {quantile}");
                return Err(Fault::new(Reason::QuantileOutside, detail));
            }
        };
        if !value.is_nan() {
            self.found.push((suffix, Number::Float(value)));
        }
        Ok(())
    }

    /// One of two numbers for one column would be lost.
    fn refuse_doubles(&self) -> Result<(), Fault> {
        let mut suffixes: Vec<_> = self.suffixes().collect();
        suffixes.sort_unstable();
        match suffixes.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Fault::new(Reason::QuantileTwice, format!("{}", pair[0]))),
            None => Ok(()),
        }
    }
}
