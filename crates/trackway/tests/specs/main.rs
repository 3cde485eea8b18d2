//! The specifications in `specs`: every request in them is sent to a server of ours, and every
//! answer has to be as it says there.
//!
//! The files are the manual of the wire as well, so they are Markdown that people read; how they
//! are written stands in `specs/README.md`. Each file has a server of its own.

#![expect(clippy::unwrap_used, reason = "a test fails where it finds what it must not")]

#[path = "../server/calls.rs"]
#[allow(dead_code, reason = "shared with the tests of the server, which use all of it")]
mod calls;
mod exchange;
mod markdown;
mod pattern;
#[path = "../server/recording.rs"]
mod recording;
mod run;
#[path = "../server/schema.rs"]
#[allow(dead_code, reason = "shared with the tests of the server, which use all of it")]
mod schema;
#[path = "../server/world.rs"]
#[allow(dead_code, reason = "shared with the tests of the server, which use all of it")]
mod world;

use std::path::{Path, PathBuf};

/// Runs only files whose path has this in it.
const ONLY_VARIABLE: &str = "TRACKWAY_SPEC";

/// The root of the workspace: cargo runs tests in the folder of their package, wherever the tree
/// was when they were built.
fn root() -> PathBuf {
    Path::new("../..").canonicalize().unwrap()
}

/// The Markdown files of a folder of specifications, in order.
fn files(folder: &str) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(root().join("specs").join(folder)).unwrap();
    let mut files: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Runs all files of a folder; shows everything that is wrong.
fn hold(folder: &str) {
    let only = std::env::var(ONLY_VARIABLE).unwrap_or_default();
    let mut wrong = Vec::new();
    for path in files(folder) {
        let shown = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        if shown.contains(&only) {
            wrong.extend(run::run(&path, &shown).err());
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n\n"));
}

/// Guarantees: Honeycomb's and OpenTelemetry's requests are answered as `specs/honeycomb` says.
#[test]
fn honeycomb() {
    hold("honeycomb");
}

/// Guarantees: requests of our own API are answered as `specs/api` says.
#[test]
fn api() {
    hold("api");
}

/// Guarantees: every operation of our own API has a specification: each file of `api/` whose first
/// line names a method and a path has one of the same name. The dialects' tables are held to theirs
/// by tidy.
#[test]
fn every_operation_has_a_specification() {
    let mut lacking = Vec::new();
    for entry in std::fs::read_dir(root().join("crates/trackway/src/api")).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() || !is_operation(&std::fs::read_to_string(&path).unwrap()) {
            continue;
        }
        let spec = Path::new(path.file_name().unwrap()).with_extension("md");
        if !root().join("specs/api").join(spec).exists() {
            lacking.push(path);
        }
    }
    assert!(lacking.is_empty(), "without a specification: {lacking:?}");
}

fn is_operation(text: &str) -> bool {
    text.lines().next().is_some_and(|first| first.contains("/api/"))
}

/// Runs a file with this text.
fn outcome(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.md");
    std::fs::write(&path, text).unwrap();
    run::run(&path, "spec.md")
}

/// Guarantees: an answer that is not as written fails the file, at the line that is wrong.
#[test]
fn wrong_expectations_fail() {
    let right = "```http\nGET /livez\n```\n\n\
                 ```http\nHTTP/1.1 200 OK\ncontent-type: text/plain[..]\n\nok\n```\n\n\
                 ```http\nGET /api/v1/datasets\n```\n\n\
                 ```http\nHTTP/1.1 200 OK\n\n{\"datasets\": []}\n```\n\n\
                 ```console\n$ trackway dataset list --json\n{\"datasets\":[]}\n```\n";
    outcome(right).unwrap();
    for (part, other, line) in [
        ("200 OK\ncontent", "404 Not Found\ncontent", 6),
        ("text/plain[..]", "text/html", 7),
        ("x-none", "x-none: a\n\nok", 7),
        ("\n\nok\n", "\n\nno\n", 9),
        ("\n\nok\n", "\n", 9),
        ("{\"datasets\": []}", "{\"datasets\": [1]}", 19),
        ("{\"datasets\": []}", "{\"datasets\": [], \"more\": 1}", 19),
        ("{\"datasets\":[]}", "{\"datasets\":[1]}", 24),
    ] {
        let wrong = match part {
            "x-none" => right.replacen("content-type: text/plain[..]\n\nok", other, 1),
            _ => right.replacen(part, other, 1),
        };
        assert_ne!(wrong, right);
        let error = outcome(&wrong).unwrap_err();
        assert!(error.starts_with(&format!("spec.md:{line}: ")), "{other:?}: {error}");
    }
}

/// Guarantees: an archive without a path that is named, or with another, fails the file, and so
/// does a server in the middle of a file that is not on a folder.
#[test]
fn wrong_archives_fail() {
    let right = "```http\nGET /api/v1/backup\n```\n\n\
                 ```http\nHTTP/1.1 200 OK\n\n[TAR]\ncatalog.db\nregistry.db\n...\n```\n\n\
                 ```console\n$ trackway serve --data other\n```\n\n\
                 ```console\n$ trackway dataset list --json\n{\"datasets\":[]}\n```\n";
    outcome(right).unwrap();
    for (part, other, line) in [
        ("catalog.db\n", "", 8),
        ("catalog.db\n", "catalog.db\nletter\n", 8),
        ("serve --data other", "serve --keys strict", 15),
        ("/api/v1/backup", "/livez", 8),
    ] {
        let error = outcome(&right.replacen(part, other, 1)).unwrap_err();
        assert!(error.starts_with(&format!("spec.md:{line}: ")), "{other:?}: {error}");
    }
}
