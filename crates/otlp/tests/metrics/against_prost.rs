//! Our reader beside the official messages decoded by prost: on requests of every shape, and on
//! bytes damaged at random.

use body::ContentType;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use prost::Message as _;

use super::naive;
use super::rows::{decode_as, rows_of};

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let leaf = prop_oneof![
        "[ab]{0,1}".prop_map(Any::StringValue),
        any::<bool>().prop_map(Any::BoolValue),
        (0..2i64).prop_map(Any::IntValue),
        Just(Any::DoubleValue(0.5)),
    ];
    let leaf = leaf.boxed();
    let entry = ("[xy]", leaf.clone()).prop_map(|(key, value)| key_value(key, Some(value)));
    let map = vec(entry, 0..2).prop_map(|values| Any::KvlistValue(KeyValueList { values }));
    let value = weighted(0.9, prop_oneof![4 => leaf, 1 => map]);
    let key = prop_oneof![
        8 => "[xy]{0,1}",
        1 => Just("m".to_owned()),
        1 => Just("m.p50".to_owned()),
        1 => Just("service.name".to_owned()),
    ];
    vec((key, value).prop_map(|(key, value)| key_value(key, value)), 0..3)
}

fn key_value(key: String, value: Option<Any>) -> KeyValue {
    let value = value.map(|value| AnyValue { value: Some(value) });
    KeyValue { key, value, ..KeyValue::default() }
}

/// One of few moments in one of few seconds, so that points meet; or none, or one beyond the end.
fn time() -> impl Strategy<Value = u64> {
    let usual = (0..3u64, 0..2u64).prop_map(|(second, half)| {
        1_700_000_000_000_000_000 + second * 1_000_000_000 + half * 500_000_000
    });
    prop_oneof![8 => usual, 1 => Just(0), 1 => Just(u64::MAX)]
}

fn flags() -> impl Strategy<Value = u32> {
    prop_oneof![9 => Just(0), 1 => 1..3u32]
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![8 => -1e6..1e6f64, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)]
}

/// The least and the greatest value, in this order, far apart or close.
fn ends() -> impl Strategy<Value = (Option<f64>, Option<f64>)> {
    (of(-8.0..2.0f64), of(2.0..40.0f64))
}

fn number() -> impl Strategy<Value = NumberDataPoint> {
    let value =
        prop_oneof![any::<i64>().prop_map(Number::AsInt), float().prop_map(Number::AsDouble),];
    (time(), flags(), attributes(), weighted(0.95, value), any::<bool>()).prop_map(
        |(time_unix_nano, flags, attributes, value, has_exemplar)| NumberDataPoint {
            attributes,
            start_time_unix_nano: 7,
            time_unix_nano,
            flags,
            value,
            exemplars: vec![Exemplar::default(); usize::from(has_exemplar)],
        },
    )
}

fn histogram() -> impl Strategy<Value = HistogramDataPoint> {
    let bounds = proptest::collection::btree_set(-5..20i32, 0..5);
    let buckets = of(bounds).prop_flat_map(|bounds| {
        let bounds: Option<Vec<_>> = bounds.map(|set| set.into_iter().map(f64::from).collect());
        let count = bounds.as_ref().map_or(0, |bounds| bounds.len() + 1);
        (Just(bounds.unwrap_or_default()), vec(0..5u64, count))
    });
    let head = (time(), flags(), attributes());
    (head, buckets, of(float()), ends()).prop_map(|(head, (bounds, counts), sum, (min, max))| {
        HistogramDataPoint {
            time_unix_nano: head.0,
            flags: head.1,
            attributes: head.2,
            count: counts.iter().sum(),
            sum,
            bucket_counts: counts,
            explicit_bounds: bounds,
            min,
            max,
            ..HistogramDataPoint::default()
        }
    })
}

fn exponential() -> impl Strategy<Value = ExponentialHistogramDataPoint> {
    let buckets = || {
        of((-4..4i32, vec(0..4u64, 0..4))
            .prop_map(|(offset, bucket_counts)| Buckets { offset, bucket_counts }))
    };
    let head = (time(), flags(), attributes());
    let zero = (0..3u64, prop_oneof![Just(0.0), Just(0.01)]);
    (head, -2..4i32, zero, buckets(), buckets(), of(float()), ends()).prop_map(
        |(head, scale, (zero_count, zero_threshold), positive, negative, sum, (min, max))| {
            let sides = [&positive, &negative].into_iter().flatten();
            let count = sides.flat_map(|side| &side.bucket_counts).sum::<u64>() + zero_count;
            ExponentialHistogramDataPoint {
                time_unix_nano: head.0,
                flags: head.1,
                attributes: head.2,
                count,
                sum,
                scale,
                zero_count,
                zero_threshold,
                positive,
                negative,
                min,
                max,
                ..ExponentialHistogramDataPoint::default()
            }
        },
    )
}

fn summary() -> impl Strategy<Value = SummaryDataPoint> {
    let quantiles = proptest::sample::subsequence(vec![0.0, 0.001, 0.05, 0.5, 0.99, 1.0], 0..4);
    let quantiles = quantiles.prop_flat_map(|quantiles| {
        let count = quantiles.len();
        (Just(quantiles), vec(float(), count))
    });
    (time(), flags(), attributes(), 0..9u64, float(), quantiles).prop_map(
        |(time_unix_nano, flags, attributes, count, sum, (quantiles, values))| SummaryDataPoint {
            time_unix_nano,
            flags,
            attributes,
            count,
            sum,
            quantile_values: quantiles
                .into_iter()
                .zip(values)
                .map(|(quantile, value)| ValueAtQuantile { quantile, value })
                .collect(),
            ..SummaryDataPoint::default()
        },
    )
}

fn metric() -> impl Strategy<Value = Metric> {
    let data = prop_oneof![
        vec(number(), 0..4).prop_map(|data_points| Data::Gauge(Gauge { data_points })),
        vec(number(), 0..4).prop_map(|data_points| {
            Data::Sum(Sum { data_points, is_monotonic: true, ..Sum::default() })
        }),
        vec(histogram(), 0..3).prop_map(|data_points| {
            Data::Histogram(Histogram { data_points, ..Histogram::default() })
        }),
        vec(exponential(), 0..3).prop_map(|data_points| {
            let data = ExponentialHistogram { data_points, ..ExponentialHistogram::default() };
            Data::ExponentialHistogram(data)
        }),
        vec(summary(), 0..3).prop_map(|data_points| Data::Summary(Summary { data_points })),
    ];
    const NAMES: [&str; 6] = ["m", "m.count", "m.p50", "m.p050", "n", ""];
    let name = prop_oneof![9 => proptest::sample::select(&NAMES[..5]), 1 => Just(NAMES[5])];
    (name, weighted(0.95, data)).prop_map(|(name, data)| Metric {
        name: name.to_owned(),
        description: "d".to_owned(),
        data,
        ..Metric::default()
    })
}

fn metrics() -> impl Strategy<Value = ExportMetricsServiceRequest> {
    let scope = of(("[ab]{0,1}", attributes()).prop_map(|(name, attributes)| {
        InstrumentationScope { name, attributes, ..InstrumentationScope::default() }
    }));
    let scope_metrics = (scope, vec(metric(), 0..5)).prop_map(|(scope, metrics)| ScopeMetrics {
        scope,
        metrics,
        ..ScopeMetrics::default()
    });
    let resource = (of(attributes()), vec(scope_metrics, 0..3));
    vec(resource, 0..4).prop_map(|resources| {
        let resource_metrics = resources.into_iter().map(|(attributes, scope_metrics)| {
            let resource =
                attributes.map(|attributes| Resource { attributes, ..Resource::default() });
            ResourceMetrics { resource, scope_metrics, ..ResourceMetrics::default() }
        });
        ExportMetricsServiceRequest { resource_metrics: resource_metrics.collect() }
    })
}

/// How many points a request has.
fn points(request: &ExportMetricsServiceRequest) -> usize {
    let resources = request.resource_metrics.iter();
    let scopes = resources.flat_map(|resource| &resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    let count = |metric: &Metric| match &metric.data {
        None => 0,
        Some(Data::Gauge(data)) => data.data_points.len(),
        Some(Data::Sum(data)) => data.data_points.len(),
        Some(Data::Histogram(data)) => data.data_points.len(),
        Some(Data::ExponentialHistogram(data)) => data.data_points.len(),
        Some(Data::Summary(data)) => data.data_points.len(),
    };
    metrics.map(count).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Guarantees: every point of every shape is in the row in which a plain translation of prost's
    /// messages has it, with the same fields, or is refused as there.
    #[test]
    fn points_read_the_same(request in metrics()) {
        let decoded = decode_as(ContentType::Protobuf, request.encode_to_vec()).unwrap();
        let expected = naive::translate(&request);
        prop_assert_eq!(rows_of(&decoded.batch), expected.rows);
        prop_assert_eq!(decoded.rejected(), expected.refused);
        prop_assert_eq!(decoded.unrecorded, expected.unrecorded);
    }

    /// Guarantees: damaged bytes never panic. What prost reads we read; what prost refuses we
    /// refuse, unless all that is wrong is text that is not UTF-8 or a part that is not kept.
    #[test]
    fn damage_is_judged_alike(
        request in metrics(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = request.encode_to_vec();
        if bytes.is_empty() {
            return Ok(());
        }
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let ours = decode_as(ContentType::Protobuf, bytes.clone());
        match ExportMetricsServiceRequest::decode(&bytes[..]) {
            Ok(theirs) => {
                let ours = ours.unwrap();
                let lost = ours.rejected() + ours.unrecorded;
                prop_assert!(ours.batch.rows() + lost as usize <= points(&theirs));
            }
            Err(error) if error.to_string().contains("invalid string value") => {}
            Err(error) => {
                let unread = ["ArrayValue", "KeyValueList", "dropped", "EntityRef", "kvlist",
                    "array", "KeyValue", "string_table", "entity_refs", "Exemplar", "exemplars",
                    "start_time", "description", "unit", "metadata", "temporality", "monotonic",
                    "strindex", "Index"];
                let text = format!("{error:?}");
                if !unread.iter().any(|name| text.contains(name)) {
                    prop_assert!(ours.is_err(), "prost: {}", text);
                }
            }
        }
    }
}
