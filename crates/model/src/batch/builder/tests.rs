use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn head(nanos: i64) -> RowHead<'static> {
    RowHead {
        time: Timestamp::from_nanos(nanos),
        kind: RowKind::Span,
        trace_id: TraceId::new([1; 16]),
        span_id: SpanId::new([2; 8]),
        parent_id: SpanId::NONE,
        name: "n",
        span_kind: SpanKind::Server,
        status: 0,
        duration: 1,
        sample_rate: 1,
    }
}

fn builder() -> BatchBuilder {
    BatchBuilder::new(Signal::Spans, Bytes::new(), 7)
}

fn attributes(batch: &Batch, row: usize) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in batch.row(row).attributes() {
        let old = found.insert(name.to_owned(), format!("{value:?}"));
        assert_eq!(old, None, "one value a name: {name}");
    }
    found
}

/// Guarantees: a run's value holds for its rows only, and a row's own value hides it, also when the
/// two differ in type.
#[test]
fn runs_and_their_exceptions() {
    let mut builder = builder();
    builder.start_run("a");
    builder.run_attribute("x", Value::Int(1));
    builder.run_attribute("x", Value::Text("scope"));
    for row in 0..4 {
        builder.start_row(&head(row));
        if row == 1 {
            builder.attribute("x", Value::Int(9));
        }
        if row == 2 {
            builder.attribute("x", Value::Text("own"));
        }
    }
    builder.end_run();
    builder.start_run("b");
    builder.start_row(&head(5));
    builder.end_run();
    let batch = builder.finish();
    let values: Vec<_> = (0..5).map(|row| attributes(&batch, row).remove("x")).collect();
    let text = |value: &str| Some(format!("Text({value:?})"));
    assert_eq!(values, [text("scope"), Some("Int(9)".into()), text("own"), text("scope"), None]);
    assert_eq!(batch.datasets().len(), 2);
    assert_eq!(batch.datasets()[0].rows, 0..4);
}

/// Guarantees: a refused row leaves nothing behind, and the row numbers are used again.
#[test]
fn roll_back() {
    let mut builder = builder();
    builder.start_run("a");
    builder.run_attribute("x", Value::Int(1));
    builder.start_row(&head(1));
    builder.attribute("y", Value::Int(1));
    let mark = builder.mark();
    builder.start_row(&head(2));
    builder.attribute("x", Value::Text("refused"));
    builder.attribute("z", Value::Int(2));
    builder.roll_back(mark);
    builder.start_row(&head(3));
    assert!(!builder.row_has("z") && builder.row_has("x"));
    builder.attribute("y", Value::Int(3));
    builder.end_run();
    let batch = builder.finish();
    assert_eq!(batch.rows(), 2);
    let second = attributes(&batch, 1);
    assert_eq!(second.len(), 2);
    assert_eq!((second["x"].as_str(), second["y"].as_str()), ("Int(1)", "Int(3)"));
    assert!(batch.columns().iter().all(|column| batch.column_name(column) != "z"));
}

/// Guarantees: text of the body is not copied unless most of the body would be kept for nothing.
#[test]
fn text_points_into_the_body() {
    let body = Bytes::from(vec![b'v'; 1_000]);
    let value = |range: std::ops::Range<usize>| std::str::from_utf8(&body[range]).unwrap();
    for (used, keeps_body) in [(900, true), (20, false)] {
        let mut builder = BatchBuilder::new(Signal::Logs, body.clone(), 7);
        builder.start_run("a");
        builder.start_row(&head(1));
        builder.attribute("x", Value::Text(value(10..10 + used)));
        builder.end_run();
        let batch = builder.finish();
        assert_eq!(batch.bytes() >= 1_000, keeps_body);
        assert_eq!(attributes(&batch, 0)["x"].len(), used + "Text(\"\")".len());
    }
}

/// Guarantees: hours are counted in any order of times, also before the epoch.
#[test]
fn hours() {
    let hour = crate::NANOS_PER_HOUR;
    let times = [0, hour, -1, hour - 1, 5 * hour].map(Timestamp::from_nanos);
    let found: Vec<_> = hours_of(&times).iter().map(|h| (h.hour.count(), h.rows)).collect();
    assert_eq!(found, [(-1, 1), (0, 2), (1, 1), (5, 1)]);
}

#[derive(Clone, Debug)]
enum Given {
    Run(Vec<(u8, u8)>),
    Row(Vec<(u8, u8)>),
    Refused(Vec<(u8, u8)>),
}

fn given() -> impl Strategy<Value = Given> {
    let pairs = proptest::collection::vec((0u8..5, 0u8..12), 0..6);
    (0..8u8, pairs).prop_map(|(pick, pairs)| match pick {
        0 | 1 => Given::Run(pairs),
        2 => Given::Refused(pairs),
        _ => Given::Row(pairs),
    })
}

fn value(n: u8) -> Value<'static> {
    match n % 4 {
        0 => Value::Text(["a", "b", "c"][usize::from(n) / 4]),
        1 => Value::Int(i64::from(n)),
        2 => Value::Float(f64::from(n)),
        _ => Value::Bool(n > 6),
    }
}

fn apply(row: &mut BTreeMap<String, String>, pairs: &[(u8, u8)]) {
    for (name, n) in pairs {
        row.insert(format!("k{name}"), format!("{:?}", value(*n)));
    }
}

proptest! {
    /// Guarantees: whatever comes in runs and rows, each row reads as a map in which later values
    /// replace earlier ones and its own values replace its run's.
    #[test]
    fn reads_like_maps(given in proptest::collection::vec(given(), 0..40)) {
        let mut builder = builder();
        let mut expected: Vec<BTreeMap<String, String>> = Vec::new();
        let mut run = BTreeMap::new();
        builder.start_run("d");
        for step in &given {
            match step {
                Given::Run(pairs) => {
                    builder.end_run();
                    builder.start_run("d");
                    run.clear();
                    for (name, n) in pairs {
                        builder.run_attribute(&format!("k{name}"), value(*n));
                    }
                    apply(&mut run, pairs);
                }
                Given::Row(pairs) | Given::Refused(pairs) => {
                    let mark = builder.mark();
                    builder.start_row(&head(0));
                    for (name, n) in pairs {
                        builder.attribute(&format!("k{name}"), value(*n));
                    }
                    if matches!(step, Given::Refused(_)) {
                        builder.roll_back(mark);
                    } else {
                        let mut row = run.clone();
                        apply(&mut row, pairs);
                        expected.push(row);
                    }
                }
            }
        }
        builder.end_run();
        let batch = builder.finish();
        prop_assert_eq!(batch.rows(), expected.len());
        for (row, expected) in expected.iter().enumerate() {
            prop_assert_eq!(&attributes(&batch, row), expected);
        }
    }
}
