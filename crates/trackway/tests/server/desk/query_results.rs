//! `/1/query_results`.

use serde_json::{Value, json};
use ureq::http::Method;
use ureq::http::header::{CACHE_CONTROL, LAST_MODIFIED, LOCATION};

use super::{call, get, post, read};
use crate::spans;
use crate::world::{Answer, Server, World, ask};

/// Puts a query down and runs it.
fn run(server: &Server, dataset: &str, query: &Value, options: &Value) -> Answer {
    let put_down = post(server, &format!("/1/queries/{dataset}"), query, 200);
    let mut body = options.clone();
    body["query_id"] = put_down["id"].clone();
    call(server, Method::POST, &format!("/1/query_results/{dataset}"), Some(&body))
}

fn poll(url: &str) -> Answer {
    ask(Method::GET, url, &[], None).unwrap()
}

/// Where a result will be.
fn location(started: &Answer) -> &str {
    started.headers[LOCATION].to_str().unwrap()
}

/// Waits for a result at the address that the server gave.
fn wait(server: &Server, url: &str) -> Answer {
    let is_there = |_: &Server| {
        let answer = poll(url);
        answer.status != 200 || read(&answer, 200)["complete"] == true
    };
    server.wait_until("the result is there", is_there);
    poll(url)
}

fn data(server: &Server, dataset: &str, query: &Value, options: &Value) -> Value {
    let started = run(server, dataset, query, options);
    read(&started, 201);
    read(&wait(server, location(&started)), 200)["data"].clone()
}

/// Guarantees: a query is run in the background; the answer says where its result will be, and the
/// result has what Honeycomb's clients read, is the same for as long as anybody asks, and says so.
#[test]
fn run_and_polled() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 3);
    let query = json!({"calculations": [{"op": "COUNT"}, {"op": "MAX", "column": "duration_ms"}],
        "breakdowns": ["name"], "orders": [{"column": "name"}], "limit": 2});
    let started = run(&server, "api", &query, &json!({}));
    let body = read(&started, 201);
    let id = body["id"].as_str().unwrap();
    assert_eq!(body["complete"], false);
    assert_eq!(location(&started), format!("{}/1/query_results/api/{id}", server.url));
    for link in ["query_url", "graph_image_url"] {
        let link = body["links"][link].as_str().unwrap();
        assert!(link.starts_with(&server.url) && link.contains(id), "{link}");
    }
    let mut shown = query;
    shown["id"] = body["query"]["id"].clone();
    assert_eq!(body["query"], shown);

    let answer = wait(&server, location(&started));
    assert_eq!(answer.headers[CACHE_CONTROL], "private, max-age=86400");
    let modified = answer.headers[LAST_MODIFIED].to_str().unwrap();
    assert!(modified.ends_with(" GMT") && modified.contains(", "), "{modified}");
    let result = read(&answer, 200);
    assert_eq!((&result["id"], &result["query"]), (&json!(id), &shown));
    assert_eq!(result["links"], body["links"]);
    let row = |name: &str| json!({"data": {"name": name, "COUNT": 1, "MAX(duration_ms)": 1.5}});
    assert_eq!(result["data"]["results"], json!([row("step 0"), row("step 1")]));
    assert_eq!(result["data"]["series"].as_array().map(Vec::len), Some(2));
    assert!(result["data"].get("total_by_aggregate").is_none(), "{result}");
    assert!(result["data"].get("other_by_aggregate").is_none(), "{result}");
    // What comes later is not in it.
    spans::send(&server, "api", 3);
    let later = poll(location(&started));
    assert_eq!(read(&later, 200), result);
    assert_eq!(later.headers[LAST_MODIFIED], answer.headers[LAST_MODIFIED]);
}

/// Guarantees: totals and the rest are there when asked for, totals over all groups whatever the
/// conditions on groups are, the rest of those that are not shown; with series where there are any.
#[test]
fn totals_and_others() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 10);
    let events = json!({"op": "SUM", "column": "span.num_events"});
    let query = json!({"calculations": [{"op": "COUNT"}, events],
        "breakdowns": ["name"], "orders": [{"column": "name"}], "limit": 3,
        "havings": [{"calculate_op": "COUNT", "op": "<", "value": 5}]});
    let all = json!({"disable_total_by_aggregate": false, "disable_other_by_aggregate": false});
    let found = data(&server, "api", &query, &all);
    let all_ten = json!({"COUNT": 10, "SUM(span.num_events)": 0});
    assert_eq!(found["results"].as_array().map(Vec::len), Some(3));
    assert_eq!(found["total_by_aggregate"]["data"], all_ten);
    assert_eq!(found["other_by_aggregate"]["data"], json!({"COUNT": 7, "SUM(span.num_events)": 0}));
    let series = found["total_by_aggregate_series"].as_array().unwrap();
    assert_eq!((series.len(), &series[0]["data"]), (1, &all_ten));
    let mut no_series = all;
    no_series["disable_series"] = json!(true);
    let found = data(&server, "api", &query, &no_series);
    assert_eq!(found["total_by_aggregate"]["data"], all_ten);
    assert_eq!(found["series"], json!([]));
    assert!(found.get("total_by_aggregate_series").is_none(), "{found}");
    // Over HTTP in our own way it is the same.
    let body = json!({"dataset": "api", "query": query, "disable_total_by_aggregate": false,
        "disable_other_by_aggregate": false});
    let own: Value = serde_json::from_str(&server.post("/api/v1/query", &body).1).unwrap();
    assert_eq!(own["data"]["total_by_aggregate"]["data"], all_ten);
    assert_eq!(own["data"]["other_by_aggregate"]["data"]["COUNT"], 7);
}

/// Guarantees: without series there may be ten thousand groups, by the result's own limit, which
/// the query then shows; with series that limit is passed over.
#[test]
fn limits() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 1_200);
    let query = json!({"breakdowns": ["trace.span_id"]});
    let shown = |options: &Value| {
        let started = run(&server, "api", &query, options);
        read(&started, 201);
        let result = read(&wait(&server, location(&started)), 200);
        (result["data"]["results"].as_array().unwrap().len(), result["query"]["limit"].clone())
    };
    assert_eq!(shown(&json!({"disable_series": true, "limit": 10_000})), (1_200, json!(10_000)));
    assert_eq!(shown(&json!({"disable_series": true})), (1_000, Value::Null));
    assert_eq!(shown(&json!({"limit": 5})), (1_000, Value::Null));
    let options = json!({"disable_series": true, "limit": 10_001});
    let problem = read(&run(&server, "api", &query, &options), 422);
    assert_eq!(problem["type_detail"][0]["field"], "limit");
}

/// Guarantees: where no event matched there is no result, a group without a value has no member
/// for it, and nothing is null.
#[test]
fn nothing_is_null() {
    let world = World::new();
    let server = world.start();
    post(&server, "/1/datasets", &json!({"name": "empty"}), 201);
    let found = data(&server, "empty", &json!({}), &json!({}));
    assert_eq!(found, json!({"results": [], "series": []}));
    spans::send(&server, "api", 2);
    let query = json!({"breakdowns": ["trace.parent_id"], "orders": [{"op": "COUNT"},
        {"column": "trace.parent_id"}], "calculations": [{"op": "COUNT"},
        {"op": "AVG", "column": "nothing"}]});
    let found = data(&server, "__all__", &query, &json!({"disable_series": true}));
    let child = json!({"data": {"COUNT": 1, "trace.parent_id": "0000000000000001"}});
    assert_eq!(found["results"], json!([child, {"data": {"COUNT": 1}}]));
}

/// Guarantees: a heatmap is a text, as Honeycomb's clients can read it, of JSON with counts in
/// buckets of one width, for groups, series and totals; a group without a value has none, and our
/// own interface has its own form.
#[test]
fn heatmaps() {
    let world = World::new();
    let server = world.start();
    let events: Vec<Value> =
        (0..50).map(|at| json!({"data": {"of": "numbers", "v": at}})).collect();
    post(&server, "/1/batch/shop", &json!(events), 200);
    post(&server, "/1/batch/shop", &json!([{"data": {"of": "nothing"}}]), 200);
    let query = json!({"calculations": [{"op": "HEATMAP", "column": "v"}], "breakdowns": ["of"],
        "orders": [{"column": "of"}], "granularity": 7_200});
    let total = json!({"disable_total_by_aggregate": false});
    let found = data(&server, "shop", &query, &total);
    let heatmap = |data: &Value| -> Value {
        serde_json::from_str(data["HEATMAP(v)"].as_str().unwrap()).unwrap()
    };
    let even =
        json!({"counts": vec![1; 50], "min_value": 0.0, "max_value": 49.0, "step_size": 0.98});
    assert_eq!(found["results"][0], json!({"data": {"of": "nothing"}}));
    assert_eq!(found["results"][1]["data"]["of"], "numbers");
    assert_eq!(heatmap(&found["results"][1]["data"]), even);
    assert_eq!(heatmap(&found["total_by_aggregate"]["data"]), even);
    let series = found["series"].as_array().unwrap();
    let with_value = |point: &&Value| point["data"].get("HEATMAP(v)").is_some();
    assert_eq!(heatmap(&series.iter().find(with_value).unwrap()["data"]), even);
    let body = json!({"dataset": "shop", "query": query});
    let own: Value = serde_json::from_str(&server.post("/api/v1/query", &body).1).unwrap();
    assert!(own["data"]["results"][1]["data"]["HEATMAP(v)"]["buckets"].is_array(), "{own}");
}

/// Guarantees: a result's id outlives the server, which works the same question out again.
#[test]
fn results_outlive_the_server() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 4);
    let started = run(&server, "api", &json!({"breakdowns": ["name"]}), &json!({}));
    let before = read(&wait(&server, location(&started)), 200);
    let path = location(&started).strip_prefix(&server.url).unwrap().to_owned();
    server.kill();
    let server = world.start();
    let url = format!("{}{path}", server.url);
    let after = read(&wait(&server, &url), 200);
    assert_eq!(after["data"], before["data"]);
    assert_eq!(after["query"], before["query"]);
}

/// Guarantees: results of queries, datasets and ids that are not there are not found, and wrong
/// members are named.
#[test]
fn wrong_results() {
    let world = World::new();
    let server = world.start();
    post(&server, "/1/datasets", &json!({"name": "shop"}), 201);
    let path = "/1/query_results/shop";
    assert_eq!(post(&server, path, &json!({"query_id": "none"}), 404)["error"], "Query not found");
    let missing = post(&server, path, &json!({}), 422);
    assert_eq!(missing["type_detail"][0]["field"], "query_id");
    let body = json!({"query_id": "none", "disable_series": 1});
    assert_eq!(post(&server, path, &body, 422)["type_detail"][0]["code"], "incorrect_type");
    let bogus = call(&server, Method::GET, "/1/query_results/shop/abcd1234", None);
    assert_eq!(read(&bogus, 404)["error"], "Query result not found");
    let elsewhere = call(&server, Method::GET, "/1/query_results/none/abcd1234", None);
    assert_eq!(read(&elsewhere, 404)["error"], "Dataset not found");
    // The result of one dataset is not the result of another.
    let started = run(&server, "shop", &json!({}), &json!({}));
    let id = read(&started, 201)["id"].as_str().unwrap().to_owned();
    let other = call(&server, Method::GET, &format!("/1/query_results/__all__/{id}"), None);
    assert_eq!(other.status, 404);
    assert!(get(&server, &format!("{path}/{id}"))["id"].is_string());
}

/// Guarantees: a question that costs more than it may is not an empty result: whoever asks for it
/// is told why, with a status that no client asks again.
#[test]
fn failures_are_said() {
    let world = World::new().with_flags(&["--query-memory", "16MiB"]);
    let server = world.start();
    spans::send(&server, "api", 300);
    let fields = ["trace.span_id", "name", "trace.parent_id"];
    let calculations: Vec<Value> = (0..100)
        .map(|at| json!({"op": "COUNT_DISTINCT", "column": format!("none_{at}")}))
        .collect();
    let query = json!({"breakdowns": fields, "calculations": calculations, "time_range": 1_000_000,
        "granularity": 1_000});
    let started = run(&server, "api", &query, &json!({}));
    read(&started, 201);
    let problem = read(&wait(&server, location(&started)), 422);
    let said = problem["error"].as_str().unwrap();
    assert!(said.contains("ask without series"), "{said}");
}
