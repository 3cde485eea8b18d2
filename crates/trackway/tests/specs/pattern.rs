//! What a specification leaves open: placeholders in expected texts, and names for what was met.
//!
//! `[..]` is any text within a line. `[UUID]`, `[TIME]`, `[ID]`, `[NUMBER]` and `[KEY]` are texts
//! of that form; with a name behind, `[ID query]`, the text is kept under it, and stands for itself
//! in all that follows. `[NOW]`, `[SECONDS]` and `[NANOS]` are the moment at which the file was
//! begun, as RFC 3339, in Unix seconds and in nanoseconds; `[SECONDS-60]` is a minute before.

use std::collections::BTreeMap;

use model::{NANOS_PER_SECOND, Timestamp};
use serde_json::{Map, Value};

/// Members and elements beyond those that are named may be there.
const MORE: &str = "...";

/// What a file knows while it is run.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    now: Timestamp,
    names: BTreeMap<String, String>,
}

/// A form of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Any,
    Uuid,
    Time,
    Id,
    Number,
    Key,
}

impl Form {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            ".." => Self::Any,
            "UUID" => Self::Uuid,
            "TIME" => Self::Time,
            "ID" => Self::Id,
            "NUMBER" => Self::Number,
            "KEY" => Self::Key,
            _ => return None,
        })
    }

    fn fits(self, text: &str) -> bool {
        let word = |c: char| c.is_ascii_alphanumeric() || ['_', '-', '.'].contains(&c);
        match self {
            Self::Any => !text.contains('\n'),
            Self::Uuid => is_uuid(text),
            Self::Time => is_time(text),
            Self::Id | Self::Key => !text.is_empty() && text.chars().all(word),
            Self::Number => text.parse::<f64>().is_ok_and(f64::is_finite),
        }
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let hex = |part: &&str| part.chars().all(|c| c.is_ascii_hexdigit());
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(hex)
}

/// RFC 3339 in UTC, with any fraction.
fn is_time(text: &str) -> bool {
    let Some((whole, zone)) = text.split_at_checked(19) else { return false };
    let form = "0000-00-00T00:00:00";
    let fits = |(c, form): (char, char)| c == form || (form == '0' && c.is_ascii_digit());
    let fraction = zone.strip_suffix('Z').or_else(|| zone.strip_suffix("+00:00"));
    whole.chars().zip(form.chars()).all(fits)
        && fraction.is_some_and(|digits| {
            digits.is_empty()
                || digits.strip_prefix('.').is_some_and(|d| d.chars().all(|c| c.is_ascii_digit()))
        })
}

impl Known {
    /// Nothing but the time.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { now, names: BTreeMap::new() }
    }

    /// Gives a text a name, as if it had been met.
    pub(crate) fn name(&mut self, name: &str, text: &str) {
        self.names.insert(name.to_owned(), text.to_owned());
    }

    /// A text with all that is known put in; what is not known yet stays as it is.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, inside, after)) = placeholder(rest) {
            filled.push_str(before);
            match self.value(inside) {
                Some(value) => filled.push_str(&value),
                None => filled.push_str(&format!("[{inside}]")),
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn value(&self, inside: &str) -> Option<String> {
        if let Some((form, name)) = inside.split_once(' ') {
            Form::of(form)?;
            return self.names.get(name).cloned();
        }
        let digits = inside.find(['-', '+']).unwrap_or(inside.len());
        let (unit, shift) = inside.split_at_checked(digits)?;
        let shift: i64 = if shift.is_empty() { 0 } else { shift.parse().ok()? };
        let time = self.now.saturating_add(shift.checked_mul(NANOS_PER_SECOND)?);
        match unit {
            "NOW" => Some(time.to_string()),
            "SECONDS" => Some((time.nanos() / NANOS_PER_SECOND).to_string()),
            "NANOS" => Some(time.nanos().to_string()),
            _ => None,
        }
    }

    /// Whether a text is as expected; names in it are kept then.
    pub(crate) fn fits(&mut self, expected: &str, text: &str) -> bool {
        let expected = self.fill(expected);
        let mut met = Vec::new();
        let fits = fits(&expected, text, &mut met);
        if fits {
            self.names.extend(met);
        }
        fits
    }

    /// Where a JSON value is not as expected, in words; names in it are kept. A text that is one
    /// placeholder stands for a value of any type whose text has that form.
    pub(crate) fn differences(&mut self, expected: &Value, found: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        self.compare("", expected, found, &mut problems);
        problems
    }

    fn compare(&mut self, at: &str, expected: &Value, found: &Value, problems: &mut Vec<String>) {
        match (expected, found) {
            (Value::Object(expected), Value::Object(found)) => {
                self.compare_members(at, expected, found, problems);
            }
            (Value::Array(expected), Value::Array(found)) => {
                let open = expected.last().is_some_and(|last| last == MORE);
                let named = &expected[..expected.len() - usize::from(open)];
                if named.len() > found.len() || (!open && named.len() != found.len()) {
                    let counts =
                        format!("expected {} elements, found {}", named.len(), found.len());
                    problems.push(format!("{at}: {counts}: {}", Value::from(found.clone())));
                    return;
                }
                for (number, (expected, found)) in named.iter().zip(found).enumerate() {
                    self.compare(&format!("{at}/{number}"), expected, found, problems);
                }
            }
            (Value::String(expected), found) => {
                let text = match found {
                    Value::String(text) => text.clone(),
                    other if placeholder(expected).is_some() => other.to_string(),
                    other => format!("{other} (no text)"),
                };
                if !self.fits(expected, &text) {
                    let expected = self.fill(expected);
                    problems.push(format!("{at}: expected {expected:?}, found {found}"));
                }
            }
            (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => {}
            (expected, found) if expected == found => {}
            _ => problems.push(format!("{at}: expected {expected}, found {found}")),
        }
    }

    fn compare_members(
        &mut self,
        at: &str,
        expected: &Map<String, Value>,
        found: &Map<String, Value>,
        problems: &mut Vec<String>,
    ) {
        let open = expected.contains_key(MORE);
        for (name, expected) in expected.iter().filter(|(name, _)| *name != MORE) {
            let at = format!("{at}/{name}");
            match found.get(name) {
                Some(found) => self.compare(&at, expected, found, problems),
                None => problems.push(format!("{at}: expected {expected}, it is not there")),
            }
        }
        let surplus = found.iter().filter(|(name, _)| !open && !expected.contains_key(*name));
        problems.extend(surplus.map(|(name, found)| format!("{at}/{name}: unexpected {found}")));
    }
}

/// The first placeholder of a text: what is before it, in it, and behind it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(open) = text.get(from..)?.find('[').map(|place| from + place) {
        let (before, after) = (text.get(..open)?, text.get(open + 1..)?);
        if let Some((inside, after)) = after.split_once(']') {
            let word = inside.split([' ', '-', '+']).next().unwrap_or_default();
            if inside == ".." || Form::of(word).is_some() || is_moment(word) {
                return Some((before, inside, after));
            }
        }
        from = open + 1;
    }
    None
}

fn is_moment(word: &str) -> bool {
    ["NOW", "SECONDS", "NANOS"].contains(&word)
}

/// Whether a text is as expected. Each placeholder takes as little as lets the rest fit.
fn fits(expected: &str, text: &str, met: &mut Vec<(String, String)>) -> bool {
    let Some((before, inside, after)) = placeholder(expected) else { return expected == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    let (form, name) = inside.split_once(' ').unwrap_or((inside, ""));
    let Some(form) = Form::of(form) else { return false };
    let ends = rest.char_indices().map(|(place, _)| place).chain([rest.len()]);
    for end in ends {
        let Some((taken, left)) = rest.split_at_checked(end) else { continue };
        let count = met.len();
        if form.fits(taken) && fits(after, left, met) {
            if !name.is_empty() {
                met.push((name.to_owned(), taken.to_owned()));
            }
            return true;
        }
        met.truncate(count);
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known() -> Known {
        Known::new(Timestamp::from_nanos(1_795_273_373_000_000_000))
    }

    /// Guarantees: each form takes what it should and nothing else.
    #[test]
    fn forms() {
        for (expected, text, fit) in [
            ("a [..] b", "a anything b", true),
            ("a [..] b", "a any\nthing b", false),
            ("[UUID]", "01a1fe9b-a0c0-733c-a1bd-ff5823da45bb", true),
            ("[UUID]", "01a1fe9ba0c0733ca1bdff5823da45bb", false),
            ("[TIME]", "2026-11-21T15:02:53Z", true),
            ("[TIME]", "2026-11-21T15:02:53.266Z", true),
            ("[TIME]", "2026-11-21", false),
            ("/x/[ID]", "/x/a-B_9", true),
            ("/x/[ID]", "/x/", false),
            ("[NUMBER] ms", "1.5 ms", true),
            ("[NUMBER] ms", "no ms", false),
            ("[SECONDS-60]", "1795273313", true),
            ("[NOW]", "2026-11-21T15:02:53Z", true),
            ("[NANOS+1]", "1795273374000000000", true),
            ("[1, 2]", "[1, 2]", true),
            ("[1, 2]", "[1, 3]", false),
        ] {
            assert_eq!(known().fits(expected, text), fit, "{expected} {text}");
        }
    }

    /// Guarantees: a name keeps what it met, fills it in, and then stands for nothing else.
    #[test]
    fn names_are_kept() {
        let mut known = known();
        assert_eq!(known.fill("/1/queries/[ID query]"), "/1/queries/[ID query]");
        assert!(known.fits("id [ID query].", "id abc."));
        assert_eq!(known.fill("/1/queries/[ID query]"), "/1/queries/abc");
        assert!(!known.fits("[ID query]", "other"));
        assert!(known.fits("[ID query]", "abc"));
    }

    /// Guarantees: JSON is compared member by member, and every difference is named by its place.
    #[test]
    fn json_is_compared() {
        let found = json!({"id": "x1", "n": 5, "list": [1, 2, 3], "more": {"a": null}});
        for (expected, problems) in [
            (json!({"id": "[ID]", "n": 5.0, "list": [1, "..."], "more": {"a": null}}), vec![]),
            (json!({"id": "[..]", "...": "..."}), vec![]),
            (json!({"n": "[NUMBER]", "...": "..."}), vec![]),
            (json!({"n": "5", "...": "..."}), vec!["/n"]),
            (json!({"id": "x1"}), vec!["/list", "/more", "/n"]),
            (json!({"list": [1, 2], "...": "..."}), vec!["/list"]),
            (json!({"list": [1, 5, 3], "...": "..."}), vec!["/list/1"]),
            (json!({"more": {"a": 1, "b": 2}, "...": "..."}), vec!["/more/a", "/more/b"]),
            (json!([1]), vec![""]),
        ] {
            let found = known().differences(&expected, &found);
            let places: Vec<_> = found.iter().map(|text| text.split(':').next().unwrap()).collect();
            assert_eq!(places, problems, "{expected}");
        }
    }
}
