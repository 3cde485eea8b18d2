//! Whether two answers to one question are the same answer.
//!
//! Counts must be equal. Percentiles may differ by the error that is allowed of ours, 1 %; means by
//! what adding up in another order may do. An answer that is fast and different is wrong.

use std::collections::BTreeMap;

use serde_json::Value;

use super::question::{Shape, groups, labels};

/// The error that is allowed of a percentile.
pub(super) const PERCENTILE_ERROR_MAX: f64 = 0.01;
/// The error that is allowed of a number of distinct values beyond [`DISTINCT_EXACT_MAX`].
const DISTINCT_ERROR_MAX: f64 = 0.02;
/// Up to here distinct values are counted exactly.
const DISTINCT_EXACT_MAX: f64 = 100_000.0;
/// What another order of additions may do.
const ROUNDING_ERROR_MAX: f64 = 1e-9;

/// Values by the keys of their group.
type Table = BTreeMap<Vec<String>, Vec<f64>>;

/// A bucket of a heatmap: from and to in milliseconds, and how many durations it has.
pub(super) type Bucket = (f64, f64, f64);

/// Compares our answer to `spec` with the rows of the same question in SQL. Returns the largest
/// error of a percentile, as a share, or what differs.
pub(super) fn compare(
    shape: Shape,
    spec: &Value,
    ours: &Value,
    theirs: &[Vec<Value>],
) -> Result<f64, String> {
    let labels = labels(spec);
    let (ours, theirs) = match shape {
        Shape::Groups => (our_groups(spec, &labels, ours)?, their_rows(&labels, theirs)?),
        Shape::Series => (our_series(spec, &labels, ours)?, their_rows(&labels, theirs)?),
        Shape::Heatmap => (our_heatmap(&labels, ours)?, their_minutes(theirs)?),
    };
    if theirs.is_empty() {
        return Err("nothing was found that could be compared".to_owned());
    }
    if let Some(key) = ours.keys().find(|key| !theirs.contains_key(*key)) {
        return Err(format!("only we have the group {key:?}"));
    }
    let mut worst: f64 = 0.0;
    for (key, theirs) in &theirs {
        let ours = ours.get(key).ok_or_else(|| format!("we do not have the group {key:?}"))?;
        for ((label, ours), theirs) in labels.iter().zip(ours).zip(theirs) {
            let error = (ours - theirs).abs() / theirs.abs().max(f64::MIN_POSITIVE);
            if error.is_nan() || error > error_max(label, *theirs) {
                return Err(format!("{label} of {key:?}: we have {ours}, DuckDB has {theirs}"));
            }
            if is_percentile(label) {
                worst = worst.max(error);
            }
        }
    }
    Ok(worst)
}

/// The minute of the day with the most buckets of a heatmap, and these.
pub(super) fn fullest_minute(ours: &Value, label: &str) -> Option<(u64, Vec<Bucket>)> {
    let series = ours["data"]["series"].as_array()?;
    let minutes = series.iter().filter_map(|entry| {
        let minute = minute_of(entry["time"].as_str()?)?;
        Some((minute, buckets(&entry["data"][label])?))
    });
    minutes.max_by_key(|(_, buckets)| buckets.len())
}

fn is_percentile(label: &str) -> bool {
    label.strip_prefix('P').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn error_max(label: &str, value: f64) -> f64 {
    if is_percentile(label) {
        return PERCENTILE_ERROR_MAX;
    }
    if label.starts_with("COUNT_DISTINCT") && value > DISTINCT_EXACT_MAX {
        return DISTINCT_ERROR_MAX;
    }
    if label.starts_with("COUNT") || label.starts_with("HEATMAP") {
        return 0.0;
    }
    ROUNDING_ERROR_MAX
}

fn our_groups(spec: &Value, labels: &[String], answer: &Value) -> Result<Table, String> {
    let results = answer["data"]["results"].as_array().ok_or("the answer has no results")?;
    let entries = results.iter().map(|entry| our_entry(spec, labels, &entry["data"], None));
    entries.collect::<Option<Table>>().ok_or_else(|| "a result has no value".to_owned())
}

fn our_series(spec: &Value, labels: &[String], answer: &Value) -> Result<Table, String> {
    let series = answer["data"]["series"].as_array().ok_or("the answer has no series")?;
    let mut table = Table::new();
    for entry in series {
        let minute = entry["time"].as_str().and_then(minute_of);
        let minute = minute.ok_or("a time of the series is not RFC 3339")?;
        // A minute in which a group has nothing may be told or left out.
        let Some((key, values)) = our_entry(spec, labels, &entry["data"], Some(minute)) else {
            continue;
        };
        if values.iter().any(|value| *value != 0.0) {
            table.insert(key, values);
        }
    }
    Ok(table)
}

fn our_entry(
    spec: &Value,
    labels: &[String],
    data: &Value,
    minute: Option<u64>,
) -> Option<(Vec<String>, Vec<f64>)> {
    let minute = minute.map(|minute| minute.to_string());
    let keys = groups(spec).into_iter().map(|group| key_of(&data[group]));
    let values: Option<Vec<f64>> = labels.iter().map(|label| data[label].as_f64()).collect();
    Some((minute.into_iter().chain(keys).collect(), values?))
}

fn our_heatmap(labels: &[String], answer: &Value) -> Result<Table, String> {
    let series = answer["data"]["series"].as_array().ok_or("the answer has no series")?;
    let label = labels.first().map_or("", String::as_str);
    let mut table = Table::new();
    for entry in series {
        let minute = entry["time"].as_str().and_then(minute_of);
        let minute = minute.ok_or("a time of the series is not RFC 3339")?;
        let Some(buckets) = buckets(&entry["data"][label]) else { continue };
        let count: f64 = buckets.iter().map(|(_, _, count)| count).sum();
        if count > 0.0 {
            table.insert(vec![minute.to_string()], vec![count]);
        }
    }
    Ok(table)
}

fn buckets(heatmap: &Value) -> Option<Vec<Bucket>> {
    let buckets = heatmap["buckets"].as_array()?.iter();
    buckets
        .map(|bucket| Some((bucket[0].as_f64()?, bucket[1].as_f64()?, bucket[2].as_f64()?)))
        .collect()
}

/// Rows of SQL: as many values at the end as there are labels, keys before.
fn their_rows(labels: &[String], rows: &[Vec<Value>]) -> Result<Table, String> {
    let entry = |row: &Vec<Value>| {
        let (keys, values) = row.split_at_checked(row.len().checked_sub(labels.len())?)?;
        let values: Option<Vec<f64>> = values.iter().map(Value::as_f64).collect();
        Some((keys.iter().map(key_of).collect(), values?))
    };
    let table = rows.iter().map(entry).collect::<Option<Table>>();
    table.ok_or_else(|| "DuckDB gave a row without its values".to_owned())
}

/// Counts of each minute, whatever the bucket.
fn their_minutes(rows: &[Vec<Value>]) -> Result<Table, String> {
    let mut table = Table::new();
    for row in rows {
        let [minute, _, count] = row.as_slice() else {
            return Err("DuckDB gave a row that is not a minute, a bucket and a count".to_owned());
        };
        let count = count.as_f64().ok_or("DuckDB gave a count that is no number")?;
        let total = table.entry(vec![key_of(minute)]).or_insert_with(|| vec![0.0]);
        total[0] += count;
    }
    Ok(table)
}

/// A key as text: numbers by their value, so that 5 and 5.0 are one.
fn key_of(value: &Value) -> String {
    match (value.as_str(), value.as_f64()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(number)) => number.to_string(),
        _ => value.to_string(),
    }
}

/// The minute of the day of an RFC 3339 time.
fn minute_of(time: &str) -> Option<u64> {
    let (_, clock) = time.split_once('T')?;
    let mut parts = clock.split(':');
    let hour: u64 = parts.next()?.parse().ok()?;
    let minute: u64 = parts.next()?.parse().ok()?;
    Some(hour * 60 + minute)
}

#[cfg(test)]
mod tests;
