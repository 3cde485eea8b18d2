//! Reads back what a server holds: every row page by page, and aggregates to hold against them.
//!
//! Questions go through a function from the body of a query to the JSON of its answer, so that the
//! tests of the checks ask an array in memory.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::event::{ID, Row};
use super::finding::Finding;

/// The dataset that stands for all.
const EVERY_DATASET: &str = "__all__";
/// Rows asked for in one page: the most that the API gives.
const PAGE_ROWS: usize = 10_000;
/// Groups asked for: more than there are services in a folder.
const GROUPS: usize = 1_000;
/// Pages after which a list that does not end is given up.
const PAGES_MAX: usize = 1_000;

/// Puts a question: the body of a query request in, the JSON of its answer out.
pub(super) type Ask<'a> = dyn FnMut(&Value) -> Result<Vec<u8>, String> + 'a;

/// The seconds since the epoch that questions are about, the second one not included.
pub(super) type Range = (i64, i64);

#[derive(Deserialize)]
struct Page {
    rows: Vec<Row>,
    next: Value,
}

/// What the aggregates of a group of events say.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sums {
    count: u64,
    sum: f64,
    least: f64,
    greatest: f64,
    distinct: u64,
}

/// Every row in the range.
pub(super) fn rows(ask: &mut Ask<'_>, (start, end): Range) -> Result<Vec<Row>, String> {
    let query = json!({"start_time": start, "end_time": end, "limit": PAGE_ROWS});
    let mut body = json!({"dataset": EVERY_DATASET, "query": query, "rows": true});
    let mut rows = Vec::new();
    for _ in 0..PAGES_MAX {
        let page: Page = serde_json::from_slice(&ask(&body)?)
            .map_err(|error| format!("reading a page of rows: {error}"))?;
        rows.extend(page.rows);
        if page.next.is_null() {
            return Ok(rows);
        }
        body["next"] = page.next;
    }
    Err(format!("the list of rows goes on after {PAGES_MAX} pages and {} rows", rows.len()))
}

/// Holds what aggregates say of each service against its rows.
pub(super) fn compare(
    ask: &mut Ask<'_>,
    range: Range,
    rows: &[Row],
) -> Result<Vec<Finding>, String> {
    let said = sums(ask, range, &["service.name"])?;
    let mut counted: BTreeMap<String, Sums> = BTreeMap::new();
    for row in rows {
        let Some(id) = row.id() else { continue };
        let service = row.data.get("service.name").and_then(Value::as_str).unwrap_or_default();
        counted.entry(service.to_owned()).or_default().add(id as f64);
    }
    let names = said.keys().chain(counted.keys()).collect::<std::collections::BTreeSet<_>>();
    let of = |sums: &BTreeMap<String, Sums>, name: &String| sums.get(name).cloned();
    Ok(names
        .into_iter()
        .filter(|name| of(&said, name) != of(&counted, name))
        .map(|name| {
            let (said, counted) = (of(&said, name), of(&counted, name));
            Finding::Miscounted {
                what: format!("aggregates of {name} say {said:?}, its rows {counted:?}"),
            }
        })
        .collect())
}

/// How many events there are, and how many different ones.
pub(super) fn count(ask: &mut Ask<'_>, range: Range) -> Result<(u64, u64), String> {
    let sums = sums(ask, range, &[])?;
    Ok(sums.into_values().next().map_or((0, 0), |sums| (sums.count, sums.distinct)))
}

impl Sums {
    fn add(&mut self, id: f64) {
        self.least = if self.count == 0 { id } else { self.least.min(id) };
        self.greatest = self.greatest.max(id);
        self.count += 1;
        self.sum += id;
        // A doubled event shows in the review of the rows; here it would hide behind their order.
        self.distinct += 1;
    }

    fn read(data: &Value) -> Option<Self> {
        let number = |op: &str| data.get(format!("{op}({ID})"))?.as_f64();
        Some(Self {
            count: data.get("COUNT")?.as_f64()? as u64,
            sum: number("SUM")?,
            least: number("MIN")?,
            greatest: number("MAX")?,
            distinct: number("COUNT_DISTINCT")? as u64,
        })
    }
}

/// The aggregates of each group, by the first of `groups`.
fn sums(
    ask: &mut Ask<'_>,
    (start, end): Range,
    groups: &[&str],
) -> Result<BTreeMap<String, Sums>, String> {
    let of_id = ["SUM", "MIN", "MAX", "COUNT_DISTINCT"];
    let mut calculations = vec![json!({"op": "COUNT"})];
    calculations.extend(of_id.map(|op| json!({"op": op, "column": ID})));
    let query = json!({
        "start_time": start, "end_time": end, "limit": GROUPS,
        "breakdowns": groups, "calculations": calculations,
    });
    let body = json!({"dataset": EVERY_DATASET, "query": query, "disable_series": true});
    let answer: Value = serde_json::from_slice(&ask(&body)?)
        .map_err(|error| format!("reading the results of a query: {error}"))?;
    let results = answer["data"]["results"]
        .as_array()
        .ok_or_else(|| format!("an answer without results: {answer}"))?;
    let mut sums = BTreeMap::new();
    for result in results {
        let data = &result["data"];
        let name = groups.first().and_then(|group| data[group].as_str()).unwrap_or_default();
        // No event at all: a count of zero, and nothing to sum up.
        if data["COUNT"].as_f64() == Some(0.0) {
            continue;
        }
        let read = Sums::read(data).ok_or_else(|| format!("results without numbers: {data}"))?;
        sums.insert(name.to_owned(), read);
    }
    Ok(sums)
}

#[cfg(test)]
mod tests;
