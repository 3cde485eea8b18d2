//! Why the program ends otherwise than by being done.
//!
//! Scripts tell two cases apart by the exit status: what was looked at is wrong or a server refused
//! it, and the command could not do its work at all.

use std::fmt::Display;
use std::process::ExitCode;

use crate::output;

/// What was asked about is wrong, or was refused.
const WRONG: u8 = 1;
/// The command line is wrong, or the command cannot run.
const CANNOT_RUN: u8 = 2;

/// An end with an exit status, and what is said to standard error.
#[derive(Debug)]
pub(crate) struct Stop {
    status: u8,
    text: String,
}

impl Stop {
    /// Found wrong, or refused by the server: status 1.
    pub(crate) fn wrong(text: impl Display) -> Self {
        Self { status: WRONG, text: text.to_string() }
    }

    /// Wrong usage, or something is in the way: status 2.
    pub(crate) fn cannot(text: impl Display) -> Self {
        Self { status: CANNOT_RUN, text: text.to_string() }
    }

    /// An end about which everything has been said: status 1.
    pub(crate) fn found() -> Self {
        Self::wrong("")
    }

    /// Says why, and gives the status.
    pub(crate) fn exit(self) -> ExitCode {
        if !self.text.is_empty() {
            output::complain(&self.text);
        }
        ExitCode::from(self.status)
    }
}

impl From<model::Error> for Stop {
    fn from(error: model::Error) -> Self {
        Self::cannot(error)
    }
}
