//! Where a setting's value comes from.

use std::fmt;
use std::path::PathBuf;

/// Who gave a setting its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag of the command line, with its dashes.
    Flag(String),
    /// A variable of the environment.
    Variable(String),
    /// The settings' file.
    File(PathBuf),
    /// Nobody.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "by {flag}"),
            Self::Variable(name) => write!(f, "by {name}"),
            Self::File(path) => write!(f, "in {}", path.display()),
            Self::Default => f.write_str("by default"),
        }
    }
}

/// A value and its origin.
#[derive(Clone, Debug)]
pub(crate) struct Chosen<T> {
    /// What holds.
    pub(crate) value: T,
    /// Who says so.
    pub(crate) origin: Origin,
}
