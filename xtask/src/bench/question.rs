//! The aggregates that are measured, each in Honeycomb's words and in SQL over our own files.
//!
//! The first four have targets of their own. The others are there because a store can be fast at
//! four questions and slow at the fifth: filters that hit little and much, series, many groups, a
//! text without a dictionary, groups that are nearly as many as the rows.

use serde_json::Value;

use super::hour::Range;

/// The table that the SQL asks.
pub(super) const TABLE: &str = "spans";

/// What a question is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Groups and their values. SQL: the groups' keys, then the values.
    Groups,
    /// The same for each minute. SQL: the minute of the day first.
    Series,
    /// A distribution for each minute. SQL: the minute of the day, a bucket, a count.
    Heatmap,
}

/// A question that is asked in two languages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) name: &'static str,
    /// Milliseconds over HTTP: must and stretch.
    pub(super) target: Option<(f64, f64)>,
    pub(super) shape: Shape,
    spec: &'static str,
    sql: &'static str,
}

impl Question {
    /// The query without its times.
    pub(super) fn spec(&self) -> Value {
        serde_json::from_str(self.spec).expect("the specs in this file are JSON")
    }

    /// The SQL for a range.
    pub(super) fn sql(&self, range: Range) -> String {
        let sql = self.sql.replace("{table}", TABLE).replace("{minute}", MINUTE);
        sql.replace("{range}", &within(range))
    }
}

/// The minute of the day of an event, in SQL.
const MINUTE: &str = "((epoch_ns(time) // 60000000000) % 1440)";

/// The condition that an event lies in a range, in SQL that the files' statistics can answer.
fn within(range: Range) -> String {
    let moment = |seconds: u64| format!("to_timestamp({seconds})::TIMESTAMPTZ_NS");
    format!("time >= {} AND time < {}", moment(range.from), moment(range.to))
}

/// Every question, those with targets first.
pub(super) const QUESTIONS: [Question; 15] = [
    Question {
        name: "count by service",
        target: Some((3.0, 1.0)),
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "COUNT"}], "breakdowns": ["service.name"],
            "limit": 1000}"#,
        sql: r#"SELECT "service.name", count(*) FROM {table} WHERE {range} GROUP BY 1"#,
    },
    Question {
        name: "p99 by route",
        target: Some((15.0, 6.0)),
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "P99", "column": "duration_ms"}],
            "breakdowns": ["http.route"], "limit": 1000,
            "filters": [{"column": "http.route", "op": "exists"}]}"#,
        sql: r#"SELECT "http.route", quantile_disc(duration, 0.99) / 1e6 FROM {table}
            WHERE {range} AND "http.route" IS NOT NULL GROUP BY 1"#,
    },
    Question {
        name: "heatmap of durations",
        target: Some((20.0, 8.0)),
        shape: Shape::Heatmap,
        spec: r#"{"calculations": [{"op": "HEATMAP", "column": "duration_ms"}],
            "granularity": 60}"#,
        sql: r#"SELECT {minute}, floor(4 * log2(greatest(duration, 1))), count(*) FROM {table}
            WHERE {range} AND duration IS NOT NULL GROUP BY 1, 2"#,
    },
    Question {
        name: "top 20 users",
        target: Some((25.0, 8.0)),
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "COUNT"}], "breakdowns": ["user.id"],
            "filters": [{"column": "user.id", "op": "exists"}],
            "orders": [{"op": "COUNT", "order": "descending"}], "limit": 20}"#,
        sql: r#"SELECT "user.id", count(*) FROM {table} WHERE {range} AND "user.id" IS NOT NULL
            GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"#,
    },
    Question {
        name: "count, one service, status of 500 or more",
        target: None,
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "COUNT"}], "filters": [
            {"column": "service.name", "op": "=", "value": "gateway"},
            {"column": "http.response.status_code", "op": ">=", "value": 500}]}"#,
        sql: r#"SELECT count(*) FROM {table} WHERE {range} AND "service.name" = 'gateway'
            AND "http.response.status_code" >= 500"#,
    },
    Question {
        name: "count by service, status of 500 or more",
        target: None,
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "COUNT"}], "breakdowns": ["service.name"],
            "filters": [{"column": "http.response.status_code", "op": ">=", "value": 500}],
            "limit": 1000}"#,
        sql: r#"SELECT "service.name", count(*) FROM {table}
            WHERE {range} AND "http.response.status_code" >= 500 GROUP BY 1"#,
    },
    Question {
        name: "count of slow statements",
        target: None,
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "COUNT"}], "filters": [
            {"column": "db.system", "op": "=", "value": "postgresql"},
            {"column": "duration_ms", "op": ">=", "value": 10}]}"#,
        sql: r#"SELECT count(*) FROM {table}
            WHERE {range} AND "db.system" = 'postgresql' AND duration >= 10000000"#,
    },
    Question {
        name: "distinct users",
        target: None,
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "COUNT_DISTINCT", "column": "user.id"}]}"#,
        sql: r#"SELECT count(DISTINCT "user.id") FROM {table} WHERE {range}"#,
    },
    Question {
        name: "count, mean and p99 by service and name",
        target: None,
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "COUNT"}, {"op": "AVG", "column": "duration_ms"},
            {"op": "P99", "column": "duration_ms"}],
            "breakdowns": ["service.name", "name"], "limit": 1000,
            "filters": [{"column": "duration_ms", "op": "exists"}]}"#,
        sql: r#"SELECT "service.name", name, count(*), avg(duration) / 1e6,
            quantile_disc(duration, 0.99) / 1e6 FROM {table}
            WHERE {range} AND duration IS NOT NULL GROUP BY 1, 2"#,
    },
    Question {
        name: "count by service for each minute",
        target: None,
        shape: Shape::Series,
        spec: r#"{"calculations": [{"op": "COUNT"}], "breakdowns": ["service.name"],
            "granularity": 60, "limit": 1000}"#,
        sql: r#"SELECT {minute}, "service.name", count(*) FROM {table} WHERE {range}
            GROUP BY 1, 2"#,
    },
    Question {
        name: "p99 by route for each minute",
        target: None,
        shape: Shape::Series,
        spec: r#"{"calculations": [{"op": "P99", "column": "duration_ms"}],
            "breakdowns": ["http.route"], "granularity": 60, "limit": 1000,
            "filters": [{"column": "http.route", "op": "exists"}]}"#,
        sql: r#"SELECT {minute}, "http.route", quantile_disc(duration, 0.99) / 1e6 FROM {table}
            WHERE {range} AND "http.route" IS NOT NULL GROUP BY 1, 2"#,
    },
    Question {
        name: "count by user and status",
        target: None,
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "COUNT"}],
            "breakdowns": ["user.id", "http.response.status_code"], "limit": 1000,
            "filters": [{"column": "user.id", "op": "exists"},
                {"column": "http.response.status_code", "op": "exists"}],
            "orders": [{"op": "COUNT", "order": "descending"}]}"#,
        sql: r#"SELECT "user.id", "http.response.status_code", count(*) FROM {table}
            WHERE {range} AND "user.id" IS NOT NULL AND "http.response.status_code" IS NOT NULL
            GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 1000"#,
    },
    Question {
        name: "count of paths that contain a text",
        target: None,
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "COUNT"}],
            "filters": [{"column": "url.path", "op": "contains", "value": "77"}]}"#,
        sql: r#"SELECT count(*) FROM {table} WHERE {range} AND contains("url.path", '77')"#,
    },
    Question {
        name: "20 slowest traces",
        target: None,
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "MAX", "column": "duration_ms"}],
            "breakdowns": ["trace.trace_id"], "limit": 20,
            "orders": [{"op": "MAX", "column": "duration_ms", "order": "descending"}]}"#,
        sql: r#"SELECT trace_id, max(duration) / 1e6 FROM {table} WHERE {range}
            GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"#,
    },
    Question {
        name: "top 20 of a text that is nearly unique",
        target: None,
        shape: Shape::Groups,
        spec: r#"{"calculations": [{"op": "COUNT"}], "breakdowns": ["url.full"],
            "filters": [{"column": "url.full", "op": "exists"}],
            "orders": [{"op": "COUNT", "order": "descending"}], "limit": 20}"#,
        sql: r#"SELECT "url.full", count(*) FROM {table} WHERE {range} AND "url.full" IS NOT NULL
            GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"#,
    },
];

/// SQL that counts, for one minute, the durations in each of `buckets`, which are (from, to) in
/// milliseconds with their ends not included.
pub(super) fn sql_of_buckets(minute: u64, range: Range, buckets: &[(f64, f64)]) -> String {
    let counts = buckets.iter().map(|(from, to)| {
        format!("count(*) FILTER (duration >= {} AND duration < {})", from * 1e6, to * 1e6)
    });
    let counts: Vec<String> = counts.collect();
    let (counts, range) = (counts.join(", "), within(range));
    format!("SELECT {counts} FROM {TABLE} WHERE {range} AND {MINUTE} = {minute}")
}

/// The names of a query's calculations in its answer.
pub(super) fn labels(spec: &Value) -> Vec<String> {
    let calculations = spec["calculations"].as_array().into_iter().flatten();
    let label = |calculation: &Value| {
        let op = calculation["op"].as_str().unwrap_or_default();
        match calculation["column"].as_str() {
            Some(column) => format!("{op}({column})"),
            None => op.to_owned(),
        }
    };
    calculations.map(label).collect()
}

/// The fields that a query groups by.
pub(super) fn groups(spec: &Value) -> Vec<String> {
    let groups = spec["breakdowns"].as_array().into_iter().flatten();
    groups.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{QUESTIONS, Range, groups, labels};

    /// Guarantees: every spec is JSON, and no placeholder is left in the SQL.
    #[test]
    fn well_formed() {
        for question in QUESTIONS {
            assert!(question.spec()["calculations"].is_array(), "{}", question.name);
            let sql = question.sql(Range { from: 1, to: 2 });
            assert!(!sql.contains(['{', '}']), "{sql}");
            assert!(sql.contains("to_timestamp(1)"), "{sql}");
        }
    }

    /// Guarantees: values are looked for under the names that the answer gives them.
    #[test]
    fn names() {
        let spec = json!({
            "calculations": [{"op": "COUNT"}, {"op": "P99", "column": "duration_ms"}],
            "breakdowns": ["name"],
        });
        assert_eq!(labels(&spec), ["COUNT", "P99(duration_ms)"]);
        assert_eq!(groups(&spec), ["name"]);
    }
}
