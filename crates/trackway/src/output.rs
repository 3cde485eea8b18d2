//! What the program writes to standard output and standard error.
//!
//! Standard output belongs to answers, and to the lines that tell who started a server where it
//! listens and when it is ready. Values that came from strangers are shown without the characters
//! that a terminal obeys.

use std::io::{self, Write as _};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::stop::Stop;
use crate::terminal::{Paint, Style};

/// Writes text to standard output, flushed. A reader that has read enough, as `head` does, changes
/// nothing about what was done.
pub(crate) fn say(text: &str) -> Result<(), Stop> {
    say_on(text).map(drop)
}

/// The same for whoever has more to say; tells whether anybody still reads.
pub(crate) fn say_on(text: &str) -> Result<bool, Stop> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Stop::cannot(format!("writing to standard output: {error}"))),
    }
}

/// Writes a line to standard output that somebody may be waiting for. The server goes on if nobody
/// reads it.
pub(crate) fn announce(line: &str) {
    if let Err(error) = say(&format!("{line}\n")) {
        drop(error);
        tracing::warn!("standard output cannot be written; it would have said: {line}");
    }
}

/// Writes a line to standard error, prefixed by the program's name.
pub(crate) fn complain(text: &str) {
    // There is nowhere left to say that this failed.
    drop(writeln!(io::stderr(), "trackway: {text}"));
}

/// Writes a line to standard error beside an answer.
pub(crate) fn remark(text: &str) {
    // There is nowhere left to say that this failed.
    drop(writeln!(io::stderr(), "{text}"));
}

/// Text with every control character replaced by its escape.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// A time as the server writes it, without what is below a millisecond.
pub(crate) fn short_time(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, fraction)) => {
            let digits: String =
                fraction.chars().take_while(char::is_ascii_digit).take(3).collect();
            format!("{}.{digits}Z", printable(seconds))
        }
        None => printable(time),
    }
}

/// Text in at most so many columns, with a sign where it was cut.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut shown = String::new();
    let mut taken = 1;
    for c in text.chars() {
        taken += c.width().unwrap_or(0);
        if taken > columns {
            break;
        }
        shown.push(c);
    }
    shown.push('…');
    shown
}

/// Text with blanks behind it up to so many columns.
pub(crate) fn padded(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// Rows under headings, as wide as what is in them, without spaces at the ends of lines.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let heading: Vec<String> = headings.iter().map(|&heading| heading.to_owned()).collect();
    let lines: Vec<&Vec<String>> = std::iter::once(&heading).chain(rows).collect();
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.width()).max()
    };
    let widths: Vec<usize> = (0..headings.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| padded(cell, *width));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// The same with headings that stand out.
pub(crate) fn painted_table(headings: &[&str], rows: &[Vec<String>], paint: Paint) -> String {
    let text = table(headings, rows);
    match text.split_once('\n') {
        Some((heading, rest)) => format!("{}\n{rest}", paint.of(Style::Bold, heading)),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: times lose what is below a millisecond, and nothing else does.
    #[test]
    fn times_are_short() {
        let cases = [
            ("2026-01-01T10:00:00.123456789Z", "2026-01-01T10:00:00.123Z"),
            ("2026-01-01T10:00:00.5Z", "2026-01-01T10:00:00.5Z"),
            ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
            ("-", "-"),
        ];
        for (time, shown) in cases {
            assert_eq!(short_time(time), shown);
        }
    }

    /// Guarantees: columns stay below each other where characters are twice as wide, and what is
    /// cut is no wider than asked for.
    #[test]
    fn wide_characters_are_counted() {
        let rows = [vec!["日本".to_owned(), "x".to_owned()], vec!["a".to_owned(), "y".to_owned()]];
        assert_eq!(table(&["A", "B"], &rows), "A     B\n日本  x\na     y\n");
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("plain", 4), "pla…");
        assert_eq!((cut("plain", 1).as_str(), cut("plain", 0).as_str()), ("…", ""));
    }
}
