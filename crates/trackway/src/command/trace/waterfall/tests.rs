//! Tests of drawing traces.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::*;

fn trace(parents: &[i64]) -> Value {
    let count = parents.len();
    let places: Vec<usize> = (0..count).collect();
    let names: Vec<String> = places.iter().map(|place| format!("s{place}")).collect();
    json!({
        "trace_id": "ab", "t0": "1700000000000000000",
        "spans": {
            "parent": parents, "missing_parent": vec![-1; count], "name": places, "names": names,
            "svc": vec![0; count], "svcs": ["api"],
            "start": vec![0; count], "dur": vec![1_500; count],
            "status": vec![0; count], "logs": vec![0; count], "errs": vec![0; count],
        },
        "events": {"span": []}, "logs": {"span": []},
        "missing": [], "doubled": 0, "unreadable": [],
    })
}

fn drawn(trace: &Value, width: usize, most: usize) -> String {
    draw(&Columns::read(trace).unwrap(), Canvas { width, most, paint: Paint::OFF })
}

/// Guarantees: children stand below their parent, in order, with their time, their service, what
/// is to be noticed, and a bar where they were in the time of the trace.
#[test]
fn waterfalls_are_drawn() {
    let mut trace = trace(&[-1, 0, 1, 0]);
    trace["spans"]["svcs"] = json!(["api", "db"]);
    trace["spans"]["svc"] = json!([0, 0, 1, 1]);
    trace["spans"]["start"] = json!([0, 0, 500, 750]);
    trace["spans"]["dur"] = json!([1_000, 500, 1, 250]);
    trace["spans"]["status"][2] = json!(2);
    trace["spans"]["logs"][2] = json!(2);
    trace["spans"]["errs"][2] = json!(1);
    trace["events"]["span"] = json!([2, 2, 0]);
    trace["logs"]["span"] = json!([2, 2]);
    let expected = "\
trace ab: 4 spans, 2 services, 1 error, 2 log lines, 1.0 ms from 2023-11-14T22:13:20Z
                           0                        1.0 ms
s0            api  1.0 ms  ███████████████████████████████  1 event
├ s1          api  500 µs  ████████████████
│ └ s2        db     1 µs                 ▏                 ERROR, 1 exception,…
└ s3          db   250 µs                         ████████
";
    assert_eq!(drawn(&trace, 80, 100), expected);
}

/// Guarantees: spans whose parent did not come stand below a line that says so, and the others
/// do not.
#[test]
fn missing_parents_are_shown() {
    let mut trace = trace(&[-1, -1, -1, 1]);
    trace["spans"]["missing_parent"] = json!([-1, 0, 0, -1]);
    trace["missing"] = json!(["0123456789abcdef"]);
    let text = drawn(&trace, 100, 100);
    let lefts: Vec<&str> =
        text.lines().skip(2).map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(
        lefts,
        [
            "s0",
            "(span 0123456789abcdef did not come)",
            "├ s1",
            "│ └ s3",
            "└ s2",
            "1 span above spans of this trace did not come: 0123456789abcdef",
        ]
    );
}

/// Guarantees: spans that are their own ancestors, or whose parent is no span, are drawn once each.
#[test]
fn circles_end() {
    let text = drawn(&trace(&[1, 0, 2, 99]), 80, 100);
    for span in 0..4 {
        assert_eq!(text.matches(&format!("s{span} ")).count(), 1, "{text}");
    }
}

/// Guarantees: a chain of twenty thousand spans is drawn within the width, or cut with a count.
#[test]
fn deep_traces_are_drawn() {
    let parents: Vec<i64> = (-1..19_999).collect();
    let mut trace = trace(&parents);
    trace["spans"]["status"][15_000] = json!(2);
    let text = drawn(&trace, 80, usize::MAX);
    assert_eq!(text.lines().count(), 20_002);
    assert!(text.lines().skip(1).all(|line| line.width() <= 80));
    assert!(text.contains("(19999) s19999"), "the depth is said");
    let text = drawn(&trace, 80, 50);
    assert_eq!(text.lines().count(), 53);
    assert!(text.ends_with("… 19950 more spans with 1 error: --all draws them\n"), "{text}");
}

/// Guarantees: every width gives lines no wider, with a bar.
#[test]
fn every_width_is_kept() {
    let mut trace = trace(&[-1, 0, 1, 2, 3, 0]);
    trace["spans"]["names"][4] = json!("SELECT a, b, c FROM somewhere WHERE 日本語 = 1 ORDER BY x");
    trace["spans"]["svcs"] = json!(["a-service-with-quite-a-long-name", "db"]);
    trace["spans"]["svc"][4] = json!(1);
    trace["spans"]["status"][4] = json!(2);
    trace["spans"]["logs"][4] = json!(12_345);
    for width in [40, 50, 60, 79, 80, 120, 200] {
        let text = drawn(&trace, width, 100);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert!(lines.iter().all(|line| line.width() <= width), "{width}:\n{text}");
        assert!(lines[1..].iter().all(|line| line.contains('█')), "{width}:\n{text}");
    }
}

/// Guarantees: what failed is red and services differ where there are colours, which change
/// nothing else.
#[test]
fn colours_are_added() {
    let mut trace = trace(&[-1, 0]);
    trace["spans"]["status"][1] = json!(2);
    let columns = Columns::read(&trace).unwrap();
    let canvas = Canvas { width: 80, most: 9, paint: Paint::ON };
    let text = draw(&columns, canvas);
    assert!(text.contains("\u{1b}[31m█") && text.contains("\u{1b}[31mERROR"), "{text}");
    let mut plain = text;
    for code in ["0", "1", "2", "31", "36"] {
        plain = plain.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(plain, drawn(&trace, 80, 9));
}

/// Guarantees: what is not a trace is said to be none, and one of log lines alone is shown.
#[test]
fn other_answers_are_refused() {
    assert!(Columns::read(&json!({"error": "no"})).is_err());
    let mut trace = trace(&[]);
    trace["logs"]["span"] = json!([-1, -1]);
    assert!(drawn(&trace, 80, 9).starts_with("trace ab: 0 spans, api, 0 errors, 2 log lines"));
}
