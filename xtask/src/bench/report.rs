//! Everything that a run found, as a table for people or one JSON document.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::calibration::Calibration;
use super::figure::{Figure, Mark};
use super::options::Options;

/// The number of spans that the targets are for.
const TARGET_SPANS: u64 = 10_000_000;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    figures: Vec<Figure>,
    /// What stands behind the figures, by part.
    details: Map<String, Value>,
    /// What else a reader should know, a line each.
    notes: Vec<String>,
    /// Answers that were wrong, in words. Where there is one, speed is beside the point.
    wrong: Vec<String>,
}

impl Report {
    pub(super) fn add(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    pub(super) fn detail(&mut self, name: &str, value: Value) {
        self.details.insert(name.to_owned(), value);
    }

    pub(super) fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    pub(super) fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    /// Whether every answer was right.
    pub(super) fn is_right(&self) -> bool {
        self.wrong.is_empty()
    }

    /// One document.
    pub(super) fn json(&self, options: &Options, calibrations: &[Calibration; 2]) -> Value {
        let [before, after] = calibrations;
        json!({
            "spans": options.spans,
            "seed": options.seed,
            "calibration": { "before": before.json(), "after": after.json() },
            "figures": self.figures.iter().map(Figure::json).collect::<Vec<_>>(),
            "details": self.details,
            "notes": self.notes,
            "wrong": self.wrong,
        })
    }

    /// A table, and what belongs to it.
    pub(super) fn table(&self, options: &Options, calibrations: &[Calibration; 2]) -> String {
        let head = ["figure", "measured", "must", "stretch", ""].map(str::to_owned);
        let rows: Vec<[String; 5]> =
            std::iter::once(head).chain(self.figures.iter().map(Figure::cells)).collect();
        let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
        let widths: [usize; 5] = std::array::from_fn(width);
        let [before, after] = calibrations;
        let mut text = format!(
            "{} spans, seed {}; targets are for {TARGET_SPANS} spans on two cores\nbefore: {}\n\
             after:  {}\n\n",
            options.spans,
            options.seed,
            before.line(),
            after.line()
        );
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                let pad = width - cell.chars().count();
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', pad + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for note in &self.notes {
            write!(text, "\n{note}").expect("writing to memory");
        }
        let missed = self.figures.iter().filter(|figure| figure.mark() == Mark::Missed).count();
        let targeted = self.figures.iter().filter(|figure| figure.mark() != Mark::Untargeted);
        write!(text, "\n{missed} of {} targets missed\n", targeted.count())
            .expect("writing to memory");
        for wrong in &self.wrong {
            writeln!(text, "WRONG: {wrong}").expect("writing to memory");
        }
        text
    }
}
