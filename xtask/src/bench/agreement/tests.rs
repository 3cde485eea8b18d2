use serde_json::{Value, json};

use super::super::question::Shape;
use super::{compare, fullest_minute};

fn spec() -> Value {
    json!({
        "calculations": [{"op": "COUNT"}, {"op": "P99", "column": "duration_ms"}],
        "breakdowns": ["service.name"],
    })
}

fn ours(count: u64, p99: f64) -> Value {
    let group = |name: &str, count: u64, p99: f64| {
        let data = json!({"service.name": name, "COUNT": count, "P99(duration_ms)": p99});
        json!({ "data": data })
    };
    json!({"data": {"results": [group("a", count, p99), group("b", 1, 2.0)]}})
}

fn theirs() -> Vec<Vec<Value>> {
    vec![vec![json!("b"), json!(1), json!(2.0)], vec![json!("a"), json!(7), json!(100.0)]]
}

/// Guarantees: equal groups agree in any order, and the error of a percentile is told.
#[test]
fn equal() {
    let error = compare(Shape::Groups, &spec(), &ours(7, 100.5), &theirs()).unwrap();
    assert!((error - 0.005).abs() < 1e-9);
}

/// Guarantees: a count that is off by one, a percentile beyond 1 %, a group too few and a group
/// too many are each noticed.
#[test]
fn different() {
    let wrong = |ours: &Value, theirs: &[Vec<Value>]| {
        compare(Shape::Groups, &spec(), ours, theirs).unwrap_err()
    };
    assert!(wrong(&ours(8, 100.0), &theirs()).contains("COUNT"));
    assert!(wrong(&ours(7, 101.1), &theirs()).contains("P99"));
    assert!(wrong(&ours(7, 100.0), &theirs()[..1]).contains("only we"));
    let mut more = theirs();
    more.push(vec![json!("c"), json!(1), json!(1.0)]);
    assert!(wrong(&ours(7, 100.0), &more).contains("we do not have"));
    assert!(wrong(&json!({"data": {"results": []}}), &[]).contains("nothing"));
}

/// Guarantees: in a series a minute without events may be told or left out, and one with events
/// may not.
#[test]
fn series() {
    let spec = json!({"calculations": [{"op": "COUNT"}], "breakdowns": []});
    let at = |minute: u64, count: u64| {
        let time = format!("2026-11-20T01:{minute:02}:00Z");
        json!({ "time": time, "data": {"COUNT": count} })
    };
    let ours = json!({"data": {"series": [at(5, 3), at(6, 0)]}});
    let theirs = [vec![json!(65), json!(3)]];
    compare(Shape::Series, &spec, &ours, &theirs).unwrap();
    let none = json!({"data": {"series": [at(6, 0)]}});
    assert!(compare(Shape::Series, &spec, &none, &theirs).is_err());
}

/// Guarantees: a heatmap that misses one event in one minute is noticed.
#[test]
fn heatmap() {
    let spec = json!({"calculations": [{"op": "HEATMAP", "column": "duration_ms"}]});
    let of = |count: u64| {
        let buckets = json!({"buckets": [[1.0, 2.0, count], [2.0, 4.0, 1]]});
        let data = json!({"HEATMAP(duration_ms)": buckets});
        json!({"data": {"series": [{"time": "2026-11-20T00:09:00Z", "data": data}]}})
    };
    let theirs = [vec![json!(9), json!(0.0), json!(2)], vec![json!(9), json!(4.0), json!(3)]];
    compare(Shape::Heatmap, &spec, &of(4), &theirs).unwrap();
    assert!(compare(Shape::Heatmap, &spec, &of(3), &theirs).is_err());
    let (minute, buckets) = fullest_minute(&of(4), "HEATMAP(duration_ms)").unwrap();
    assert_eq!((minute, buckets), (9, vec![(1.0, 2.0, 4.0), (2.0, 4.0, 1.0)]));
}
