//! Tests of drawing traces.

use serde_json::json;

use super::*;

fn trace(parents: &[i64]) -> Value {
    let count = parents.len();
    let places: Vec<usize> = (0..count).collect();
    let names: Vec<String> = places.iter().map(|place| format!("s{place}")).collect();
    json!({
        "trace_id": "ab", "t0": "1700000000000000000",
        "spans": {
            "parent": parents, "name": places, "names": names,
            "svc": vec![0; count], "svcs": ["api"],
            "start": vec![0; count], "dur": vec![1_500; count],
            "status": vec![0; count], "logs": vec![0; count], "errs": vec![0; count],
        },
        "missing": [], "doubled": 0, "unreadable": [],
    })
}

/// Guarantees: children stand below their parent, in order, with lines that connect them.
#[test]
fn trees_are_drawn() {
    let mut trace = trace(&[-1, 0, 1, 0, -1]);
    trace["spans"]["status"][2] = json!(2);
    trace["spans"]["logs"][2] = json!(2);
    trace["spans"]["errs"][2] = json!(1);
    trace["missing"] = json!(["0123456789abcdef"]);
    let expected = "\
trace ab: 5 spans, 1 service, 1 error, 1.5 ms from 2023-11-14T22:13:20Z
s0  api  1.5 ms  at 0 us
├─ s1  api  1.5 ms  at 0 us
│  └─ s2  api  1.5 ms  at 0 us  ERROR  2 logs  1 exception
└─ s3  api  1.5 ms  at 0 us
s4  api  1.5 ms  at 0 us
1 span above spans of this trace did not come
";
    assert_eq!(draw(&trace).unwrap(), expected);
}

/// Guarantees: spans that are their own ancestors, or whose parent is no span, are drawn once each.
#[test]
fn circles_end() {
    let text = draw(&trace(&[1, 0, 2, 99])).unwrap();
    for span in 0..4 {
        assert_eq!(text.matches(&format!("s{span} ")).count(), 1, "{text}");
    }
}

/// Guarantees: a chain of twenty thousand spans is drawn, in lines of bounded width.
#[test]
fn deep_traces_are_drawn() {
    let parents: Vec<i64> = (-1..19_999).collect();
    let text = draw(&trace(&parents)).unwrap();
    assert_eq!(text.lines().count(), 20_001);
    assert!(text.lines().all(|line| line.chars().count() < 200));
}

/// Guarantees: what is not a trace is said to be none.
#[test]
fn other_answers_are_refused() {
    assert!(draw(&json!({"error": "no"})).is_err());
}
