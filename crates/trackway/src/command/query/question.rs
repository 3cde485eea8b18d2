//! The flags that say a question, and the specification that they make.

use clap::Args;
use model::Timestamp;
use serde_json::{Map, Value, json};

use super::condition;
use super::period::{read_length, read_moment};
use crate::stop::Stop;

/// A question in flags.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct QuestionFlags {
    /// Count events
    #[arg(long)]
    count: bool,
    /// Work something out: COUNT, "P99(duration_ms)", "COUNT_DISTINCT(user.id)"; may be repeated
    #[arg(long, value_name = "OP(FIELD)")]
    calc: Vec<String>,
    /// Group by a field; may be repeated
    #[arg(long, value_name = "FIELD")]
    by: Vec<String>,
    /// Sort by a calculation (the largest first) or a field, with asc or desc behind it where it
    /// should be otherwise; may be repeated
    #[arg(long, value_name = "WHAT [asc|desc]")]
    order: Vec<String>,
    /// A value for each step of this length, such as 1m, in place of one for the whole time
    #[arg(long, value_name = "LENGTH")]
    step: Option<String>,
    #[command(flatten)]
    scope: ScopeFlags,
    /// Most groups, or events
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

/// What a question is about.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::command) struct ScopeFlags {
    #[command(flatten)]
    conditions: ConditionFlags,
    /// The time up to now or --to: 90s, 15m, 2h, 7d [default: 2h]
    #[arg(long, value_name = "LENGTH")]
    last: Option<String>,
    /// Its begin: 2026-11-21T14:00:00Z, "2026-11-21 14:00" (UTC), Unix seconds, or 2h (ago)
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Its end
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

/// Which events count.
#[derive(Args, Clone, Debug, Default)]
pub(in crate::command) struct ConditionFlags {
    /// Only events for which FIELD OP VALUE holds, as in "duration_ms > 100", "name contains GET",
    /// "status in 500, 503", "user.id exists"; may be repeated, and then all must hold
    #[arg(long = "where", value_name = "CONDITION")]
    conditions: Vec<String>,
    /// One of the conditions is enough
    #[arg(long)]
    any: bool,
}

impl ConditionFlags {
    /// The conditions as filters of a specification.
    fn filters(&self) -> Result<Vec<Value>, Stop> {
        let read = |text: &String| {
            condition::read(text).map_err(|why| Stop::cannot(format!("--where {text:?}: {why}")))
        };
        self.conditions.iter().map(read).collect()
    }

    /// Writes `filters` and `filter_combination`.
    pub(in crate::command) fn write(
        &self,
        specification: &mut Map<String, Value>,
    ) -> Result<(), Stop> {
        let filters = self.filters()?;
        if !filters.is_empty() {
            specification.insert("filters".to_owned(), filters.into());
        }
        if self.any {
            specification.insert("filter_combination".to_owned(), "OR".into());
        }
        Ok(())
    }
}

impl ScopeFlags {
    /// Writes conditions and time.
    pub(in crate::command) fn write(
        &self,
        specification: &mut Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), Stop> {
        self.conditions.write(specification)?;
        self.write_period(specification, now)
    }

    /// Writes the range of time: `time_range`, `start_time` and `end_time`.
    fn write_period(
        &self,
        specification: &mut Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), Stop> {
        let wrong = |flag: &str, why: String| Stop::cannot(format!("{flag}: {why}"));
        if let Some(text) = &self.last {
            let length = read_length(text).map_err(|why| wrong("--last", why))?;
            specification.insert("time_range".to_owned(), length.into());
        }
        for (flag, member, text) in
            [("--from", "start_time", &self.from), ("--to", "end_time", &self.to)]
        {
            if let Some(text) = text {
                let moment = read_moment(text, now).map_err(|why| wrong(flag, why))?;
                specification.insert(member.to_owned(), moment);
            }
        }
        if self.from.is_some() && self.to.is_none() && self.last.is_none() {
            let now = read_moment("now", now).map_err(|why| wrong("--to", why))?;
            specification.insert("end_time".to_owned(), now);
        }
        if self.last.is_some() && self.from.is_some() && self.to.is_some() {
            return Err(Stop::cannot("--last, --from and --to are all given: two say it all"));
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        let Self { conditions: ConditionFlags { conditions, any }, last, from, to } = self;
        conditions.is_empty() && !any && last.is_none() && from.is_none() && to.is_none()
    }
}

impl QuestionFlags {
    /// Whether none is given.
    pub(super) fn is_empty(&self) -> bool {
        let Self { count, calc, by, order, step, scope, limit } = self;
        let lists = [calc, by, order];
        let is_plain = !count && step.is_none() && limit.is_none() && scope.is_empty();
        is_plain && lists.iter().all(|list| list.is_empty())
    }

    /// The query specification that they say.
    pub(super) fn specification(&self, now: Timestamp) -> Result<Value, Stop> {
        let mut specification = Map::new();
        let mut calculations: Vec<Value> = Vec::new();
        if self.count {
            calculations.push(json!({"op": "COUNT"}));
        }
        for text in &self.calc {
            let calculation = read_calculation(text).ok_or_else(|| {
                Stop::cannot(format!(
                    "--calc {text:?}: COUNT or an operation with its field is expected, such as \
                     P99(duration_ms)"
                ))
            })?;
            if !calculations.contains(&calculation) {
                calculations.push(calculation);
            }
        }
        let orders = self.order.iter().map(|text| self.read_order(text, &mut calculations));
        let orders: Vec<Value> = orders.collect::<Result<_, _>>()?;
        let mut insert = |name: &str, list: Vec<Value>| {
            if !list.is_empty() {
                specification.insert(name.to_owned(), list.into());
            }
        };
        insert("calculations", calculations);
        insert("breakdowns", self.by.iter().map(|field| field.as_str().into()).collect());
        insert("orders", orders);
        self.scope.write(&mut specification, now)?;
        if let Some(limit) = self.limit {
            specification.insert("limit".to_owned(), limit.into());
        }
        if let Some(step) = &self.step {
            let step = read_length(step).map_err(|why| Stop::cannot(format!("--step: {why}")))?;
            specification.insert("granularity".to_owned(), step.into());
        }
        Ok(Value::Object(specification))
    }

    /// What to sort by. A calculation that is not asked for yet is asked for too.
    fn read_order(&self, text: &str, calculations: &mut Vec<Value>) -> Result<Value, Stop> {
        let text = text.trim();
        let (what, direction) = match text.rsplit_once(char::is_whitespace) {
            Some((what, word)) if word.eq_ignore_ascii_case("asc") => (what.trim(), Some("asc")),
            Some((what, word)) if word.eq_ignore_ascii_case("desc") => (what.trim(), Some("desc")),
            _ => (text, None),
        };
        let word = |direction| if direction == "asc" { "ascending" } else { "descending" };
        if self.by.iter().any(|field| field == what) {
            let order = word(direction.unwrap_or("asc"));
            return Ok(json!({"column": what, "order": order}));
        }
        let Some(mut calculation) = read_calculation(what) else {
            return Err(Stop::cannot(format!(
                "--order {text:?}: a calculation such as COUNT or P99(duration_ms) or a field of \
                 --by is expected, and asc or desc behind it if anything"
            )));
        };
        if !calculations.contains(&calculation) {
            calculations.push(calculation.clone());
        }
        calculation["order"] = word(direction.unwrap_or("desc")).into();
        Ok(calculation)
    }
}

/// `OP` or `OP(FIELD)`. Which operations there are is the server's to say.
fn read_calculation(text: &str) -> Option<Value> {
    let text = text.trim();
    let (op, field) = match text.split_once('(') {
        Some((op, rest)) => (op.trim(), Some(rest.strip_suffix(')')?.trim())),
        None => (text, None),
    };
    let is_word = !op.is_empty() && op.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let op = op.to_uppercase();
    match field {
        _ if !is_word => None,
        Some("") => None,
        Some(field) => Some(json!({"op": op, "column": field})),
        None if op == "COUNT" => Some(json!({"op": op})),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: QuestionFlags,
    }

    fn read(arguments: &[&str]) -> Result<Value, Stop> {
        let line = Line::parse_from([&["query"], arguments].concat());
        line.flags.specification(Timestamp::from_nanos(1_700_000_000_000_000_000))
    }

    /// Guarantees: every flag says what its member of a specification would.
    #[test]
    fn flags_make_a_specification() {
        let arguments = [
            "--count",
            "--calc",
            "p99( duration_ms )",
            "--by",
            "http.route",
            "--where",
            "duration_ms > 100",
            "--where",
            "name exists",
            "--any",
            "--order",
            "P99(duration_ms)",
            "--order",
            "http.route DESC",
            "--last",
            "2h",
            "--to",
            "1699999999",
            "--step",
            "1m",
            "--limit",
            "7",
        ];
        let expected = json!({
            "calculations": [{"op": "COUNT"}, {"op": "P99", "column": "duration_ms"}],
            "breakdowns": ["http.route"],
            "filters": [
                {"column": "duration_ms", "op": ">", "value": 100},
                {"column": "name", "op": "exists"},
            ],
            "filter_combination": "OR",
            "orders": [
                {"op": "P99", "column": "duration_ms", "order": "descending"},
                {"column": "http.route", "order": "descending"},
            ],
            "time_range": 7_200,
            "end_time": 1_699_999_999,
            "granularity": 60,
            "limit": 7,
        });
        assert_eq!(read(&arguments).unwrap(), expected);
        assert_eq!(read(&[]).unwrap(), json!({}));
    }

    /// Guarantees: sorting by a calculation asks for it, and a begin alone reaches to now.
    #[test]
    fn what_follows_is_said_too() {
        let specification = read(&["--order", "COUNT asc", "--from", "1h"]).unwrap();
        let expected = json!({
            "calculations": [{"op": "COUNT"}],
            "orders": [{"op": "COUNT", "order": "ascending"}],
            "start_time": 1_699_996_400,
            "end_time": 1_700_000_000,
        });
        assert_eq!(specification, expected);
    }

    /// Guarantees: a slip in a flag is refused with the flag and what was expected.
    #[test]
    fn slips_are_named() {
        let cases: [(&[&str], &str); 8] = [
            (&["--calc", "P99"], "--calc \"P99\""),
            (&["--calc", "P99(duration_ms"], "P99(duration_ms)"),
            (&["--calc", "(x)"], "--calc"),
            (&["--order", "user"], "field of --by"),
            (&["--where", "x"], "--where \"x\": an operator is missing"),
            (&["--last", "soon"], "--last: \"soon\""),
            (&["--step", "0s"], "--step"),
            (&["--last", "1h", "--from", "2h", "--to", "1h"], "two say it all"),
        ];
        for (arguments, expected) in cases {
            let said = format!("{:?}", read(arguments).unwrap_err()).replace("\\\"", "\"");
            assert!(said.contains(expected), "{arguments:?}: {said}");
        }
    }
}
