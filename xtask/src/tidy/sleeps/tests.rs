use super::*;
use crate::tree::planted::tree;

/// The word, apart from the parentheses that would make this file sleep.
const SLEEP: &str = "sleep";

fn finds(path: &str, line: &str) -> bool {
    !check(&tree(&[(path, &["#!/bin/sh", line])])).is_empty()
}

/// Guarantees: sleeping is found in each language, by path and by an imported name.
#[test]
fn sleeping() {
    let rust = ["std::thread::S(x);", "use tokio::time::S;", "S(x).await;", "time::S_until(x)"];
    for line in rust.map(|line| line.replace('S', SLEEP)) {
        assert!(finds("a.rs", &line), "{line}");
    }
    let python = ["time.S(1)", "await asyncio.S(1)", "    S(1)"];
    for line in python.map(|line| line.replace('S', SLEEP)) {
        assert!(finds("a.py", &line), "{line}");
    }
    assert!(finds("a.ts", "await new Promise((done) => setTimeout(done, 100));"));
    assert!(finds("a.ts", "await page.waitForTimeout(100);"));
    for line in ["S 1", "while x; do S 0.1; done"].map(|line| line.replace('S', SLEEP)) {
        assert!(finds("a.sh", &line) && finds("run", &line), "{line}");
    }
}

/// Guarantees: a loop that says what it waits for passes, but not in Rust.
#[test]
fn polling() {
    let line = |start: &str| format!("{SLEEP}(0.1)  {start} waits for the port to open");
    assert!(!finds("a.py", &line("#")));
    assert!(!finds("a.ts", "new Promise((r) => setTimeout(r, 9)); // waits for the page to load"));
    assert!(finds("a.rs", &line("//")));
    assert!(finds("a.py", &format!("{SLEEP}(1)  # waits")));
}

/// Guarantees: words and methods of one's own are not taken for sleeping.
#[test]
fn awake() {
    let rust = ["clock.S(x);", "fn S(x: u8) {}", "// thread::S(x)", "asleep(x); S"];
    for line in rust.map(|line| line.replace('S', SLEEP)) {
        assert!(!finds("a.rs", &line), "{line}");
    }
    assert!(!finds("a.ts", "setTimeout(close, 100);"));
    assert!(!finds("a.sh", &format!("echo {SLEEP} well")));
    assert!(!finds("a.md", &format!("{SLEEP}(1)")));
}
