//! The translation once more, in the plainest way, from prost's messages: rows are looked for one
//! by one, and percentiles by counting values off.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, SummaryDataPoint,
};

use super::rows::{ARRIVAL, Cell, Row};

const SECOND: i64 = 1_000_000_000;

/// Percentiles by the names of their columns.
const PERCENTILES: [(&str, f64); 13] = [
    ("p001", 0.001),
    ("p01", 0.01),
    ("p05", 0.05),
    ("p10", 0.1),
    ("p20", 0.2),
    ("p25", 0.25),
    ("p50", 0.5),
    ("p75", 0.75),
    ("p80", 0.8),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p999", 0.999),
];

/// What a request becomes.
#[derive(Debug, Default)]
pub(crate) struct Translated {
    pub(crate) rows: Vec<Row>,
    pub(crate) refused: u64,
    pub(crate) unrecorded: u64,
}

struct Open {
    shared: Row,
    /// What the point itself says, times included.
    own: Row,
    numbers: Row,
}

/// Translates a request.
pub(crate) fn translate(request: &ExportMetricsServiceRequest) -> Translated {
    let mut found = Translated::default();
    let mut open: Vec<Open> = Vec::new();
    let mut runs: Vec<Row> = Vec::new();
    for resource in &request.resource_metrics {
        for scope in &resource.scope_metrics {
            let of_resource = resource.resource.iter().flat_map(|r| &r.attributes);
            let mut shared = Row::new();
            put_attributes(of_resource, "resource ", &mut shared);
            if let Some(scope) = &scope.scope {
                put_attributes(&scope.attributes, "scope ", &mut shared);
                if !scope.name.is_empty() {
                    shared.insert("<scope_name>".to_owned(), Cell::Text(scope.name.clone()));
                }
            }
            if !runs.contains(&shared) {
                runs.push(shared.clone());
            }
            for metric in &scope.metrics {
                take_metric(&shared, metric, &mut open, &mut found);
            }
        }
    }
    // Rows of one resource and scope are together.
    for shared in runs {
        let (these, others) = open.into_iter().partition(|row| row.shared == shared);
        open = others;
        found.rows.extend(Vec::into_iter(these).map(whole));
    }
    found
}

fn whole(row: Open) -> Row {
    let mut all = Row::new();
    let mut dataset = Cell::Text("none".to_owned());
    for prefix in ["resource ", "scope "] {
        for (name, cell) in &row.shared {
            if let Some(name) = name.strip_prefix(prefix) {
                all.insert(name.to_owned(), cell.clone());
                if (prefix, name) == ("resource ", "service.name")
                    && let Cell::Text(name) = cell
                {
                    dataset = Cell::Text(name.clone());
                }
            }
        }
    }
    all.extend(row.shared.into_iter().filter(|(name, _)| name.starts_with('<')));
    all.extend(row.numbers);
    all.extend(row.own);
    all.insert("<dataset>".to_owned(), dataset);
    all
}

fn take_metric(shared: &Row, metric: &Metric, open: &mut Vec<Open>, found: &mut Translated) {
    let mut take = |time: u64, flags: u32, attributes: &[KeyValue], numbers: Option<Row>| {
        let named = numbers.map(|numbers| {
            let name = |(suffix, cell)| (format!("{}{suffix}", metric.name), cell);
            numbers.into_iter().map(name).collect::<Row>()
        });
        let mut own = Row::new();
        put_attributes(attributes, "", &mut own);
        let is_met = named.iter().flat_map(BTreeMap::keys).any(|name| own.contains_key(name));
        if metric.name.is_empty() {
            found.refused += 1;
            return;
        }
        if flags & 1 == 1 {
            found.unrecorded += 1;
            return;
        }
        let Some(numbers) = named.filter(|_| !is_met) else {
            found.refused += 1;
            return;
        };
        let nanos = i64::try_from(time).ok().filter(|time| *time != 0);
        let nanos = nanos.unwrap_or(ARRIVAL.nanos());
        own.insert("<time>".to_owned(), Cell::Int(nanos / SECOND * SECOND));
        if i64::try_from(time).is_err() {
            own.insert("<original_time>".to_owned(), Cell::Text(time.to_string()));
        }
        let mut same: Vec<&mut Open> =
            open.iter_mut().filter(|row| row.shared == *shared && row.own == own).collect();
        let is_taken = |row: &&mut Open| numbers.keys().any(|name| row.numbers.contains_key(name));
        let behind = same.iter().rposition(is_taken).map_or(0, |place| place + 1);
        match same.get_mut(behind) {
            Some(row) => row.numbers.extend(numbers),
            None => open.push(Open { shared: shared.clone(), own, numbers }),
        }
    };
    match metric.data.iter().next() {
        None => {}
        Some(Data::Gauge(gauge)) => {
            for p in &gauge.data_points {
                take(p.time_unix_nano, p.flags, &p.attributes, number(p));
            }
        }
        Some(Data::Sum(sum)) => {
            for p in &sum.data_points {
                take(p.time_unix_nano, p.flags, &p.attributes, number(p));
            }
        }
        Some(Data::Histogram(histogram)) => {
            for p in &histogram.data_points {
                take(p.time_unix_nano, p.flags, &p.attributes, Some(of_histogram(p)));
            }
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            for p in &histogram.data_points {
                take(p.time_unix_nano, p.flags, &p.attributes, Some(of_exponential(p)));
            }
        }
        Some(Data::Summary(summary)) => {
            for p in &summary.data_points {
                take(p.time_unix_nano, p.flags, &p.attributes, Some(of_summary(p)));
            }
        }
    }
}

fn put_attributes<'a>(
    attributes: impl IntoIterator<Item = &'a KeyValue>,
    prefix: &str,
    row: &mut Row,
) {
    for attribute in attributes.into_iter().filter(|attribute| !attribute.key.is_empty()) {
        let name = format!("{prefix}{}", attribute.key);
        let Some(value) = attribute.value.as_ref().and_then(|value| value.value.as_ref()) else {
            continue;
        };
        let cell = match value {
            Any::StringValue(text) => Cell::Text(text.clone()),
            Any::BoolValue(value) => Cell::Bool(*value),
            Any::IntValue(value) => Cell::Int(*value),
            Any::DoubleValue(value) => Cell::Float(*value),
            Any::KvlistValue(map) => {
                put_attributes(&map.values, &format!("{name}."), row);
                continue;
            }
            other => panic!("{other:?} is not generated"),
        };
        row.insert(name, cell);
    }
}

fn number(point: &NumberDataPoint) -> Option<Row> {
    let cell = match point.value? {
        Number::AsInt(value) => Cell::Int(value),
        Number::AsDouble(value) => Cell::Float(value),
    };
    Some(Row::from([(String::new(), cell)]))
}

fn shared_numbers(count: u64, sum: Option<f64>, min: Option<f64>, max: Option<f64>) -> Row {
    let mut row = Row::from([(".count".to_owned(), Cell::Int(count as i64))]);
    let average = sum.filter(|_| count > 0).map(|sum| sum / count as f64);
    for (name, value) in [(".sum", sum), (".avg", average), (".min", min), (".max", max)] {
        row.extend(value.map(|value| (name.to_owned(), Cell::Float(value))));
    }
    row
}

/// Every value of every bucket, spread evenly: each has a piece of the bucket.
fn put_percentiles(buckets: &[(f64, f64, u64)], point: (Option<f64>, Option<f64>), row: &mut Row) {
    let (min, max) = point;
    let mut pieces = Vec::new();
    for (low, high, count) in buckets {
        let low = min.filter(|min| low < min && min < high).unwrap_or(*low);
        let high = max.filter(|max| low < *max && max < high).unwrap_or(*high);
        let width = (high - low) / *count as f64;
        pieces.extend((0..*count).map(|nth| (low + width * nth as f64, width)));
    }
    for (name, quantile) in PERCENTILES {
        let rank = quantile * pieces.len() as f64;
        let Some((low, width)) = pieces.get((rank.ceil() as usize).max(1) - 1) else { return };
        let mut value = low + width * (rank - (rank.ceil() - 1.0).max(0.0));
        value = min.map_or(value, |min| value.max(min));
        value = max.map_or(value, |max| value.min(max));
        row.insert(format!(".{name}"), Cell::Float(value));
    }
}

fn of_histogram(point: &HistogramDataPoint) -> Row {
    let mut row = shared_numbers(point.count, point.sum, point.min, point.max);
    let (counts, bounds) = (&point.bucket_counts, &point.explicit_bounds);
    let mut buckets = Vec::new();
    for (at, count) in counts.iter().enumerate() {
        let above = bounds.get(at).copied();
        let below = if at == 0 { None } else { Some(bounds[at - 1]) };
        let (low, high) = match (below, above) {
            (Some(low), Some(high)) => (low, high),
            (None, Some(high)) => (point.min.unwrap_or(high.min(0.0)).min(high), high),
            (Some(low), None) => (low, point.max.unwrap_or(low).max(low)),
            (None, None) => match (point.min, point.max) {
                (Some(min), Some(max)) => (min, max),
                _ => return row,
            },
        };
        buckets.push((low, high, *count));
    }
    put_percentiles(&buckets, (point.min, point.max), &mut row);
    row
}

fn of_exponential(point: &ExponentialHistogramDataPoint) -> Row {
    let mut row = shared_numbers(point.count, point.sum, point.min, point.max);
    let base = 2f64.powf(2f64.powi(-point.scale));
    let empty = Buckets::default();
    let list = |buckets: &Option<Buckets>| {
        let buckets = buckets.as_ref().unwrap_or(&empty);
        let counts = buckets.bucket_counts.iter().enumerate();
        let bucket = |(at, count): (usize, &u64)| {
            let index = buckets.offset + at as i32;
            (base.powi(index), base.powi(index + 1), *count)
        };
        counts.map(bucket).collect::<Vec<_>>()
    };
    let (positive, negative) = (list(&point.positive), list(&point.negative));
    let mut buckets: Vec<_> = negative.iter().map(|(low, high, n)| (-high, -low, *n)).collect();
    buckets.reverse();
    let is_some = |buckets: &[(f64, f64, u64)]| buckets.iter().any(|bucket| bucket.2 > 0);
    let zero = match (is_some(&negative), is_some(&positive)) {
        (false, true) => (0.0, point.zero_threshold),
        (true, false) => (-point.zero_threshold, 0.0),
        _ => (-point.zero_threshold, point.zero_threshold),
    };
    buckets.push((zero.0, zero.1, point.zero_count));
    buckets.extend(positive);
    put_percentiles(&buckets, (point.min, point.max), &mut row);
    row
}

fn of_summary(point: &SummaryDataPoint) -> Row {
    let mut row = shared_numbers(point.count, Some(point.sum), None, None);
    for value in point.quantile_values.iter().filter(|value| !value.value.is_nan()) {
        let known = PERCENTILES.iter().find(|(_, quantile)| *quantile == value.quantile);
        let name = match value.quantile {
            0.0 => "min",
            1.0 => "max",
            _ => known.unwrap().0,
        };
        row.insert(format!(".{name}"), Cell::Float(value.value));
    }
    row
}
