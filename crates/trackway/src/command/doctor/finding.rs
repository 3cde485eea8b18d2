//! What was found of one thing that was looked at.

use serde_json::{Value, json};

use crate::output::{padded, printable};
use crate::terminal::{Paint, Style};

/// Columns of the state, and of what was looked at.
const STATE_COLUMNS: usize = 9;
const NAME_COLUMNS: usize = 9;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// It is as it should be.
    Good,
    /// It is worth knowing.
    Note,
    /// It may be meant so.
    Warning,
    /// It keeps telemetry or questions from arriving.
    Wrong,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) name: &'static str,
    pub(super) state: State,
    pub(super) text: String,
    /// What to do about it.
    pub(super) remedy: Option<String>,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Good => Style::Good,
            Self::Note => Style::Dim,
            Self::Warning => Style::Warning,
            Self::Wrong => Style::Bad,
        }
    }
}

impl Finding {
    pub(super) fn good(name: &'static str, text: String) -> Self {
        Self { name, state: State::Good, text, remedy: None }
    }

    pub(super) fn note(name: &'static str, text: String) -> Self {
        Self { name, state: State::Note, text, remedy: None }
    }

    pub(super) fn warning(name: &'static str, text: String, remedy: String) -> Self {
        Self { name, state: State::Warning, text, remedy: Some(remedy) }
    }

    pub(super) fn wrong(name: &'static str, text: String, remedy: String) -> Self {
        Self { name, state: State::Wrong, text, remedy: Some(remedy) }
    }

    /// Settings with which no server would start.
    pub(super) fn wrong_settings(error: &model::Error) -> Self {
        let remedy = "correct it; `trackway config` shows every setting with its origin";
        Self::wrong("settings", error.to_string(), remedy.to_owned())
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "name": self.name,
            "state": self.state.word(),
            "text": self.text,
            "remedy": self.remedy,
        })
    }

    /// Its line, and one for the remedy.
    pub(super) fn line(&self, paint: Paint) -> String {
        let state = padded(self.state.word(), STATE_COLUMNS);
        let state = paint.show(self.state.style(), &state);
        let name = padded(self.name, NAME_COLUMNS);
        let mut text = format!("{state}{name}{}\n", printable(&self.text));
        if let Some(remedy) = &self.remedy {
            let indent = " ".repeat(STATE_COLUMNS + NAME_COLUMNS);
            text.push_str(&format!("{indent}-> {}\n", printable(remedy)));
        }
        text
    }
}
