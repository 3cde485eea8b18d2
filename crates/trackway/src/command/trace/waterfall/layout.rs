//! How wide each part of a line is.

use unicode_width::UnicodeWidthStr as _;

use super::super::columns::Columns;
use super::counted;
use super::order::Line;
use crate::quantity::micros_text;

/// A bar is at least this wide; what else a line has is cut for it.
const BAR_MIN: usize = 10;
/// In wide lines it has at least this part of them: times can be compared only where there is room.
const BAR_PART: usize = 4;
/// A service's name is at most this wide.
const SERVICE_MAX: usize = 16;
/// Names are at least this wide, where a line has room for anything.
const LEFT_MIN: usize = 12;
/// Blanks between parts.
const GAP: usize = 2;

/// The texts of a line.
pub(super) struct Look {
    /// Its place in the tree and its name.
    pub(super) left: String,
    pub(super) service: String,
    pub(super) time: String,
    /// What is to be noticed about it.
    pub(super) marks: String,
}

impl Look {
    pub(super) fn of(columns: &Columns<'_>, line: &Line) -> Self {
        let Some(span) = line.span else {
            let id = columns.missing.get(line.missing).map_or("", String::as_str);
            let left = format!("{}(span {id} did not come)", line.branch());
            let nothing = String::new;
            return Self { left, service: nothing(), time: nothing(), marks: nothing() };
        };
        let name = columns.name(span);
        let name = if name.is_empty() { "(no name)" } else { &name };
        let mut marks = Vec::new();
        if columns.is_error(span) {
            marks.push("ERROR".to_owned());
        }
        let counts = [
            (columns.exceptions(span), "exception"),
            (columns.other_events(span), "event"),
            (columns.logs(span), "log"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        marks.extend(counts.map(|(count, what)| counted(count as usize, what)));
        Self {
            left: format!("{}{name}", line.branch()),
            service: columns.service(span),
            time: micros_text(columns.duration(span)),
            marks: marks.join(", "),
        }
    }
}

/// Widths in columns.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) left: usize,
    /// None where the headline names the only one.
    pub(super) service: usize,
    pub(super) time: usize,
    pub(super) bar: usize,
    pub(super) marks: usize,
    /// Of the whole line.
    pub(super) whole: usize,
}

impl Layout {
    /// Widths for these lines, together no more than `width`.
    pub(super) fn of(looks: &[Look], columns: &Columns<'_>, width: usize) -> Self {
        let widest = |text: fn(&Look) -> &str| {
            looks.iter().map(|look| text(look).width()).max().unwrap_or(0)
        };
        let time = widest(|look| &look.time);
        let mut service = match columns.services().len() {
            0 | 1 => 0,
            _ => widest(|look| &look.service).min(SERVICE_MAX),
        };
        let mut marks = widest(|look| &look.marks).min(width / 4);
        let names = looks.iter().filter(|look| !look.time.is_empty());
        let names = names.map(|look| look.left.width()).max().unwrap_or(0);
        let mut left = names.clamp(LEFT_MIN, (width * 9 / 20).max(LEFT_MIN));
        let gaps = |service: usize, marks: usize| {
            GAP * (2 + usize::from(service > 0) + usize::from(marks > 0))
        };
        let bar = |left: usize, service: usize, marks: usize| {
            width.saturating_sub(left + service + time + marks + gaps(service, marks))
        };
        let wanted = BAR_MIN.max(width / BAR_PART);
        if bar(left, service, marks) < wanted {
            let over = wanted - bar(left, service, marks);
            left = left.saturating_sub(over).max(LEFT_MIN);
        }
        if bar(left, service, marks) < BAR_MIN {
            service = 0;
        }
        if bar(left, service, marks) < BAR_MIN {
            let over = BAR_MIN - bar(left, service, marks);
            marks = marks.saturating_sub(over);
        }
        Self { left, service, time, bar: bar(left, service, marks).max(1), marks, whole: width }
    }

    /// Columns before the bar.
    pub(super) fn before_bar(&self) -> usize {
        let service = if self.service > 0 { GAP + self.service } else { 0 };
        self.left + service + GAP + self.time + GAP
    }
}
