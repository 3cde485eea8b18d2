//! The order of lines: every span below its parent, and what stands before its name.

use std::collections::BTreeMap;

use super::super::columns::{Columns, Parent};

/// A line of the drawing.
#[derive(Debug)]
pub(super) struct Line {
    /// The span; none for one that did not come.
    pub(super) span: Option<usize>,
    /// The place of one that did not come.
    pub(super) missing: usize,
    /// Spans above it.
    pub(super) depth: usize,
    /// For each of the levels above and its own, whether more follows there.
    pub(super) goes_on: Vec<bool>,
}

/// Levels that are indented; deeper spans stand below each other, with their depth in words.
pub(super) const LEVELS_MAX: usize = 10;

/// A line that waits for its turn.
struct Waiting {
    span: Option<usize>,
    missing: usize,
    depth: usize,
    goes_on: Vec<bool>,
}

/// All lines, in the order of the columns below each parent.
pub(super) fn lines(columns: &Columns<'_>) -> Vec<Line> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); columns.count];
    let mut orphans: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut roots = Vec::new();
    for span in 0..columns.count {
        match columns.parent(span) {
            Parent::Span(parent) => children[parent].push(span),
            Parent::Missing(missing) => {
                if !orphans.contains_key(&missing) {
                    roots.push((None, missing));
                }
                orphans.entry(missing).or_default().push(span);
            }
            Parent::Nobody => roots.push((Some(span), 0)),
        }
    }
    let mut drawn = vec![false; columns.count];
    let mut lines = Vec::new();
    let walk = |root: (Option<usize>, usize), drawn: &mut Vec<bool>, lines: &mut Vec<Line>| {
        let (span, missing) = root;
        let mut waiting = vec![Waiting { span, missing, depth: 0, goes_on: Vec::new() }];
        while let Some(next) = waiting.pop() {
            if let Some(span) = next.span
                && std::mem::replace(&mut drawn[span], true)
            {
                continue;
            }
            let below = match next.span {
                Some(span) => &children[span],
                None => &orphans[&next.missing],
            };
            for (place, span) in below.iter().enumerate().rev() {
                let mut goes_on = next.goes_on.clone();
                if goes_on.len() < LEVELS_MAX {
                    goes_on.push(place + 1 < below.len());
                }
                let (span, depth) = (Some(*span), next.depth + 1);
                waiting.push(Waiting { span, missing: 0, depth, goes_on });
            }
            let Waiting { span, missing, depth, goes_on } = next;
            lines.push(Line { span, missing, depth, goes_on });
        }
    };
    for root in roots {
        walk(root, &mut drawn, &mut lines);
    }
    // Spans that are each other's ancestors hang from no root.
    for span in 0..columns.count {
        if !drawn[span] {
            walk((Some(span), 0), &mut drawn, &mut lines);
        }
    }
    lines
}

impl Line {
    /// What stands before its name.
    pub(super) fn branch(&self) -> String {
        let Some((last, above)) = self.goes_on.split_last() else { return String::new() };
        let mut text = String::new();
        for goes_on in above {
            text.push_str(if *goes_on { "│ " } else { "  " });
        }
        text.push_str(if *last { "├ " } else { "└ " });
        if self.depth > LEVELS_MAX {
            text.push_str(&format!("({}) ", self.depth));
        }
        text
    }
}
