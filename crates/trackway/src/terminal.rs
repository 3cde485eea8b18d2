//! The terminal at the other end, if there is one: its colours and its width.
//!
//! What is read by a program has neither: in a pipe there are no colours, and lines are as wide as
//! eighty columns allow.

use std::fmt;
use std::io::{self, IsTerminal as _};

use clap::ValueEnum;

use crate::settings::environment;

/// The variable by which people say that they want no colours anywhere (no-color.org).
const NO_COLOR: &str = "NO_COLOR";
/// The variable that says how wide lines may be.
const COLUMNS: &str = "COLUMNS";
/// The variable that names the kind of terminal; `dumb` shows no colours.
const TERM: &str = "TERM";
/// The width where nobody says another.
const WIDTH: usize = 80;
/// Narrower than this nothing can be drawn.
const WIDTH_MIN: usize = 40;
/// Wider than this a line is not read any more.
const WIDTH_MAX: usize = 500;

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// In pipes and files too
    Always,
    /// Nowhere
    Never,
}

/// How text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Headings and names.
    Bold,
    /// What is less worth reading.
    Dim,
    /// What failed.
    Bad,
    /// What is worth a look.
    Warning,
    /// What works.
    Good,
    /// One of some colours that are told apart, by number.
    Hue(usize),
}

/// Colours that are told apart on light and dark ground, and none of which means an error.
const HUES: [&str; 5] = ["36", "34", "35", "32", "33"];

/// Puts text in colours, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    is_on: bool,
}

impl Paint {
    /// No colours.
    #[cfg(test)]
    pub(crate) const OFF: Self = Self { is_on: false };
    /// Colours.
    #[cfg(test)]
    pub(crate) const ON: Self = Self { is_on: true };

    /// Colours for standard output, as the flag, the variables and the terminal want it.
    pub(crate) fn choose(when: When) -> Self {
        let is_dumb = environment(TERM).is_some_and(|term| term == "dumb");
        let wanted = environment(NO_COLOR).is_none() && !is_dumb && io::stdout().is_terminal();
        let is_on = match when {
            When::Auto => wanted,
            When::Always => true,
            When::Never => false,
        };
        Self { is_on }
    }

    /// Text in a style.
    pub(crate) fn show(self, style: Style, text: &str) -> String {
        self.of(style, text).to_string()
    }

    /// The same, to be written.
    pub(crate) fn of(self, style: Style, text: &str) -> Painted<'_> {
        Painted { code: self.is_on.then(|| style.code()), text }
    }
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Bad => "31",
            Self::Warning => "33",
            Self::Good => "32",
            Self::Hue(number) => HUES[number % HUES.len()],
        }
    }
}

/// Text in a style.
pub(crate) struct Painted<'a> {
    code: Option<&'static str>,
    text: &'a str,
}

impl fmt::Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) if !self.text.is_empty() => {
                write!(f, "\u{1b}[{code}m{}\u{1b}[0m", self.text)
            }
            _ => f.write_str(self.text),
        }
    }
}

/// Columns of a line: what COLUMNS says, else the terminal, else eighty.
pub(crate) fn width() -> usize {
    let said = environment(COLUMNS).and_then(|text| text.to_str()?.trim().parse::<usize>().ok());
    let width = said.or_else(|| {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
    });
    width.unwrap_or(WIDTH).clamp(WIDTH_MIN, WIDTH_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: colours surround the text, end behind it, and stay away where they are off.
    #[test]
    fn text_is_painted() {
        assert_eq!(Paint::ON.show(Style::Bad, "no"), "\u{1b}[31mno\u{1b}[0m");
        assert_eq!(Paint::ON.show(Style::Bad, ""), "");
        assert_eq!(Paint::OFF.show(Style::Hue(9), "no"), "no");
        assert_eq!(Style::Hue(7).code(), Style::Hue(2).code());
    }
}
