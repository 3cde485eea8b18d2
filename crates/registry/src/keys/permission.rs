//! What a key may do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that a request needs to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Send events.
    Send,
    /// Ask questions and read what is set up.
    Query,
    /// Change what is set up.
    Manage,
}

impl fmt::Display for Permission {
    /// The word that the command line uses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Send => "send",
            Self::Query => "query",
            Self::Manage => "manage",
        })
    }
}

/// What a key is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions {
    /// Whether it may send events.
    pub send: bool,
    /// Whether it may ask questions and read what is set up.
    pub query: bool,
    /// Whether it may change what is set up.
    pub manage: bool,
}

impl Permissions {
    /// Everything.
    pub const ALL: Self = Self { send: true, query: true, manage: true };
    /// Nothing.
    pub const NONE: Self = Self { send: false, query: false, manage: false };

    /// Whether they include `need`.
    pub fn include(self, need: Permission) -> bool {
        match need {
            Permission::Send => self.send,
            Permission::Query => self.query,
            Permission::Manage => self.manage,
        }
    }
}
