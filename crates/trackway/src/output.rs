//! What the program writes to standard output and standard error.
//!
//! Standard output belongs to answers, and to the lines that tell who started a server where it
//! listens and when it is ready. Values that came from strangers are shown without the characters
//! that a terminal obeys.

use std::io::{self, Write as _};

use crate::stop::Stop;

/// Writes text to standard output, flushed. A reader that has read enough, as `head` does, changes
/// nothing about what was done.
pub(crate) fn say(text: &str) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Stop::cannot(format!("writing to standard output: {error}")))
        }
        _ => Ok(()),
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

/// Rows under headings, as wide as what is in them, without spaces at the ends of lines.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let heading: Vec<String> = headings.iter().map(|&heading| heading.to_owned()).collect();
    let lines: Vec<&Vec<String>> = std::iter::once(&heading).chain(rows).collect();
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..headings.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}
