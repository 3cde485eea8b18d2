//! The text of keys: how it is made, what is accepted from people, and what remains of it.
//!
//! Only two things remain: a SHA-256, under which a key is found, and a label, by which people
//! recognise it. A plain hash is enough for generated keys (299 random bits cannot be tried); for
//! a value that someone brings along it is as strong as the value. Finding a key by its hash tells
//! a sender nothing about other keys through the time it takes: a guess changes its whole hash.

use std::fmt::Write as _;

use model::{Error, Random, Result};
use sha2::{Digest as _, Sha256};

/// Fewest characters of a value that someone brings along. Shorter ones are found by trying.
pub const VALUE_CHARS_MIN: usize = 8;
/// Most characters of one: more than any vendor's tokens have, and few to hash at each request.
pub const VALUE_CHARS_MAX: usize = 256;

/// What a generated key begins with: an ingest key of an environment to Honeycomb's clients, with
/// `x` for the region.
const PREFIX: &str = "hcxik_";
/// Random characters behind it. The 64 in all are what Honeycomb's clients insist on, and never
/// the 32 that they take for a classic key.
const SECRET_CHARS: usize = 58;
/// Characters of a key's id: 62 random bits, so that ids do not meet.
const ID_CHARS: usize = 12;
/// Most characters of a key that its label shows.
const LABEL_CHARS_MAX: usize = 8;

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// The SHA-256 of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key.
    pub(super) fn of(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// 64 hex digits.
    pub(super) fn hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a string takes all text");
            hex
        })
    }

    /// Reads what [`KeyHash::hex`] wrote.
    pub(super) fn parse(hex: &str) -> Result<Self> {
        let damaged = || Error::corrupt(format!("{hex} is not the hash of a key"));
        let digits = hex.as_bytes();
        let mut hash = [0; 32];
        if digits.len() != 2 * hash.len() {
            return Err(damaged());
        }
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or_else(damaged);
            *byte = (digit(0)? * 16 + digit(1)?) as u8;
        }
        Ok(Self(hash))
    }
}

/// A new key.
pub(super) fn generate(random: &dyn Random) -> String {
    let mut secret = String::with_capacity(PREFIX.len() + SECRET_CHARS);
    secret.push_str(PREFIX);
    push_random(&mut secret, SECRET_CHARS, random);
    secret
}

/// The id of a new key.
pub(super) fn generate_id(random: &dyn Random) -> String {
    let mut id = String::with_capacity(ID_CHARS);
    push_random(&mut id, ID_CHARS, random);
    id
}

/// Refuses a value that someone brings along if it cannot be a key. The error does not repeat it.
pub(super) fn check(value: &str) -> Result<()> {
    let length = value.chars().count();
    if !(VALUE_CHARS_MIN..=VALUE_CHARS_MAX).contains(&length) {
        return Err(Error::invalid(format!(
            "a key has {VALUE_CHARS_MIN} to {VALUE_CHARS_MAX} characters, this one has {length}"
        )));
    }
    if !value.bytes().all(|c| c.is_ascii_graphic()) {
        return Err(Error::invalid("a key consists of printable ASCII characters without spaces"));
    }
    Ok(())
}

/// The label of a key: its first 8 characters and `…`, of short keys no more than half. What does
/// not print as one plain character is shown as `?`: labels of unknown keys reach terminals.
pub(super) fn label(key: &str) -> String {
    let shown = LABEL_CHARS_MAX.min(key.chars().count() / 2);
    let mut label = String::with_capacity(shown + '…'.len_utf8());
    for c in key.chars().take(shown) {
        label.push(if c.is_ascii_graphic() { c } else { '?' });
    }
    label.push('…');
    label
}

fn push_random(text: &mut String, count: usize, random: &dyn Random) {
    for _ in 0..count {
        // 2^64 is not a multiple of 36, which favours some characters by one part in 2^58.
        let at = (random.next() % ALPHABET.len() as u64) as usize;
        text.push(char::from(ALPHABET[at]));
    }
}

#[cfg(test)]
mod tests;
