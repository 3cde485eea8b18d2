//! The answer to a question about groups, in the shape of a Honeycomb query result.

use query::{AggregateAnswer, Calculated, EvenBuckets, Point, Statistics};
use serde_json::{Map, Value, json};

use super::{time, value};
use crate::language::Question;

/// Who reads the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Those of our own interface.
    Ours,
    /// Honeycomb's clients. Its description of results has nothing that is null, and clients made
    /// from it refuse that.
    Honeycombs,
}

/// The results and the series, and what is beside them.
pub fn results(question: &Question, answer: &AggregateAnswer) -> Value {
    data(question, answer, Reader::Ours)
}

/// The same as Honeycomb's own clients read it: nothing is null, and where no event matched there
/// is no result.
pub(crate) fn query_result(question: &Question, answer: &AggregateAnswer) -> Value {
    let mut data = data(question, answer, Reader::Honeycombs);
    if question.breakdowns.is_empty() && answer.statistics.rows_matched == 0 {
        data["results"] = Value::Array(Vec::new());
    }
    data
}

fn data(question: &Question, answer: &AggregateAnswer, reader: Reader) -> Value {
    let put = |data: &mut Map<String, Value>, name: &String, value: Value| {
        if reader == Reader::Ours || !value.is_null() {
            data.insert(name.clone(), value);
        }
    };
    let calculations = |data: &mut Map<String, Value>, values: &[Calculated]| {
        for (name, calculated) in question.calculations.iter().zip(values) {
            put(data, name, calculation(calculated, reader));
        }
    };
    let group = |place: usize, values: &[Calculated]| {
        let mut data = Map::new();
        for (name, key) in question.breakdowns.iter().zip(&answer.groups[place].keys) {
            put(&mut data, name, key.as_ref().map_or(Value::Null, value));
        }
        calculations(&mut data, values);
        data
    };
    let beside = |values: &[Calculated]| {
        let mut data = Map::new();
        calculations(&mut data, values);
        data
    };
    let at = |point: &Point, data| json!({"time": time(point.time), "data": data});
    let results = answer.groups.iter().enumerate();
    let results = results.map(|(place, found)| json!({"data": group(place, &found.values)}));
    let series = answer.series.iter().map(|point| at(point, group(point.group, &point.values)));
    let mut data = Map::new();
    data.insert("results".to_owned(), results.collect());
    data.insert("series".to_owned(), series.collect());
    if let Some(total) = &answer.total {
        data.insert("total_by_aggregate".to_owned(), json!({"data": beside(total)}));
        if question.query.step.is_some() {
            let series = answer.total_series.iter();
            let series = series.map(|point| at(point, beside(&point.values)));
            data.insert("total_by_aggregate_series".to_owned(), series.collect());
        }
    }
    if let Some(rest) = &answer.rest {
        data.insert("other_by_aggregate".to_owned(), json!({"data": beside(rest)}));
    }
    Value::Object(data)
}

/// A heatmap is a list of buckets: the least value, the value that is above all, and the count. To
/// Honeycomb's clients it is text, because its description of results has only texts, numbers and
/// truth values, and clients made from it refuse a result with anything else. The text is JSON with
/// the members that heatmaps have where Honeycomb describes the results of its own queries
/// (honeycombio/agent-skill, "HEATMAP Bucket Structure").
fn calculation(calculated: &Calculated, reader: Reader) -> Value {
    match calculated {
        Calculated::Nothing => Value::Null,
        Calculated::Value(datum) => value(datum),
        Calculated::Heatmap(_, even) if reader == Reader::Honeycombs => {
            let written = |even: &EvenBuckets| {
                let counts = json!({
                    "counts": even.weights,
                    "min_value": even.least,
                    "max_value": even.greatest,
                    "step_size": even.width,
                });
                Value::String(counts.to_string())
            };
            even.as_ref().map_or(Value::Null, written)
        }
        Calculated::Heatmap(buckets, _) => {
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
