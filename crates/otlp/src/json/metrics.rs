//! The messages of metric requests, as JSON has them, and how each is written as protobuf.

use serde::Deserialize;

use super::messages::{KeyValue, List, ResourceItems, Text, write_attributes, write_text};
use super::scalars::{Double, Short, Signed, Unsigned};
use crate::wire::Writer;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetricsRequest<'a> {
    #[serde(borrow, default, alias = "resource_metrics")]
    resource_metrics: List<ResourceItems<'a, Metric<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(default)]
    gauge: Option<Data<NumberPoint<'a>>>,
    #[serde(default)]
    sum: Option<Data<NumberPoint<'a>>>,
    #[serde(default)]
    histogram: Option<Data<HistogramPoint<'a>>>,
    #[serde(default, alias = "exponential_histogram")]
    exponential_histogram: Option<Data<ExponentialPoint<'a>>>,
    #[serde(default)]
    summary: Option<Data<SummaryPoint<'a>>>,
}

/// Gauge, Sum, Histogram, ExponentialHistogram or Summary.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
struct Data<T> {
    #[serde(default, alias = "data_points")]
    data_points: List<T>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NumberPoint<'a> {
    #[serde(borrow, default)]
    attributes: List<KeyValue<'a>>,
    #[serde(default, alias = "time_unix_nano")]
    time_unix_nano: Unsigned,
    #[serde(default, alias = "as_double")]
    as_double: Option<Double>,
    #[serde(default, alias = "as_int")]
    as_int: Option<Signed>,
    #[serde(default)]
    flags: Unsigned,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistogramPoint<'a> {
    #[serde(borrow, default)]
    attributes: List<KeyValue<'a>>,
    #[serde(default, alias = "time_unix_nano")]
    time_unix_nano: Unsigned,
    #[serde(default)]
    count: Unsigned,
    #[serde(default)]
    sum: Option<Double>,
    #[serde(default, alias = "bucket_counts")]
    bucket_counts: List<Unsigned>,
    #[serde(default, alias = "explicit_bounds")]
    explicit_bounds: List<Double>,
    #[serde(default)]
    flags: Unsigned,
    #[serde(default)]
    min: Option<Double>,
    #[serde(default)]
    max: Option<Double>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExponentialPoint<'a> {
    #[serde(borrow, default)]
    attributes: List<KeyValue<'a>>,
    #[serde(default, alias = "time_unix_nano")]
    time_unix_nano: Unsigned,
    #[serde(default)]
    count: Unsigned,
    #[serde(default)]
    sum: Option<Double>,
    #[serde(default)]
    scale: Short,
    #[serde(default, alias = "zero_count")]
    zero_count: Unsigned,
    #[serde(default)]
    positive: Option<Buckets>,
    #[serde(default)]
    negative: Option<Buckets>,
    #[serde(default)]
    flags: Unsigned,
    #[serde(default)]
    min: Option<Double>,
    #[serde(default)]
    max: Option<Double>,
    #[serde(default, alias = "zero_threshold")]
    zero_threshold: Double,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Buckets {
    #[serde(default)]
    offset: Short,
    #[serde(default, alias = "bucket_counts")]
    bucket_counts: List<Unsigned>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SummaryPoint<'a> {
    #[serde(borrow, default)]
    attributes: List<KeyValue<'a>>,
    #[serde(default, alias = "time_unix_nano")]
    time_unix_nano: Unsigned,
    #[serde(default)]
    count: Unsigned,
    #[serde(default)]
    sum: Double,
    #[serde(default, alias = "quantile_values")]
    quantile_values: List<ValueAtQuantile>,
    #[serde(default)]
    flags: Unsigned,
}

#[derive(Debug, Deserialize)]
struct ValueAtQuantile {
    #[serde(default)]
    quantile: Double,
    #[serde(default)]
    value: Double,
}

impl MetricsRequest<'_> {
    pub(super) fn write(&self, writer: &mut Writer) {
        for resource in self.resource_metrics.iter().flatten() {
            writer.message(1, |writer| resource.write(writer, Metric::write));
        }
    }
}

impl Metric<'_> {
    fn write(&self, writer: &mut Writer) {
        write_text(writer, 1, &self.name);
        write_data(writer, 5, &self.gauge, NumberPoint::write);
        write_data(writer, 7, &self.sum, NumberPoint::write);
        write_data(writer, 9, &self.histogram, HistogramPoint::write);
        write_data(writer, 10, &self.exponential_histogram, ExponentialPoint::write);
        write_data(writer, 11, &self.summary, SummaryPoint::write);
    }
}

fn write_data<T>(
    writer: &mut Writer,
    field: u32,
    data: &Option<Data<T>>,
    point: impl Fn(&T, &mut Writer),
) {
    let Some(data) = data else { return };
    writer.message(field, |writer| {
        for one in data.data_points.iter().flatten() {
            writer.message(1, |writer| point(one, writer));
        }
    });
}

fn write_double(writer: &mut Writer, field: u32, value: Option<Double>) {
    if let Some(Double(value)) = value {
        writer.fixed64(field, value.to_bits());
    }
}

impl NumberPoint<'_> {
    fn write(&self, writer: &mut Writer) {
        writer.fixed64(3, self.time_unix_nano.0);
        write_double(writer, 4, self.as_double);
        if let Some(Signed(value)) = self.as_int {
            writer.fixed64(6, value as u64);
        }
        write_attributes(writer, 7, &self.attributes);
        writer.varint(8, self.flags.0);
    }
}

impl HistogramPoint<'_> {
    fn write(&self, writer: &mut Writer) {
        writer.fixed64(3, self.time_unix_nano.0);
        writer.fixed64(4, self.count.0);
        write_double(writer, 5, self.sum);
        for count in self.bucket_counts.iter().flatten() {
            writer.fixed64(6, count.0);
        }
        for bound in self.explicit_bounds.iter().flatten() {
            write_double(writer, 7, Some(*bound));
        }
        write_attributes(writer, 9, &self.attributes);
        writer.varint(10, self.flags.0);
        write_double(writer, 11, self.min);
        write_double(writer, 12, self.max);
    }
}

impl ExponentialPoint<'_> {
    fn write(&self, writer: &mut Writer) {
        write_attributes(writer, 1, &self.attributes);
        writer.fixed64(3, self.time_unix_nano.0);
        writer.fixed64(4, self.count.0);
        write_double(writer, 5, self.sum);
        writer.sint32(6, self.scale.0);
        writer.fixed64(7, self.zero_count.0);
        for (field, buckets) in [(8, &self.positive), (9, &self.negative)] {
            let Some(buckets) = buckets else { continue };
            writer.message(field, |writer| {
                writer.sint32(1, buckets.offset.0);
                for count in buckets.bucket_counts.iter().flatten() {
                    writer.varint(2, count.0);
                }
            });
        }
        writer.varint(10, self.flags.0);
        write_double(writer, 12, self.min);
        write_double(writer, 13, self.max);
        write_double(writer, 14, Some(self.zero_threshold));
    }
}

impl SummaryPoint<'_> {
    fn write(&self, writer: &mut Writer) {
        writer.fixed64(3, self.time_unix_nano.0);
        writer.fixed64(4, self.count.0);
        write_double(writer, 5, Some(self.sum));
        for value in self.quantile_values.iter().flatten() {
            writer.message(6, |writer| {
                write_double(writer, 1, Some(value.quantile));
                write_double(writer, 2, Some(value.value));
            });
        }
        write_attributes(writer, 7, &self.attributes);
        writer.varint(8, self.flags.0);
    }
}
