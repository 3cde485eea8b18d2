//! `trackway config`.

use std::fs;

use serde_json::Value;

use super::world::World;

/// Guarantees: every setting is shown with its value and where it comes from, as text and as JSON.
#[test]
fn settings_are_shown() {
    let mut world = World::new();
    let file = world.home().join("settings.toml");
    fs::write(&file, "memory = \"1GiB\"\n").unwrap();
    world.set_variable("TRACKWAY_CONFIG", file.to_str().unwrap());
    world.set_variable("TRACKWAY_QUERY_SECONDS", "7");
    let shown = world.run(&["config", "--listen", "127.0.0.1:1"]).done();
    let lines: Vec<Vec<&str>> = shown
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|s| !s.is_empty()).collect())
        .collect();
    let in_file = format!("in {}", file.display());
    for expected in [
        ["listen", "127.0.0.1:1", "by --listen"],
        ["query-seconds", "7", "by TRACKWAY_QUERY_SECONDS"],
        ["memory", "1GiB", &in_file],
        ["keys", "open", "by default"],
    ] {
        assert!(lines.iter().any(|line| line == &expected), "{expected:?} is not in:\n{shown}");
    }

    let shown = world.run(&["config", "--json"]).done();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["file"], file.to_str().unwrap());
    let settings = shown["settings"].as_array().unwrap();
    let memory = settings.iter().find(|setting| setting["name"] == "memory").unwrap();
    assert_eq!((&memory["value"], &memory["origin"]), (&"1GiB".into(), &in_file.into()));
}

/// Guarantees: what would keep a server from starting keeps the settings from being shown.
#[test]
fn wrong_settings_are_not_shown() {
    let world = World::new();
    let refusal = world.run(&["config", "--listen", "0.0.0.0:4400"]).refused(2);
    assert!(refusal.contains("--keys strict"), "{refusal}");
}
