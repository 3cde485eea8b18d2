//! Whole words in a line, for the rules that look for some.

/// Whether `word` stands in `line` by itself: no letter, digit or `_` directly before or after it.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    word_ends(line, word).next().is_some()
}

/// What stands before and after each place where `word` stands in `line` by itself.
pub(super) fn word_ends<'a>(
    line: &'a str,
    word: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    around(line, word)
        .filter(move |(before, after)| !before.ends_with(is_part) && !after.starts_with(is_part))
}

/// What stands before and after each place where `piece` stands in `line`.
pub(super) fn around<'a>(
    line: &'a str,
    piece: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    line.match_indices(piece)
        .filter_map(move |(at, _)| Some((line.get(..at)?, line.get(at + piece.len()..)?)))
}

#[cfg(test)]
mod tests;
