use serde_json::json;

use super::*;

fn asked() -> Asked {
    Asked {
        environment: EnvironmentId::DEFAULT,
        datasets: None,
        now: Timestamp::from_nanos(1_700_000_000_500_000_000),
    }
}

fn question(specification: Value) -> Question {
    read_question(&specification, &asked(), false).unwrap()
}

fn refusal(specification: Value) -> String {
    read_question(&specification, &asked(), false).unwrap_err().to_string()
}

/// Guarantees: an empty query counts the events of the last two hours, this second included.
#[test]
fn silence() {
    let question = question(json!({}));
    assert_eq!(question.calculations, ["COUNT"]);
    let scope = question.query.scope;
    assert_eq!(scope.end.nanos(), 1_700_000_001 * 1_000_000_000);
    assert_eq!(scope.end.nanos() - scope.start.nanos(), 7_200 * 1_000_000_000);
    assert_eq!((question.query.limit, question.query.step), (1_000, Some(Duration::from_secs(60))));
}

/// Guarantees: the parts of a query arrive where they belong.
#[test]
fn whole() {
    let question = question(json!({
        "calculations": [{"op": "COUNT"}, {"op": "P99", "column": "duration_ms"}],
        "breakdowns": ["name", "app.user_id"],
        "filters": [
            {"column": "name", "op": "starts-with", "value": 5.0},
            {"column": "error", "op": "does-not-exist"},
            {"column": "status_code", "op": "in", "value": [0, 1.5, "2", true]}
        ],
        "filter_combination": "OR",
        "orders": [
            {"op": "P99", "column": "duration_ms", "order": "descending"}, {"column": "name"}
        ],
        "havings": [{"calculate_op": "MAX", "column": "duration_ms", "op": "!=", "value": 3}],
        "limit": 7, "start_time": 1_000, "time_range": 100, "granularity": 10
    }));
    assert_eq!(question.calculations, ["COUNT", "P99(duration_ms)"]);
    assert_eq!(question.breakdowns, ["name", "app.user_id"]);
    let query = question.query;
    let Some(query::Filter::Any(filters)) = query.scope.filter else { panic!("OR is any") };
    let query::Filter::Is(first) = &filters[0] else { panic!("a condition") };
    assert_eq!(first.test, query::Test::StartsWith("5".to_owned()));
    let query::Filter::Is(second) = &filters[1] else { panic!("a condition") };
    assert!(second.negated && second.test == query::Test::Exists);
    assert!(query.orders[0].descending && !query.orders[1].descending);
    assert_eq!(query.orders[1].by, query::OrderBy::Group(0));
    assert!(query.havings[0].negated);
    assert_eq!(query.scope.end.nanos(), 1_100 * 1_000_000_000);
    assert_eq!((query.limit, query.step), (7, Some(Duration::from_secs(10))));
}

/// Guarantees: what is wrong is named with its place, its value and what was expected.
#[test]
fn refusals() {
    let cases = [
        (json!([]), "query: [] where this is expected: an object"),
        (json!({"limit": 1001}), "query.limit: 1001 where this is expected: a whole number from 1"),
        (
            json!({"filters": [{"column": "a", "op": "~", "value": 1}]}),
            "query.filters[0].op: \"~\"",
        ),
        (json!({"filters": [{"op": "=", "value": 1}]}), "query.filters[0].column is missing"),
        (json!({"filters": [{"column": "a", "op": "="}]}), "query.filters[0].value is missing"),
        (json!({"filters": [{"column": "a", "op": "exists", "value": 1}]}), "no value beside"),
        (json!({"filters": [{"column": "root.a", "op": "exists"}]}), "\"root.a\""),
        (json!({"calculations": [{"op": "SUM"}]}), "query.calculations[0].column is missing"),
        (json!({"calculations": [{"op": "RATE_AVG", "column": "a"}]}), "RATE_AVG is not supported"),
        (json!({"calculations": [{"op": "COUNT", "name": "a"}]}), "name of a calculation"),
        (json!({"formulas": [1]}), "query.formulas: formulas is not supported yet"),
        (json!({"limits": 1}), "query.limits is not a member"),
        (json!({"orders": [{"op": "COUNT", "column": "a"}]}), "query.orders[0]: "),
        (json!({"orders": [{"column": "a"}]}), "query.orders[0].column: \"a\""),
        (
            json!({"havings": [{"calculate_op": "HEATMAP", "column": "a", "op": ">", "value": 1}]}),
            "query.havings[0].calculate_op: \"HEATMAP\"",
        ),
        (json!({"start_time": 5, "end_time": 5}), "query.start_time: 5 where"),
        (json!({"start_time": 1, "end_time": 2, "time_range": 1}), "at most two"),
        (json!({"granularity": 1}), "query.granularity: 1 where"),
        (json!({"breakdowns": ["a", "a"]}), "query.breakdowns[1]: \"a\""),
    ];
    for (specification, expected) in cases {
        let text = refusal(specification.clone());
        assert!(text.contains(expected), "{specification}: {text}");
        // Clients are told the member by itself, too.
        let place = place_of(&text);
        assert!(text.starts_with(&format!("query.{place}")) || place == "query", "{text}: {place}");
    }
    assert_eq!(place_of("query.filters[0].op: 1 where"), "filters[0].op");
    assert_eq!(place_of("query.filters[0].op is missing; this"), "filters[0].op");
    assert_eq!(place_of("query: [] where"), "query");
}

/// Guarantees: members that other services send and that say nothing are no reason to refuse.
#[test]
fn nothing_said() {
    question(json!({
        "formulas": [], "calculated_fields": [], "compare_time_offset_seconds": 0,
        "granularity": 0, "time_range": 0, "filters": [], "orders": null
    }));
}

/// Guarantees: a page goes on in the range of the first one, whatever the time is by then.
#[test]
fn pages() {
    let first = read_rows(&json!({"time_range": 60}), &asked(), None).unwrap();
    assert_eq!(first.limit, 100);
    let cursor = query::Cursor { time: Timestamp::from_nanos(-5), tie: u64::MAX, listed: 3 };
    let next = write_cursor(&first.scope, &cursor);
    let later = Asked { now: Timestamp::from_nanos(1_800_000_000_000_000_000), ..asked() };
    let second = read_rows(&json!({"time_range": 60}), &later, Some(&next)).unwrap();
    assert_eq!((second.after, second.scope), (Some(cursor), first.scope));
    assert!(read_rows(&json!({}), &asked(), Some("5.x")).is_err());
    assert!(read_rows(&json!({"breakdowns": ["a"]}), &asked(), None).is_err());
}
