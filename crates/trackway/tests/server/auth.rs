//! What a key may do, as Honeycomb's clients ask before they send.

use serde_json::{Value, json};
use ureq::http::Method;
use ureq::http::header::CONTENT_TYPE;

use crate::world::{Answer, Server, World, ask};

fn asked(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(Method::GET, &format!("{}{path}", server.url), headers, None).unwrap()
}

fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

/// Guarantees: an open server lets everybody do everything, with any key and with none, and says
/// that a classic key has no environment.
#[test]
fn open_servers_answer_to_everybody() {
    let server = World::new().start();
    let some = "hcaik_01abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnop";
    for headers in [&[][..], &[("x-honeycomb-team", some)], &[("x-honeycomb-team", "")]] {
        let answer = asked(&server, "/1/auth", headers);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let auth = read(&answer);
        assert_eq!(auth["type"], "configuration");
        assert!(!auth["id"].as_str().unwrap().is_empty());
        assert_eq!(auth["environment"], json!({"name": "default", "slug": "default"}));
        assert_eq!(auth["team"], json!({"name": "Trackway", "slug": "trackway"}));
        let access = auth["api_key_access"].as_object().unwrap();
        assert_eq!(access.len(), 10);
        assert!(access.values().all(|access| access == true), "{auth}");
    }
    let classic = [("x-honeycomb-team", "0123456789abcdef0123456789abcdef")];
    let auth = read(&asked(&server, "/1/auth", &classic));
    assert_eq!(auth["environment"], json!({"name": "", "slug": ""}));

    let answer = asked(&server, "/2/auth", &[]);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers[CONTENT_TYPE], "application/vnd.api+json");
    let auth = read(&answer);
    assert_eq!(auth["data"]["type"], "api-keys");
    let team = auth["data"]["relationships"]["team"]["data"]["id"].as_str().unwrap();
    assert_eq!(auth["included"][0]["id"], team);
    assert_eq!(auth["included"][0]["type"], "teams");
    assert_eq!(auth["included"][0]["attributes"]["slug"], "trackway");
}

/// Guarantees: a key says what it was made for: its id, its environment, its permissions, and that
/// one which only sends is an ingest key; one that nobody made is not known.
#[test]
fn keys_say_what_they_may() {
    let world = World::new().with_flags(&["--keys", "strict"]);
    let data = world.data();
    let create = |permissions: &str| {
        let arguments = [
            "key",
            "create",
            "--json",
            "--environment",
            "My Team",
            "--name",
            "front",
            "--data",
            data.to_str().unwrap(),
            "--permissions",
            permissions,
        ];
        read_json(&world.run(&arguments).done())
    };
    let (sends, asks, all) = (create("send"), create("query"), create("send,query,manage"));
    let server = world.start();
    let auth = |path: &str, key: &Value| {
        asked(&server, path, &[("x-honeycomb-team", key["key"].as_str().unwrap())])
    };
    let ingest = read(&auth("/1/auth", &sends));
    assert_eq!(ingest["id"], sends["id"]);
    assert_eq!(ingest["type"], "ingest");
    assert_eq!(ingest["api_key_access"], json!({"createDatasets": true}));
    assert_eq!(ingest["environment"], json!({"name": "My Team", "slug": "my-team"}));
    let configuration = read(&auth("/1/auth", &asks));
    assert_eq!(configuration["type"], "configuration");
    assert_eq!(configuration["api_key_access"]["queries"], true);
    assert_eq!(configuration["api_key_access"]["events"], false);
    assert_eq!(configuration["api_key_access"]["boards"], false);

    let management = read(&auth("/2/auth", &all));
    assert_eq!(management["data"]["id"], all["id"]);
    assert_eq!(management["data"]["attributes"]["name"], "front");
    let created = &management["data"]["attributes"]["timestamps"]["created"];
    assert!(created.is_string(), "{management}");
    assert_eq!(auth("/2/auth", &sends).status, 403);

    for (headers, words) in [
        (&[][..], "missing 'x-honeycomb-team' header"),
        (&[("x-honeycomb-team", "nobody's")], "unknown API key - check your credentials"),
    ] {
        let answer = asked(&server, "/1/auth", headers);
        assert_eq!(answer.status, 401);
        assert!(read(&answer)["error"].as_str().unwrap().starts_with(words), "{}", answer.body);
        assert_eq!(asked(&server, "/2/auth", headers).status, 401);
    }
}

fn read_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Guarantees: what watches over a Refinery can watch over this server.
#[test]
fn refinerys_paths_are_there() {
    let server = World::new().start();
    let body = |path: &str| read(&asked(&server, path, &[]));
    assert_eq!(body("/alive"), json!({"source": "trackway", "alive": "yes"}));
    assert_eq!(body("/ready"), json!({"source": "trackway", "ready": "yes"}));
    assert_eq!(body("/version")["version"], env!("CARGO_PKG_VERSION"));
}
