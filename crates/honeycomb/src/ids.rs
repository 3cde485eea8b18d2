//! Ids of what is set up: short words without look-alikes, as people copy them.
//!
//! What is wholly said by its content has an id made from that content, so that the same is never
//! there twice; everything else has one that nobody guesses.

use model::Random;
use sha2::{Digest as _, Sha256};

/// Letters and digits without those that look alike (0 and O, I and l).
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Characters of an id: 93 bits. That two of a billion share one has a chance of one in ten
/// billion.
const CHARS: usize = 16;
/// What keeps one part from running into the next.
const SEPARATOR: [u8; 1] = [0xff];

/// The id of what these parts say.
pub(crate) fn of_content(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        // No text has this byte in it.
        hash.update(SEPARATOR);
    }
    let digest = hash.finalize();
    let mut number = [0; 16];
    number.copy_from_slice(&digest[..16]);
    word(u128::from_be_bytes(number))
}

/// An id that nobody guesses.
pub(crate) fn unguessable(random: &dyn Random) -> String {
    word(u128::from(random.next()) << 64 | u128::from(random.next()))
}

fn word(mut number: u128) -> String {
    let base = ALPHABET.len() as u128;
    let mut word = String::with_capacity(CHARS);
    for _ in 0..CHARS {
        word.push(char::from(ALPHABET[(number % base) as usize]));
        number /= base;
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: the same content has the same id in every version, because ids are written into
    /// other people's files; other content has another, however its parts are cut.
    #[test]
    fn content_decides() {
        assert_eq!(of_content(&["column", "1", "a"]), "ETQrBXdg4UTRphUZ");
        let others = [&["column", "1", "b"][..], &["column", "1a"], &["column", "1", "a", ""]];
        for other in others {
            assert_ne!(of_content(other), of_content(&["column", "1", "a"]), "{other:?}");
        }
    }
}
