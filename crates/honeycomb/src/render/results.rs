//! The answer to a question about groups, in the shape of a Honeycomb query result.

use query::{AggregateAnswer, Calculated, Statistics};
use serde_json::{Map, Value, json};

use super::{time, value};
use crate::language::Question;

/// The results and the series.
pub fn results(question: &Question, answer: &AggregateAnswer) -> Value {
    let group = |place: usize, values: &[Calculated]| {
        let mut data = Map::new();
        for (name, key) in question.breakdowns.iter().zip(&answer.groups[place].keys) {
            data.insert(name.clone(), key.as_ref().map_or(Value::Null, value));
        }
        for (name, calculated) in question.calculations.iter().zip(values) {
            data.insert(name.clone(), calculation(calculated));
        }
        data
    };
    let results: Vec<Value> = answer
        .groups
        .iter()
        .enumerate()
        .map(|(place, found)| json!({"data": group(place, &found.values)}))
        .collect();
    let series: Vec<Value> = answer
        .series
        .iter()
        .map(|point| json!({"time": time(point.time), "data": group(point.group, &point.values)}))
        .collect();
    json!({"results": results, "series": series})
}

/// A heatmap is a list of buckets: the least value, the value that is above all, and the count.
fn calculation(calculated: &Calculated) -> Value {
    match calculated {
        Calculated::Nothing => Value::Null,
        Calculated::Value(datum) => value(datum),
        Calculated::Heatmap(buckets) => {
            let buckets: Vec<Value> = buckets
                .iter()
                .map(|bucket| json!([bucket.low, bucket.high, bucket.weight]))
                .collect();
            json!({"buckets": buckets})
        }
    }
}

/// What answering took.
pub fn statistics(statistics: &Statistics) -> Value {
    json!({
        "elapsed_ms": statistics.elapsed.as_secs_f64() * 1e3,
        "way": statistics.way,
        "rows_examined": statistics.rows_examined,
        "rows_matched": statistics.rows_matched,
        "memtable_rows": statistics.memtable_rows,
        "bytes_read": statistics.bytes_read,
        "segments": statistics.segments,
        "segments_read": statistics.segments_read,
        "row_groups": statistics.row_groups,
        "row_groups_read": statistics.row_groups_read,
        "pages": statistics.pages,
        "pages_read": statistics.pages_read,
        "spilled_bytes": statistics.spilled_bytes,
        "spill_files": statistics.spill_files,
        "unreadable": statistics.unreadable,
        "estimate_error": statistics.estimate_error,
    })
}
