//! Reads JSON where it lies: text without escapes is a slice of the body.
//!
//! Values are read one by one and never become a tree; what is nested is passed over and given as
//! its own text. Errors say where.

use std::borrow::Cow;

use model::Error;

/// How deep values may nest: each level costs stack.
const DEPTH_MAX: usize = 100;

/// What is not JSON, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotJson {
    at: usize,
    what: &'static str,
}

impl NotJson {
    /// An error that names the line and column.
    pub(super) fn in_body(self, body: &[u8]) -> Error {
        let before = body.get(..self.at).unwrap_or(body);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Error::invalid(format!("line {line}, column {column}: {}", self.what))
    }
}

pub(super) type Read<T> = Result<T, NotJson>;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    /// As it is spelled.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// Its text, without spaces between its parts.
    List(Cow<'a, str>),
    /// Its text, without spaces between its parts.
    Object(Cow<'a, str>),
}

/// A place in a body.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    body: &'a [u8],
    at: usize,
    /// Spaces passed over so far: whether a value's text has any.
    spaces: usize,
    /// Whether text was met that is not UTF-8. It costs its event alone.
    is_damaged: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { body, at: 0, spaces: 0, is_damaged: false }
    }

    /// Whether text was met that is not UTF-8, since this was asked last.
    pub(super) fn take_damage(&mut self) -> bool {
        std::mem::take(&mut self.is_damaged)
    }

    /// The text from `start` to the present place.
    fn text_since(&mut self, start: usize) -> &'a str {
        let bytes = self.body.get(start..self.at).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_else(|_| {
            self.is_damaged = true;
            ""
        })
    }

    pub(super) fn fail<T>(&self, what: &'static str) -> Read<T> {
        Err(NotJson { at: self.at, what })
    }

    /// The next byte that is no space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.body.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
            self.spaces += 1;
        }
        None
    }

    /// Passes over a byte if it is next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Where it stands.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Read<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => self.fail("something follows the end of the value"),
        }
    }

    /// The next name of an object whose brace has been passed; none at its end.
    pub(super) fn next_name(&mut self, is_first: &mut bool) -> Read<Option<Cow<'a, str>>> {
        if self.take(b'}') {
            return Ok(None);
        }
        if !std::mem::take(is_first) && !self.take(b',') {
            return self.fail("a comma or } is missing");
        }
        if self.peek() != Some(b'"') {
            return self.fail("a name in quotes is missing");
        }
        let name = self.string()?;
        if !self.take(b':') {
            return self.fail("a colon is missing");
        }
        Ok(Some(name))
    }

    /// Whether a list whose bracket has been passed goes on.
    pub(super) fn next_item(&mut self, is_first: &mut bool) -> Read<bool> {
        if self.take(b']') {
            return Ok(false);
        }
        if !std::mem::take(is_first) && !self.take(b',') {
            return self.fail("a comma or ] is missing");
        }
        Ok(true)
    }

    /// Reads a value.
    pub(super) fn value(&mut self) -> Read<Json<'a>> {
        match self.peek() {
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(b'{') => Ok(Json::Object(self.nested()?)),
            Some(b'[') => Ok(Json::List(self.nested()?)),
            Some(b'-' | b'0'..=b'9') => Ok(Json::Number(self.number()?)),
            Some(b't') => self.word("true").map(|()| Json::Bool(true)),
            Some(b'f') => self.word("false").map(|()| Json::Bool(false)),
            Some(b'n') => self.word("null").map(|()| Json::Null),
            Some(_) => self.fail("no value begins like this"),
            None => self.fail("a value is missing"),
        }
    }

    /// Passes over a value.
    pub(super) fn skip(&mut self) -> Read<()> {
        self.skip_within(0)
    }

    fn skip_within(&mut self, depth: usize) -> Read<()> {
        if depth > DEPTH_MAX {
            return self.fail("values nest deeper than 100 levels");
        }
        let mut is_first = true;
        if self.take(b'{') {
            while self.next_name(&mut is_first)?.is_some() {
                self.skip_within(depth + 1)?;
            }
            return Ok(());
        }
        if self.take(b'[') {
            while self.next_item(&mut is_first)? {
                self.skip_within(depth + 1)?;
            }
            return Ok(());
        }
        self.value().map(drop)
    }

    fn nested(&mut self) -> Read<Cow<'a, str>> {
        let (start, spaces) = (self.at, self.spaces);
        self.skip()?;
        let text = self.text_since(start);
        Ok(if self.spaces == spaces { text.into() } else { without_spaces(text).into() })
    }

    fn word(&mut self, word: &str) -> Read<()> {
        if !self.body[self.at..].starts_with(word.as_bytes()) {
            return self.fail("no value begins like this");
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Read<&'a str> {
        let bytes = self.body;
        let start = self.at;
        let digits = |at: usize| bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let is = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|b| wanted.contains(b));
        self.at += usize::from(is(self.at, b"-"));
        let whole = digits(self.at);
        if whole == 0 || (whole > 1 && is(self.at, b"0")) {
            return self.fail("not a number");
        }
        self.at += whole;
        if is(self.at, b".") {
            self.at += 1;
            match digits(self.at) {
                0 => return self.fail("not a number"),
                fraction => self.at += fraction,
            }
        }
        if is(self.at, b"eE") {
            self.at += 1;
            self.at += usize::from(is(self.at, b"+-"));
            match digits(self.at) {
                0 => return self.fail("not a number"),
                exponent => self.at += exponent,
            }
        }
        Ok(self.text_since(start))
    }

    /// Reads text, whose quote is next.
    fn string(&mut self) -> Read<Cow<'a, str>> {
        let bytes = self.body;
        self.at += 1;
        let start = self.at;
        let ends = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < b' ';
        let Some(length) = bytes[start..].iter().position(ends) else {
            return self.fail("a text does not end");
        };
        self.at += length;
        let plain = self.text_since(start);
        if bytes[self.at] == b'"' {
            self.at += 1;
            return Ok(plain.into());
        }
        let mut text = plain.to_owned();
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text.into());
                }
                Some(b'\\') => self.escape(&mut text)?,
                Some(byte) if *byte < b' ' => {
                    return self.fail("a control character in a text is not escaped");
                }
                Some(_) => {
                    let rest = &bytes[self.at..];
                    let start = self.at;
                    self.at += rest.iter().position(ends).unwrap_or(rest.len());
                    text.push_str(self.text_since(start));
                }
                None => return self.fail("a text does not end"),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Read<()> {
        let escaped = self.body.get(self.at + 1);
        let plain = match escaped {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = self.unit(self.at + 2)?;
                self.at += 6;
                text.push(self.character(unit));
                return Ok(());
            }
            _ => return self.fail("this escape does not exist"),
        };
        text.push(plain);
        self.at += 2;
        Ok(())
    }

    /// The character that begins with a unit of UTF-16. Half of a pair stands for no character.
    fn character(&mut self, unit: u32) -> char {
        if let Some(character) = char::from_u32(unit) {
            return character;
        }
        let follows = self.body.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u"));
        if follows
            && (0xd800..0xdc00).contains(&unit)
            && let Ok(low @ 0xdc00..0xe000) = self.unit(self.at + 2)
        {
            self.at += 6;
            let pair = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            return char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        char::REPLACEMENT_CHARACTER
    }

    fn unit(&self, at: usize) -> Read<u32> {
        let digits = self.body.get(at..at + 4);
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits else {
            return self.fail("four hexadecimal digits are missing");
        };
        let digit = |digit: &u8| char::from(*digit).to_digit(16).unwrap_or_default();
        Ok(digits.iter().fold(0, |unit, byte| unit << 4 | digit(byte)))
    }
}

/// A value's text without the spaces between its parts.
fn without_spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_text = false;
    let mut is_escaped = false;
    for character in text.chars() {
        if !is_text && matches!(character, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        is_text ^= character == '"' && !is_escaped;
        is_escaped = is_text && character == '\\' && !is_escaped;
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests;
