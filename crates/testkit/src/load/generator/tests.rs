use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;
use std::sync::OnceLock;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::super::encoding::Encoding;
use super::super::instance::{INSTANCES, RESOURCE_ATTRIBUTES};
use super::super::truth::nearest_rank;
use super::*;

/// Spans of a whole hour that is small enough to decode in a test.
const SMALL: u64 = 20_000;
/// Spans of a part of a large hour, on which sizes and distances are measured.
const SAMPLE: u64 = 100_000;

/// A decoded span with what its request says about it.
struct Seen {
    request: usize,
    service: String,
    instance: String,
    span: Span,
}

/// A small hour, generated and decoded by the official messages once for all tests.
fn small_hour() -> &'static (TruthReport, Vec<Seen>) {
    static HOUR: OnceLock<(TruthReport, Vec<Seen>)> = OnceLock::new();
    HOUR.get_or_init(|| {
        let mut generator = Generator::new(Plan::new(7, SMALL));
        let mut seen = Vec::new();
        for (number, request) in generator.by_ref().enumerate() {
            let before = seen.len();
            decode(number, &request, &mut seen);
            assert_eq!(seen.len() - before, request.spans as usize, "request {number}");
        }
        (generator.truth(), seen)
    })
}

fn decode(number: usize, request: &Request, seen: &mut Vec<Seen>) {
    let message = ExportTraceServiceRequest::decode(request.body.as_slice()).unwrap();
    assert_eq!(message.resource_spans.len(), 1);
    for resource_spans in message.resource_spans {
        let resource = resource_spans.resource.unwrap();
        assert_eq!(resource.attributes.len(), RESOURCE_ATTRIBUTES);
        let service = text(&resource.attributes, "service.name").unwrap();
        let instance = text(&resource.attributes, "service.instance.id").unwrap();
        for scope_spans in resource_spans.scope_spans {
            assert!(!scope_spans.scope.unwrap().name.is_empty());
            seen.extend(scope_spans.spans.into_iter().map(|span| Seen {
                request: number,
                service: service.clone(),
                instance: instance.clone(),
                span,
            }));
        }
    }
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    let AnyValue { value } = found.value.as_ref()?;
    value.as_ref()
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    match value(attributes, key)? {
        Value::StringValue(text) => Some(text.clone()),
        other => panic!("{key} is {other:?}"),
    }
}

fn int(attributes: &[KeyValue], key: &str) -> Option<i64> {
    match value(attributes, key)? {
        Value::IntValue(number) => Some(*number),
        other => panic!("{key} is {other:?}"),
    }
}

/// Spans of each key.
fn counted<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// Bytes a span, plain and gzipped, of a part of an hour of `spans`.
fn measured_bytes(spans: u64) -> (f64, f64) {
    let plan = Plan::new(1, spans);
    // The first requests hold what gathered in less than a full period.
    let settled = plan.start.saturating_add(plan.flush_ns);
    let (mut seen, mut plain, mut sampled, mut gzipped) = (0, 0, 0, 0);
    let requests = Generator::new(plan).skip_while(|request| request.sent < settled);
    for (number, request) in requests.enumerate() {
        seen += u64::from(request.spans);
        plain += request.body.len() as u64;
        // Compressing is slow: one in eleven, which meets every instance.
        if number % 11 == 0 {
            sampled += u64::from(request.spans);
            gzipped += Encoding::Gzip.encode(request.body).len() as u64;
        }
        if seen >= SAMPLE {
            break;
        }
    }
    (plain as f64 / seen as f64, gzipped as f64 / sampled as f64)
}

/// Guarantees: the load has the agreed size, plain and gzipped, at a million spans.
#[test]
fn bytes_a_span_of_a_million() {
    let (plain, gzipped) = measured_bytes(1_000_000);
    assert!((484.0..=504.0).contains(&plain), "{plain}");
    assert!((74.0..=82.0).contains(&gzipped), "{gzipped}");
}

/// Guarantees: the load has the agreed size, plain and gzipped, at ten million spans.
#[test]
fn bytes_a_span_of_ten_million() {
    let (plain, gzipped) = measured_bytes(10_000_000);
    assert!((484.0..=504.0).contains(&plain), "{plain}");
    assert!((74.0..=82.0).contains(&gzipped), "{gzipped}");
}

/// Guarantees: a seed decides every byte, and another seed gives others.
#[test]
fn same_seed_same_bytes() {
    let hash = |seed| {
        let mut hasher = std::hash::DefaultHasher::new();
        let mut spans = 0;
        for request in Generator::new(Plan::new(seed, SMALL)) {
            hasher.write(&request.body);
            spans += u64::from(request.spans);
        }
        assert_eq!(spans, SMALL);
        hasher.finish()
    };
    let first = hash(7);
    assert_eq!(first, hash(7));
    assert_ne!(first, hash(8));
}

/// Guarantees: exactly the spans asked for come, in full or smaller requests, in order of sending.
#[test]
fn exact_counts() {
    for spans in [1, 5, 6, 61, 63, 67, 68, 1_000, 3_333] {
        let mut generator = Generator::new(Plan::new(3, spans));
        let (mut sum, mut last) = (0, DEFAULT_START);
        for request in generator.by_ref() {
            assert!((1..=super::super::REQUEST_SPANS_MAX).contains(&request.spans));
            assert!(last <= request.sent);
            (sum, last) = (sum + u64::from(request.spans), request.sent);
        }
        assert_eq!(sum, spans);
        assert_eq!(generator.truth().spans, spans);
    }
}

/// Guarantees: every parent is a span of the same trace, and every trace has one root.
#[test]
fn parents_exist() {
    let (_, seen) = small_hour();
    let ids: BTreeMap<_, _> =
        seen.iter().map(|seen| (&seen.span.span_id, &seen.span.trace_id)).collect();
    assert_eq!(ids.len(), seen.len(), "span ids are unique");
    let mut roots = BTreeSet::new();
    for Seen { span, .. } in seen {
        assert_eq!((span.trace_id.len(), span.span_id.len()), (16, 8));
        if span.parent_span_id.is_empty() {
            assert!(roots.insert(&span.trace_id));
        } else {
            assert_eq!(ids.get(&span.parent_span_id), Some(&&span.trace_id));
        }
    }
    let traces: BTreeSet<_> = seen.iter().map(|seen| &seen.span.trace_id).collect();
    assert_eq!(roots, traces);
}

/// Guarantees: all spans lie in the hour, and children within the parents that wait for them.
#[test]
fn times_are_consistent() {
    let (_, seen) = small_hour();
    let spans: BTreeMap<_, _> = seen.iter().map(|seen| (&seen.span.span_id, &seen.span)).collect();
    let start = DEFAULT_START.nanos() as u64;
    let consumer = 5;
    for Seen { span, .. } in seen {
        assert!(start <= span.start_time_unix_nano);
        assert!(span.start_time_unix_nano < span.end_time_unix_nano);
        assert!(span.end_time_unix_nano <= start + NANOS_PER_HOUR as u64);
        let Some(parent) = spans.get(&span.parent_span_id) else {
            continue;
        };
        if span.kind == consumer {
            assert!(parent.end_time_unix_nano <= span.start_time_unix_nano);
            continue;
        }
        assert!(parent.start_time_unix_nano <= span.start_time_unix_nano);
        assert!(span.end_time_unix_nano <= parent.end_time_unix_nano);
    }
}

/// Guarantees: parents arrive with their children as often as agreed: a compact form of parent
/// references is measured on it.
#[test]
fn parents_arrive_near() {
    /// Only what is needed of a `Span` message.
    #[derive(Clone, PartialEq, Message)]
    struct Ids {
        #[prost(bytes = "vec", tag = "2")]
        id: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        parent: Vec<u8>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct ScopeSpans {
        #[prost(message, repeated, tag = "2")]
        spans: Vec<Ids>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct ResourceSpans {
        #[prost(message, repeated, tag = "2")]
        scopes: Vec<ScopeSpans>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Export {
        #[prost(message, repeated, tag = "1")]
        resources: Vec<ResourceSpans>,
    }
    const GROUP: f64 = 131_072.0;
    /// Parents arrive at most this many spans after their children: two periods.
    const LATE: usize = 2 * 14_000;
    let (mut places, mut edges) = (BTreeMap::new(), Vec::new());
    for request in Generator::new(Plan::new(1, 10_000_000)) {
        let export = Export::decode(request.body.as_slice()).unwrap();
        let scopes = export.resources.into_iter().flat_map(|resource| resource.scopes);
        for span in scopes.flat_map(|scope| scope.spans) {
            let place = places.len();
            places.insert(span.id, place);
            edges.push((span.parent, place));
        }
        if places.len() as u64 >= SAMPLE {
            break;
        }
    }
    let settled = edges.iter().filter(|&&(_, child)| child < places.len() - LATE);
    let children = settled.filter(|(parent, _)| !parent.is_empty());
    let distances: Vec<_> =
        children.map(|(parent, child)| places[parent].abs_diff(*child) as f64).collect();
    // Two spans that lie a distance apart are parted by the border of a group with these odds.
    let parted: f64 = distances.iter().map(|distance| distance / GROUP).sum();
    let share = 1.0 - parted / distances.len() as f64;
    assert!((0.987..0.991).contains(&share), "{share}");
}

/// Guarantees: traces, spans and attributes have the agreed shape.
#[test]
fn shape_of_the_workload() {
    let (truth, seen) = small_hour();
    let attributes = truth.attributes as f64 / SMALL as f64;
    assert!((12.0..=12.6).contains(&attributes), "{attributes}");
    let decoded: usize = seen.iter().map(|seen| seen.span.attributes.len()).sum();
    assert_eq!(decoded as u64, truth.attributes);

    for Seen { span, .. } in seen {
        let keys: BTreeSet<_> = span.attributes.iter().map(|attribute| &attribute.key).collect();
        assert_eq!(keys.len(), span.attributes.len(), "{span:?}");
    }

    let mut sizes: Vec<u64> =
        counted(seen.iter().map(|seen| &seen.span.trace_id)).into_values().collect();
    sizes.sort_unstable();
    assert!((19..=21).contains(&nearest_rank(&sizes, 0.5)), "{sizes:?}");
    assert!(sizes[0] >= 6 && sizes[sizes.len() - 1] <= 62, "{sizes:?}");

    let instances: BTreeSet<_> = seen.iter().map(|seen| &seen.instance).collect();
    assert_eq!(instances.len(), INSTANCES);
    let requests = counted(seen.iter().map(|seen| (seen.request, &seen.instance)));
    assert_eq!(requests.len(), seen[seen.len() - 1].request + 1, "one instance a request");
    let kinds = counted(seen.iter().map(|seen| seen.span.kind));
    assert_eq!(kinds.into_keys().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let errors = truth.errors as f64 / SMALL as f64;
    assert!((0.02..0.04).contains(&errors), "{errors}");
}

/// Guarantees: the truth is what the spans hold, counted again by the official messages.
#[test]
fn truth_is_true() {
    let (truth, seen) = small_hour();
    let of = |key| move |seen: &Seen| text(&seen.span.attributes, key);
    assert_eq!(truth.spans, seen.len() as u64);
    let by_service = counted(seen.iter().map(|seen| seen.service.clone()));
    let failed = seen.iter().filter(|seen| {
        int(&seen.span.attributes, "http.response.status_code").is_some_and(|status| status >= 500)
    });
    let failed = counted(failed.map(|seen| seen.service.clone()));
    for (name, report) in &truth.services {
        assert_eq!(by_service.get(name), Some(&report.spans));
        assert_eq!(failed.get(name).copied().unwrap_or(0), report.status_500_or_more);
    }
    assert_eq!(by_service.len(), truth.services.len());

    let mut users: Vec<(String, u64)> =
        counted(seen.iter().filter_map(of("user.id"))).into_iter().collect();
    assert_eq!(users.len() as u64, truth.users.distinct);
    users.sort_by_key(|(user, spans)| (Reverse(*spans), user.clone()));
    let top = truth.users.top.iter().map(|top| (top.user.clone(), top.spans));
    assert_eq!(top.collect::<Vec<_>>(), users[..100]);

    let traces = counted(
        seen.iter()
            .map(|seen| model::TraceId::from_slice(&seen.span.trace_id).unwrap().to_string()),
    );
    assert_eq!(traces.len() as u64, truth.traces);
    for sample in &truth.sample_traces {
        assert_eq!(traces.get(&sample.trace_id), Some(&sample.spans));
    }
    let minute = |seen: &Seen| {
        (seen.span.start_time_unix_nano - DEFAULT_START.nanos() as u64) / 60_000_000_000
    };
    let minutes = counted(seen.iter().map(minute));
    for (minute, &spans) in (0..).zip(&truth.minutes) {
        assert_eq!(minutes.get(&minute).copied().unwrap_or(0), spans);
    }
    let errors = seen.iter().filter(|seen| seen.span.status.is_some());
    assert_eq!(errors.count() as u64, truth.errors);
}

/// Guarantees: percentiles by route are exact, and every route is there.
#[test]
fn routes_are_exact() {
    let (truth, seen) = small_hour();
    let mut durations: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for Seen { span, .. } in seen {
        if let Some(route) = text(&span.attributes, "http.route") {
            let duration = span.end_time_unix_nano - span.start_time_unix_nano;
            durations.entry(route).or_default().push(duration);
        }
    }
    assert_eq!(durations.len(), truth.routes.len());
    for (route, mut all) in durations {
        all.sort_unstable();
        let report = &truth.routes[&route];
        let at = |share: f64| all[(share * all.len() as f64).ceil() as usize - 1];
        assert_eq!((at(0.5), at(0.99)), (report.p50_ns, report.p99_ns), "{route}");
        assert_eq!(all.iter().sum::<u64>(), report.sum_ns, "{route}");
        assert_eq!(all.len() as u64, report.spans, "{route}");
    }
}

/// Guarantees: errors carry a message, and exceptions a type and a trace of several lines.
#[test]
fn errors_tell_what_happened() {
    let (truth, seen) = small_hour();
    let mut exceptions = 0;
    for Seen { span, .. } in seen {
        for event in &span.events {
            exceptions += 1;
            assert_eq!(event.name, "exception");
            let message = text(&event.attributes, "exception.message").unwrap();
            assert_eq!(span.status.as_ref().unwrap().message, message);
            let stack = text(&event.attributes, "exception.stacktrace").unwrap();
            assert!(stack.lines().count() > 5 && stack.contains(&message), "{stack}");
            assert!(text(&event.attributes, "exception.type").is_some());
        }
        if let Some(status) = &span.status {
            assert_eq!(status.code, 2);
            assert!(!status.message.is_empty());
            assert!(text(&span.attributes, "error.type").is_some());
        }
    }
    assert_eq!(exceptions, truth.exceptions);
}

/// Guarantees: the incident is found where the truth says, and nowhere else.
#[test]
fn incident_is_planted() {
    let mut generator = Generator::new(Plan::new(2, 100_000));
    let mut seen = Vec::new();
    for (number, request) in generator.by_ref().enumerate() {
        // The incident's service is known by its name in the resource; others need no decoding.
        if request.body.windows(7).take(64).any(|bytes| bytes == b"payment") {
            decode(number, &request, &mut seen);
        }
    }
    let incident = generator.truth().incident;
    let from = |seen: &Seen, instance: bool| {
        let on_route = text(&seen.span.attributes, "http.route") == Some(incident.route.clone());
        on_route && (seen.instance == incident.instance) == instance
    };
    let slow =
        |seen: &&Seen| seen.span.end_time_unix_nano - seen.span.start_time_unix_nano > 150_000_000;
    let there = seen.iter().filter(|seen| from(seen, true)).filter(slow).count();
    let elsewhere = seen.iter().filter(|seen| from(seen, false)).filter(slow).count();
    assert!(incident.spans >= 10 && incident.errors >= 3, "{incident:?}");
    assert!(there as u64 * 10 >= incident.spans * 9, "{there} of {incident:?}");
    assert!(elsewhere * 5 < there, "{elsewhere} beside {there}");
}
