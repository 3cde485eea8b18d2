//! What a campaign finds: each way in which a server can break its word.

use std::fmt;

/// Ids listed of a kind of finding; the rest are counted.
const IDS_LISTED: usize = 20;

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// An acknowledged event, or one that had been seen after a kill, is not there.
    Lost {
        /// The event.
        id: u64,
        /// When it was sent, and what was answered.
        story: String,
    },
    /// An event is there more than once.
    Doubled {
        /// The event.
        id: u64,
        /// How many rows show it.
        times: u64,
        /// When it was sent, and what was answered.
        story: String,
    },
    /// An event is there although its request was refused, or although it was not there before.
    Risen {
        /// The event.
        id: u64,
        /// When it was sent, and what was answered.
        story: String,
    },
    /// A request without an answer is there in part.
    Torn {
        /// The request.
        request: u64,
        /// What of it is there.
        what: String,
    },
    /// A row shows something else than was sent.
    Changed {
        /// The event.
        id: u64,
        /// The field, what it shows and what was sent.
        what: String,
    },
    /// A row that nobody sent.
    Strange {
        /// The row.
        row: String,
    },
    /// An aggregate says something else than the rows, or than was acknowledged.
    Miscounted {
        /// What it says and what it should.
        what: String,
    },
    /// The server refused a good request or question.
    Refused {
        /// What was asked and the answer.
        what: String,
    },
}

impl Finding {
    /// Its kind in one word.
    fn kind(&self) -> &'static str {
        match self {
            Self::Lost { .. } => "lost",
            Self::Doubled { .. } => "doubled",
            Self::Risen { .. } => "risen",
            Self::Torn { .. } => "torn",
            Self::Changed { .. } => "changed",
            Self::Strange { .. } => "strange",
            Self::Miscounted { .. } => "miscounted",
            Self::Refused { .. } => "refused",
        }
    }

    /// The event or request it is about.
    fn number(&self) -> Option<u64> {
        match self {
            Self::Lost { id, .. }
            | Self::Doubled { id, .. }
            | Self::Risen { id, .. }
            | Self::Changed { id, .. } => Some(*id),
            Self::Torn { request, .. } => Some(*request),
            _ => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { id, story } => write!(f, "event {id} is lost: {story}"),
            Self::Doubled { id, times, story } => {
                write!(f, "event {id} is there {times} times: {story}")
            }
            Self::Risen { id, story } => write!(f, "event {id} should not be there: {story}"),
            Self::Torn { request, what } => write!(f, "request {request} is torn: {what}"),
            Self::Changed { id, what } => write!(f, "event {id} changed: {what}"),
            Self::Strange { row } => write!(f, "a row that was never sent: {row}"),
            Self::Miscounted { what } | Self::Refused { what } => f.write_str(what),
        }
    }
}

/// All findings for people: how many of each kind, which, and the first of each in words.
pub(super) fn summary(findings: &[Finding]) -> String {
    let mut text = String::new();
    let mut rest = findings;
    let mut sorted;
    if !findings.is_sorted_by_key(Finding::kind) {
        sorted = findings.to_vec();
        sorted.sort_by_key(Finding::kind);
        rest = &sorted;
    }
    while let Some(first) = rest.first() {
        let end = rest.iter().position(|f| f.kind() != first.kind()).unwrap_or(rest.len());
        let (same, others) = rest.split_at(end);
        let numbers: Vec<_> = same.iter().filter_map(Finding::number).collect();
        text.push_str(&format!("{} {}", same.len(), first.kind()));
        if !numbers.is_empty() {
            let listed = numbers.iter().take(IDS_LISTED).map(u64::to_string);
            text.push_str(&format!(": {}", listed.collect::<Vec<_>>().join(" ")));
        }
        if numbers.len() > IDS_LISTED {
            text.push_str(" …");
        }
        text.push_str(&format!("\n  {first}\n"));
        rest = others;
    }
    text
}

#[cfg(test)]
mod tests;
