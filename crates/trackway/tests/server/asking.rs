//! `trackway query` with its flags and its formats.

use serde_json::{Value, json};

use super::spans;
use super::world::{Ran, Server, World};

fn query(world: &World, server: &Server, flags: &[&str]) -> Ran {
    world.run(&[&["query", "--server", &server.url], flags].concat())
}

fn world_with_spans() -> (World, Server) {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 5);
    spans::send(&server, "say \"hi\", all", 2);
    (world, server)
}

/// Guarantees: flags ask the same question as the specification that they stand for.
#[test]
fn flags_ask_questions() {
    let (world, server) = world_with_spans();
    let flags = [
        "--count",
        "--calc",
        "MAX(duration_ms)",
        "--by",
        "service.name",
        "--where",
        "name starts-with step",
        "--where",
        "duration_ms>=1.5",
        "--order",
        "COUNT",
        "--last",
        "1h",
        "--limit",
        "10",
    ];
    let table = query(&world, &server, &flags).done();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "service.name   COUNT  MAX(duration_ms)");
    assert_eq!(lines[1], "api            5      1.5");
    assert_eq!(lines[2], "say \"hi\", all  2      1.5");
    let specification = json!({
        "calculations": [{"op": "COUNT"}, {"op": "MAX", "column": "duration_ms"}],
        "breakdowns": ["service.name"],
        "filters": [
            {"column": "name", "op": "starts-with", "value": "step"},
            {"column": "duration_ms", "op": ">=", "value": 1.5},
        ],
        "orders": [{"op": "COUNT", "order": "descending"}],
        "time_range": 3_600,
        "limit": 10,
    });
    assert_eq!(query(&world, &server, &[&specification.to_string()]).done(), table);
    let either =
        ["--where", "name = step 0", "--where", "name = step 4", "--any", "--format", "csv"];
    assert_eq!(query(&world, &server, &either).done(), "COUNT\n3\n");
    let one_in = ["--where", "name in step 3, step 4", "--format", "csv"];
    assert_eq!(query(&world, &server, &one_in).done(), "COUNT\n2\n");
    let past = ["--from", "2h", "--to", "1h", "--format", "csv"];
    assert_eq!(query(&world, &server, &past).done(), "COUNT\n0\n");
}

/// Guarantees: groups, series and events are CSV that is read back to the same values, and JSON as
/// the server said it.
#[test]
fn answers_have_formats() {
    let (world, server) = world_with_spans();
    let groups = ["--by", "service.name", "--order", "COUNT", "--format", "csv"];
    let csv = query(&world, &server, &groups).done();
    assert_eq!(csv, "service.name,COUNT\napi,5\n\"say \"\"hi\"\", all\",2\n");
    let series = ["--by", "error", "--step", "60s", "--last", "10m", "--format", "csv"];
    let csv = query(&world, &server, &series).done();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("time,error,COUNT"));
    let count = |line: &str| line.rsplit(',').next().unwrap().parse::<u64>().unwrap();
    assert_eq!(lines.clone().map(count).sum::<u64>(), 7, "{csv}");
    assert!(lines.all(|line| line.starts_with("20") && line.contains("Z,")), "{csv}");
    let csv = query(&world, &server, &["--rows", "--format", "csv"]).done();
    let heading = csv.lines().next().unwrap();
    assert!(
        heading.starts_with("time,dataset,samplerate,name,duration_ms,trace.trace_id"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 8, "{csv}");
    let columns = heading.split(',').count();
    let plain = csv.lines().filter(|line| !line.contains('"'));
    assert!(plain.clone().count() >= 6, "{csv}");
    for line in plain {
        assert_eq!(line.split(',').count(), columns, "{line}");
    }
    let by_format = query(&world, &server, &["--format", "json"]).done();
    let by_flag = query(&world, &server, &["--json"]).done();
    let results = |text: &str| {
        let answer: Value = serde_json::from_str(text).unwrap();
        answer["data"]["results"].clone()
    };
    assert_eq!(results(&by_format), json!([{"data": {"COUNT": 7}}]));
    assert_eq!(results(&by_flag), results(&by_format));
}

/// Guarantees: a slip in a flag is refused with status 2 before anything is asked, and a question
/// that the server refuses with status 1.
#[test]
fn slips_are_refused() {
    let (world, server) = world_with_spans();
    let cases: [&[&str]; 7] = [
        &["--where", "duration_ms"],
        &["--calc", "P99"],
        &["--last", "soon"],
        &["--from", "yesterday"],
        &["--order", "name"],
        &["--count", "{}"],
        &["--format", "csv", "--json"],
    ];
    for flags in cases {
        let said = query(&world, &server, flags).refused(2);
        assert!(!said.trim().is_empty(), "{flags:?}");
    }
    let said = query(&world, &server, &["--calc", "P42(duration_ms)"]).refused(1);
    assert!(said.contains("422") && said.contains("P42"), "{said}");
    query(&world, &server, &["--dataset", "nobody"]).refused(1);
}
