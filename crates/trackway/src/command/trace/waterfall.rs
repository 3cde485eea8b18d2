//! Draws a trace: a line for each span, with its place in the tree and a bar for its time.
//!
//! Traces are as deep and as wrong as programs make them, so nothing here recurses, a span that is
//! its own ancestor is drawn once, and the indentation stops growing at some depth.

mod layout;
mod order;

use model::Timestamp;

use self::layout::{Layout, Look};
use self::order::{Line, lines};
use super::columns::Columns;
use crate::output::{cut, padded};
use crate::quantity::micros_text;
use crate::terminal::{Paint, Style};

/// A bar's pieces: a whole column, and less than half of one.
const WHOLE: &str = "█";
const SLIVER: &str = "▏";
/// What the headline's time is cut to.
const NANOS_PER_MILLISECOND: i64 = 1_000_000;
/// Ids of missing spans that are listed.
const MISSING_SHOWN: usize = 5;

/// What is drawn on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Canvas {
    /// Columns.
    pub(super) width: usize,
    /// Spans that are drawn.
    pub(super) most: usize,
    /// Its colours.
    pub(super) paint: Paint,
}

/// The whole trace as text.
pub(super) fn draw(columns: &Columns<'_>, canvas: Canvas) -> String {
    let mut text = headline(columns, canvas.paint);
    let all = lines(columns);
    let spans_of = |lines: &[Line]| lines.iter().filter_map(|line| line.span).collect::<Vec<_>>();
    let shown = all.iter().scan(0, |spans, line| {
        *spans += usize::from(line.span.is_some());
        (*spans <= canvas.most).then_some(())
    });
    let (shown, rest) = all.split_at(shown.count());
    let looks: Vec<Look> = shown.iter().map(|line| Look::of(columns, line)).collect();
    let layout = Layout::of(&looks, columns, canvas.width);
    if columns.count > 0 {
        text.push_str(&scale(columns, &layout, canvas.paint));
    }
    for (line, look) in shown.iter().zip(&looks) {
        text.push_str(row(columns, line, look, &layout, canvas.paint).trim_end());
        text.push('\n');
    }
    let rest = spans_of(rest);
    if !rest.is_empty() {
        let errors = rest.iter().filter(|span| columns.is_error(**span)).count();
        let (spans, errors) = (counted(rest.len(), "more span"), counted(errors, "error"));
        text.push_str(&format!("… {spans} with {errors}: --all draws them\n"));
    }
    text.push_str(&footnotes(columns));
    text
}

fn headline(columns: &Columns<'_>, paint: Paint) -> String {
    let services = columns.services();
    let service = match services.as_slice() {
        [one] if !one.is_empty() => one.clone(),
        many => counted(many.len(), "service"),
    };
    let errors = (0..columns.count).filter(|span| columns.is_error(*span)).count();
    let mut parts = vec![counted(columns.count, "span"), service, counted(errors, "error")];
    if columns.all_logs() > 0 {
        parts.push(counted(columns.all_logs(), "log line"));
    }
    parts.push(micros_text(columns.length));
    let title = format!("trace {}", columns.trace_id());
    let (title, parts) = (paint.show(Style::Bold, &title), parts.join(", "));
    let nanos = columns.start().nanos();
    let start = Timestamp::from_nanos(nanos - nanos.rem_euclid(NANOS_PER_MILLISECOND));
    format!("{title}: {parts} from {start}\n")
}

/// The times at both ends of the bars.
fn scale(columns: &Columns<'_>, layout: &Layout, paint: Paint) -> String {
    let end = micros_text(columns.length);
    let between = layout.bar.saturating_sub(1 + end.chars().count());
    let text = format!("{}0{}{end}", " ".repeat(layout.before_bar()), " ".repeat(between));
    format!("{}\n", paint.of(Style::Dim, &text))
}

fn row(columns: &Columns<'_>, line: &Line, look: &Look, layout: &Layout, paint: Paint) -> String {
    let Some(span) = line.span else {
        return paint.show(Style::Warning, &cut(&look.left, layout.whole));
    };
    let left = padded(&cut(&look.left, layout.left), layout.left);
    let hue = Style::Hue(columns.service_place(span));
    let style = if columns.is_error(span) { Style::Bad } else { hue };
    let mut text = left;
    if layout.service > 0 {
        let service = padded(&cut(&look.service, layout.service), layout.service);
        text.push_str(&format!("  {}", paint.of(hue, &service)));
    }
    let bar = bar(columns, span, layout.bar);
    let mut time = look.time.clone();
    time.insert_str(0, &" ".repeat(layout.time.saturating_sub(time.chars().count())));
    text.push_str(&format!("  {time}  {}  ", paint.of(style, &bar)));
    if !look.marks.is_empty() {
        let is_bad = columns.is_error(span) || columns.exceptions(span) > 0;
        let style = if is_bad { Style::Bad } else { Style::Dim };
        text.push_str(&paint.show(style, &cut(&look.marks, layout.marks)));
    }
    text
}

/// When the span was, in the time of the trace.
fn bar(columns: &Columns<'_>, span: usize, width: usize) -> String {
    let length = columns.length;
    let scale = if length > 0.0 { width as f64 / length } else { 0.0 };
    let begin = (columns.begin(span) * scale).clamp(0.0, width as f64);
    let end = ((columns.begin(span) + columns.duration(span)) * scale).clamp(begin, width as f64);
    let first = (begin as usize).min(width.saturating_sub(1));
    let whole = (end.round() as usize).saturating_sub(first).min(width - first);
    let drawn = if end - begin < 0.5 { SLIVER.to_owned() } else { WHOLE.repeat(whole.max(1)) };
    padded(&format!("{}{drawn}", " ".repeat(first)), width)
}

/// What is not in the tree.
fn footnotes(columns: &Columns<'_>) -> String {
    let mut text = String::new();
    let missing = &columns.missing;
    if !missing.is_empty() {
        let shown = missing.iter().take(MISSING_SHOWN).map(String::as_str).collect::<Vec<_>>();
        let more = if missing.len() > MISSING_SHOWN { ", …" } else { "" };
        let spans = counted(missing.len(), "span");
        let ids = shown.join(", ");
        text.push_str(&format!("{spans} above spans of this trace did not come: {ids}{more}\n"));
    }
    if columns.doubled() > 0 {
        text.push_str(&format!("{} rows came twice and are shown once\n", columns.doubled()));
    }
    for file in columns.unreadable() {
        text.push_str(&format!("without what cannot be read: {file}\n"));
    }
    text
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests;
