//! What the exit status of every command means, and what shells and pipes get.

use std::process::Command;

use super::spans;
use super::world::World;

/// Commands that ask a server, as they are called where all is well.
const ASKING: [&[&str]; 5] = [
    &["query"],
    &["traces"],
    &["trace", spans::TRACE],
    &["dataset", "list"],
    &["dataset", "retain", "api", "7d"],
];

/// Guarantees: a command that did its work ends with 0.
#[test]
fn done_is_zero() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 3);
    for command in ASKING {
        world.run(&[command, &["--server", &server.url]].concat()).done();
    }
    let copy = world.home().join("copy");
    let copy = copy.to_str().unwrap();
    world.run(&["backup", copy, "--server", &server.url]).done();
    let restored = world.home().join("restored");
    let restored = restored.to_str().unwrap();
    world.run(&["restore", copy, "--data", restored]).done();
    let others: [&[&str]; 7] = [
        &["check", restored],
        &["config"],
        &["key", "create", "--data", restored],
        &["key", "list", "--data", restored],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
    ];
    for command in others {
        world.run(command).done();
    }
}

/// Guarantees: where the answer is no, because something is not there, is wrong or is refused, the
/// status is 1, and the reason is on standard error alone.
#[test]
fn no_is_one() {
    let world = World::new();
    let server = world.start();
    let asking: [&[&str]; 5] = [
        &["query", "--dataset", "nobody"],
        &["query", "{\"limit\": -1}"],
        &["trace", spans::TRACE],
        &["dataset", "retain", "nobody", "7d"],
        &["dataset", "delete", "nobody"],
    ];
    for command in asking {
        let ran = world.run(&[command, &["--server", &server.url]].concat());
        assert_eq!(ran.out, "", "{command:?}");
        assert!(ran.refused(1).starts_with("trackway: "), "{command:?}");
    }
    let home = world.home().to_str().unwrap();
    let restored = world.home().join("restored");
    world.run(&["restore", home, "--data", restored.to_str().unwrap()]).refused(1);
    let other = World::new();
    other.run(&["key", "revoke", "nobody", "--data", other.data().to_str().unwrap()]).refused(1);
}

/// Guarantees: wrong usage, a server that is not there and a folder in the way are status 2.
#[test]
fn cannot_is_two() {
    let world = World::new();
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let copy = world.home().join("copy");
    let others: [&[&str]; 2] = [&["backup", copy.to_str().unwrap()], &["tail"]];
    for command in ASKING.into_iter().chain(others) {
        let said = world.run(&[command, &["--server", &url]].concat()).refused(2);
        assert!(said.contains(&url), "{command:?}: {said}");
        world.run(&[command, &["--no-such-flag"]].concat()).refused(2);
    }
    assert!(!copy.exists());
    let home = world.home();
    std::fs::write(home.join("letter"), "dear").unwrap();
    let home = home.to_str().unwrap();
    let others: [&[&str]; 7] = [
        &[],
        &["no-such-command"],
        &["completions", "tcsh"],
        &["check", home],
        &["serve", "--data", home],
        &["config", "--listen", "nowhere"],
        &["query", "--color", "sometimes"],
    ];
    for command in others {
        world.run(command).refused(2);
    }
}

/// Guarantees: a reader that went away ends a command without a word and with status 0.
#[test]
fn gone_readers_are_no_failure() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 300);
    let long: [&[&str]; 3] = [
        &["query", "--rows", "--json", "--server", &server.url],
        &["trace", spans::TRACE, "--all", "--server", &server.url],
        &["completions", "zsh"],
    ];
    for command in long {
        let ran = world.run_unread(command);
        assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{command:?}");
    }
}

/// Guarantees: every shell gets a script with the commands and their flags, and bash, where there
/// is one, can read its own.
#[test]
fn completions_are_scripts() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = world.run(&["completions", shell]).done();
        for word in ["backup", "restore", "query", "where", "format"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    let script = world.run(&["completions", "bash"]).done();
    let path = world.home().join("completions");
    let wanted = "\nCOMP_WORDS=(trackway res); COMP_CWORD=1\n_trackway trackway res trackway\n\
                  echo \"${COMPREPLY[*]}\"\n";
    std::fs::write(&path, format!("{script}{wanted}")).unwrap();
    match Command::new("bash").args(["--norc", path.to_str().unwrap()]).output() {
        Ok(ran) => assert_eq!(String::from_utf8_lossy(&ran.stdout), "restore\n", "{ran:?}"),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    }
}
