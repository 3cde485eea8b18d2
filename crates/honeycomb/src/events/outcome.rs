//! What becomes of an event of a batch: the statuses and words that Honeycomb gives to each, as
//! JSON or as MessagePack.

use std::fmt::Write as _;

use otlp::Problem;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// It is kept.
    Kept,
    /// It has no fields.
    Empty,
    /// It is no event.
    Malformed,
    /// It is larger than an event may be.
    TooLarge,
    /// It has more fields than an event may have.
    TooManyColumns,
    /// It has names of fields beyond those that a request may have.
    DatasetFull,
}

/// What is said of a body without anything in it, and of such an event.
pub(crate) const EMPTY: &str = "Request body should not be empty.";
/// What is said of a body that cannot be read.
pub(crate) const MALFORMED: &str = "Request body is malformed and cannot be read.";
/// What is said of a body, or an event, over its limit.
pub(crate) const TOO_LARGE: &str = "Request body is too large.";

impl Outcome {
    /// The status of its event.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Kept => 202,
            _ => 400,
        }
    }

    /// What is said of its event.
    pub(crate) const fn error(self) -> Option<&'static str> {
        match self {
            Self::Kept => None,
            Self::Empty => Some(EMPTY),
            Self::Malformed => Some(MALFORMED),
            Self::TooLarge => Some(TOO_LARGE),
            Self::TooManyColumns => Some("Event has too many columns."),
            Self::DatasetFull => Some("Dataset has too many columns."),
        }
    }

    /// The reason, for counting.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Empty => "event is empty",
            Self::Malformed => "event is malformed",
            Self::TooLarge => "event is too large",
            Self::TooManyColumns => "event has too many columns",
            Self::DatasetFull => "dataset has too many columns",
        }
    }
}

/// The faults of a batch by reason, each with the place of its first event.
pub(crate) fn problems(outcomes: &[Outcome]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for (place, outcome) in outcomes.iter().enumerate() {
        let Some(error) = outcome.error() else { continue };
        let reason = outcome.reason();
        match problems.iter_mut().find(|problem| problem.reason == reason) {
            Some(problem) => problem.count += 1,
            None => {
                let sample = format!("event {place} of the request: {error}");
                problems.push(Problem { reason, sample, count: 1 });
            }
        }
    }
    problems
}

/// The answer to a batch as JSON.
pub(crate) fn answer_json(outcomes: &[Outcome]) -> Vec<u8> {
    let mut out = String::with_capacity(2 + outcomes.len() * 17);
    out.push('[');
    for (place, outcome) in outcomes.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let status = outcome.status();
        let written = match outcome.error() {
            None => write!(out, "{comma}{{\"status\":{status}}}"),
            Some(error) => write!(out, "{comma}{{\"status\":{status},\"error\":\"{error}\"}}"),
        };
        written.expect("text takes any text");
    }
    out.push(']');
    out.into_bytes()
}

/// The answer to a batch as MessagePack.
pub(crate) fn answer_msgpack(outcomes: &[Outcome]) -> Vec<u8> {
    let mut out = Vec::with_capacity(5 + outcomes.len() * 11);
    out.push(0xdd);
    out.extend((outcomes.len() as u32).to_be_bytes());
    let text = |out: &mut Vec<u8>, text: &str| {
        // The words of this module: none is longer than a byte counts.
        out.extend([0xd9, text.len() as u8]);
        out.extend(text.as_bytes());
    };
    for outcome in outcomes {
        let error = outcome.error();
        out.push(if error.is_some() { 0x82 } else { 0x81 });
        text(&mut out, "status");
        out.push(0xcd);
        out.extend(outcome.status().to_be_bytes());
        if let Some(error) = error {
            text(&mut out, "error");
            text(&mut out, error);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::msgpack::Reader;

    const SOME: [Outcome; 3] = [Outcome::Kept, Outcome::TooManyColumns, Outcome::Kept];

    /// Guarantees: each event has its status in its place, and those refused their words.
    #[test]
    fn answers_are_written() {
        let refused = r#"{"status":400,"error":"Event has too many columns."}"#;
        let expected = format!(r#"[{{"status":202}},{refused},{{"status":202}}]"#);
        assert_eq!(String::from_utf8(answer_json(&SOME)).unwrap(), expected);
        assert_eq!(answer_json(&[]), b"[]");
        let mut as_json = String::new();
        let answer = answer_msgpack(&SOME);
        let mut reader = Reader::new(&answer);
        let head = reader.value().unwrap();
        reader.write_rest(head, 0, &mut as_json).unwrap();
        reader.end().unwrap();
        assert_eq!(as_json, expected);
    }

    /// Guarantees: faults are counted by reason, with the place of the first.
    #[test]
    fn faults_are_counted() {
        let outcomes = [Outcome::Kept, Outcome::Empty, Outcome::TooLarge, Outcome::Empty];
        let problems = problems(&outcomes);
        let found: Vec<_> = problems.iter().map(|one| (one.reason, one.count)).collect();
        assert_eq!(found, [("event is empty", 2), ("event is too large", 1)]);
        assert_eq!(problems[0].sample, "event 1 of the request: Request body should not be empty.");
    }
}
