//! What a key's spelling says.
//!
//! Honeycomb's clients look at a key before they send it and choose by its form whether data goes
//! to a dataset that they name (a classic key) or to an environment. The server must read the same
//! form in the same way.

/// The kind of key that a spelling stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyClass {
    /// The client names the dataset itself.
    Classic,
    /// Data lands in an environment; the dataset follows from the data.
    Environment,
}

/// Length of a classic key of the older form, in characters.
const CLASSIC_CHARS: usize = 32;
/// Length of the secret part of a classic key of the newer form, in characters.
const CLASSIC_SECRET_CHARS: usize = 58;

impl KeyClass {
    /// The class of a key: classic are 32 characters of `[0-9a-f]`, and `hc`, a region's letter
    /// `[a-z]`, `ic_` and 58 characters of `[0-9a-z]`; everything else is an environment's.
    pub fn of(key: &str) -> Self {
        if is_older_classic(key.as_bytes()) || is_newer_classic(key.as_bytes()) {
            return Self::Classic;
        }
        Self::Environment
    }
}

fn is_older_classic(key: &[u8]) -> bool {
    key.len() == CLASSIC_CHARS && key.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_newer_classic(key: &[u8]) -> bool {
    let [b'h', b'c', b'a'..=b'z', b'i', b'c', b'_', secret @ ..] = key else { return false };
    secret.len() == CLASSIC_SECRET_CHARS
        && secret.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'z'))
}

#[cfg(test)]
mod tests;
