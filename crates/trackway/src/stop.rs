//! Why the program ends otherwise than by being done.
//!
//! Scripts tell two cases apart by the exit status: what was looked at is wrong or a server refused
//! it, and the command could not do its work at all. Every command keeps to [`TABLE`], which its
//! help shows.

use std::fmt::{self, Display};
use std::process::ExitCode;

use crate::output;

/// What each exit status means, for the help of every command.
pub(crate) const TABLE: &str = "\
Exit status:
  0  done, also where the reader of the output went away before its end
  1  the answer is no: a server refused, or what was looked at is missing, wrong or damaged
  2  the command could not do its work: wrong usage, no server there, a file or folder in the way";

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

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<model::Error> for Stop {
    fn from(error: model::Error) -> Self {
        Self::cannot(error)
    }
}
