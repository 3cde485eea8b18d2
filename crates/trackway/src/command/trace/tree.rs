//! Draws the columns of a trace as a tree.
//!
//! Traces are as deep and as wrong as programs make them, so nothing here recurses, a span that is
//! its own ancestor is drawn once, and the indentation stops growing at some depth.

use model::Timestamp;
use serde_json::Value;

use crate::output::printable;
use crate::stop::Stop;

/// Levels that are indented. Deeper spans stand below each other, with their depth in words.
const LEVELS_MAX: usize = 32;
/// The outcome of a span that failed.
const ERROR: i64 = 2;

/// A trace's columns.
struct Columns<'a> {
    spans: &'a Value,
    count: usize,
}

/// A span that waits to be drawn.
struct Waiting {
    span: usize,
    /// What stands before its children's lines.
    indent: String,
    depth: usize,
    is_last: bool,
}

/// The whole trace as text.
pub(super) fn draw(trace: &Value) -> Result<String, Stop> {
    let spans = trace.get("spans").unwrap_or(&Value::Null);
    let count = spans.get("parent").and_then(Value::as_array).map(Vec::len);
    let count = count.ok_or_else(|| Stop::cannot("the server's answer is not a trace"))?;
    let columns = Columns { spans, count };
    let (children, roots) = columns.families();
    let mut text = columns.headline(trace);
    let mut drawn = vec![false; count];
    columns.draw_from(roots, &children, &mut drawn, &mut text);
    // Spans that are each other's ancestors hang from no root.
    for span in 0..count {
        if !drawn[span] {
            columns.draw_from(vec![span], &children, &mut drawn, &mut text);
        }
    }
    text.push_str(&footnotes(trace));
    Ok(text)
}

impl Columns<'_> {
    fn int(&self, column: &str, span: usize) -> i64 {
        self.value(column, span).and_then(Value::as_i64).unwrap_or(0)
    }

    /// Microseconds, which may have decimals.
    fn micros(&self, column: &str, span: usize) -> f64 {
        self.value(column, span).and_then(Value::as_f64).unwrap_or(0.0)
    }

    fn value(&self, column: &str, span: usize) -> Option<&Value> {
        self.spans.get(column)?.get(span)
    }

    /// A text of a list that spans point into.
    fn text(&self, column: &str, list: &str, span: usize) -> String {
        let place = usize::try_from(self.int(column, span)).unwrap_or(usize::MAX);
        let text = self.spans.get(list).and_then(|list| list.get(place)).and_then(Value::as_str);
        printable(text.unwrap_or_default())
    }

    /// Each span's children in the order of the columns, and the spans without a parent here.
    fn families(&self) -> (Vec<Vec<usize>>, Vec<usize>) {
        let mut children = vec![Vec::new(); self.count];
        let mut roots = Vec::new();
        for span in 0..self.count {
            let parent = self.value("parent", span).and_then(Value::as_u64);
            let parent = parent.and_then(|parent| usize::try_from(parent).ok());
            match parent.filter(|parent| *parent < self.count && *parent != span) {
                Some(parent) => children[parent].push(span),
                None => roots.push(span),
            }
        }
        (children, roots)
    }

    fn draw_from(
        &self,
        roots: Vec<usize>,
        children: &[Vec<usize>],
        drawn: &mut [bool],
        text: &mut String,
    ) {
        let root = |span| Waiting { span, indent: String::new(), depth: 0, is_last: true };
        let mut waiting: Vec<Waiting> = roots.into_iter().rev().map(root).collect();
        while let Some(next) = waiting.pop() {
            if std::mem::replace(&mut drawn[next.span], true) {
                continue;
            }
            text.push_str(&self.line(&next));
            let indent = match next.depth {
                0 => String::new(),
                depth if depth >= LEVELS_MAX => next.indent.clone(),
                _ => format!("{}{}", next.indent, if next.is_last { "   " } else { "│  " }),
            };
            let below = &children[next.span];
            for (place, span) in below.iter().enumerate().rev() {
                let is_last = place + 1 == below.len();
                let (indent, depth) = (indent.clone(), next.depth + 1);
                waiting.push(Waiting { span: *span, indent, depth, is_last });
            }
        }
    }

    fn line(&self, of: &Waiting) -> String {
        let span = of.span;
        let branch = match (of.depth, of.is_last) {
            (0, _) => "",
            (_, true) => "└─ ",
            (_, false) => "├─ ",
        };
        let mut line = format!(
            "{}{branch}{}  {}  {}  at {}",
            of.indent,
            self.text("name", "names", span),
            self.text("svc", "svcs", span),
            duration(self.micros("dur", span)),
            duration(self.micros("start", span)),
        );
        if self.int("status", span) == ERROR {
            line.push_str("  ERROR");
        }
        for (column, one, many) in [("logs", "log", "logs"), ("errs", "exception", "exceptions")] {
            match self.int(column, span) {
                0 => {}
                1 => line.push_str(&format!("  1 {one}")),
                count => line.push_str(&format!("  {count} {many}")),
            }
        }
        if of.depth > LEVELS_MAX {
            line.push_str(&format!("  (level {})", of.depth));
        }
        line.push('\n');
        line
    }

    fn headline(&self, trace: &Value) -> String {
        let id = trace.get("trace_id").and_then(Value::as_str).unwrap_or_default();
        let t0 = trace.get("t0").and_then(Value::as_str).and_then(|nanos| nanos.parse().ok());
        let start = Timestamp::from_nanos(t0.unwrap_or(0));
        let end = |span| self.micros("start", span) + self.micros("dur", span);
        let took = (0..self.count).map(end).fold(0.0, f64::max);
        let services = self.spans.get("svcs").and_then(Value::as_array).map_or(0, Vec::len);
        let errors = (0..self.count).filter(|span| self.int("status", *span) == ERROR).count();
        format!(
            "trace {}: {}, {}, {}, {} from {start}\n",
            printable(id),
            counted(self.count, "span"),
            counted(services, "service"),
            counted(errors, "error"),
            duration(took),
        )
    }
}

/// What is not in the tree.
fn footnotes(trace: &Value) -> String {
    let list = |name: &str| trace.get(name).and_then(Value::as_array);
    let mut text = String::new();
    let missing = list("missing").map_or(0, Vec::len);
    if missing > 0 {
        text.push_str(&format!(
            "{} above spans of this trace did not come\n",
            counted(missing, "span")
        ));
    }
    if let Some(doubled) = trace.get("doubled").and_then(Value::as_u64).filter(|count| *count > 0) {
        text.push_str(&format!("{doubled} rows came twice and are shown once\n"));
    }
    for file in list("unreadable").into_iter().flatten().filter_map(Value::as_str) {
        text.push_str(&format!("without what cannot be read: {}\n", printable(file)));
    }
    text
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Microseconds in a unit that leaves few digits.
fn duration(micros: f64) -> String {
    if micros >= 1e6 {
        return format!("{:.2} s", micros / 1e6);
    }
    if micros >= 1e3 {
        return format!("{:.1} ms", micros / 1e3);
    }
    format!("{micros:.0} us")
}

#[cfg(test)]
mod tests;
