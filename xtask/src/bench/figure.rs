//! A measured figure beside what the project wants of it.
//!
//! "Must" is what a release has to reach, "stretch" what it would like to. Both are for ten million
//! spans on two cores, and a run of another size is no proof of them.

use serde_json::{Value, json};

/// Which direction is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Better {
    Less,
    More,
}

/// A measured figure.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    better: Better,
    must: Option<f64>,
    stretch: Option<f64>,
}

/// How a figure stands to its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// There is no target.
    Untargeted,
    /// It misses what it must reach.
    Missed,
    /// It reaches what it must.
    Reached,
    /// It reaches more.
    Stretched,
}

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Self::Untargeted => "",
            Self::Missed => "MISSED",
            Self::Reached => "ok",
            Self::Stretched => "ok, stretch",
        }
    }
}

impl Figure {
    /// A figure without a target.
    pub(super) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        let name = name.into();
        Self { name, value, unit, better: Better::Less, must: None, stretch: None }
    }

    /// The same, to be at most this.
    pub(super) fn at_most(mut self, must: f64, stretch: Option<f64>) -> Self {
        (self.better, self.must, self.stretch) = (Better::Less, Some(must), stretch);
        self
    }

    /// The same, to be at least this.
    pub(super) fn at_least(mut self, must: f64, stretch: Option<f64>) -> Self {
        (self.better, self.must, self.stretch) = (Better::More, Some(must), stretch);
        self
    }

    pub(super) fn mark(&self) -> Mark {
        let reaches = |target: f64| match self.better {
            Better::Less => self.value <= target,
            Better::More => self.value >= target,
        };
        match (self.must, self.stretch) {
            (None, _) => Mark::Untargeted,
            (Some(must), _) if !reaches(must) => Mark::Missed,
            (_, Some(stretch)) if reaches(stretch) => Mark::Stretched,
            _ => Mark::Reached,
        }
    }

    /// Name, value, must, stretch and mark as they stand in the table.
    pub(super) fn cells(&self) -> [String; 5] {
        let sign = match self.better {
            Better::Less => "≤",
            Better::More => "≥",
        };
        let target = |value: Option<f64>| {
            value.map_or_else(String::new, |value| format!("{sign} {}", shown(value)))
        };
        [
            self.name.clone(),
            format!("{} {}", shown(self.value), self.unit),
            target(self.must),
            target(self.stretch),
            self.mark().text().to_owned(),
        ]
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "must": self.must,
            "stretch": self.stretch,
            "better": match self.better { Better::Less => "less", Better::More => "more" },
            "mark": self.mark().text(),
        })
    }
}

/// A number with as many places as it has weight.
fn shown(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Figure, Mark};

    /// Guarantees: a figure that misses its target says so, in both directions.
    #[test]
    fn marks() {
        let at_most = |value| Figure::new("cost", value, "s").at_most(6.0, Some(3.5)).mark();
        assert_eq!(at_most(6.1), Mark::Missed);
        assert_eq!(at_most(6.0), Mark::Reached);
        assert_eq!(at_most(3.5), Mark::Stretched);
        let at_least = |value| Figure::new("gain", value, "x").at_least(2.0, Some(5.0)).mark();
        assert_eq!(at_least(1.9), Mark::Missed);
        assert_eq!(at_least(2.0), Mark::Reached);
        assert_eq!(at_least(5.0), Mark::Stretched);
        assert_eq!(Figure::new("some", 1.0, "s").mark(), Mark::Untargeted);
        assert_eq!(Figure::new("none", f64::NAN, "s").at_most(1.0, None).mark(), Mark::Missed);
    }
}
