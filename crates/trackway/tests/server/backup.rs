//! `trackway backup` and `trackway restore`.

use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use super::spans;
use super::world::{Ran, Server, World};

/// A store that flushes and compacts all the time.
const BUSY: &str = "group_rows=64,compact_segments=3,log_file_bytes=262144";

/// Requests that together are more than the buffers of a connection hold, on both sides.
const LARGE_REQUESTS: u64 = 24;

/// Sends a megabyte that does not compress.
fn send_noise(server: &Server, seed: u64) {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b' ' + (state % 95) as u8)
    };
    let noise: String = (0..1 << 20).map(|_| letter()).collect();
    let mut request = numbered("noise", seed);
    request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"] =
        json!([{"key": "noise", "value": {"stringValue": noise}}]);
    let (status, body) = server.post("/v1/traces", &request);
    assert_eq!(status, 200, "{body}");
}

/// A request of one span, numbered by its name within its service.
fn numbered(service: &str, number: u64) -> Value {
    let mut request = spans::request(service, 1);
    let span = &mut request["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    span["name"] = format!("{number:08}").into();
    span["spanId"] = format!("{:016x}", number + 1).into();
    request
}

/// The names of a service's spans, in order.
fn names(server: &Server, service: &str) -> Vec<String> {
    let query = json!({"calculations": [{"op": "COUNT"}], "breakdowns": ["name"], "limit": 10_000});
    let body = json!({"dataset": service, "query": query, "disable_series": true});
    let (status, body) = server.post("/api/v1/query", &body);
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    let groups = body["data"]["results"].as_array().unwrap();
    let mut names: Vec<String> = Vec::new();
    for group in groups {
        assert_eq!(group["data"]["COUNT"], 1, "doubled: {group}");
        names.push(group["data"]["name"].as_str().unwrap().to_owned());
    }
    names.sort_unstable();
    names
}

fn back_up(world: &World, server: &Server, folder: &Path) -> Ran {
    world.run(&["backup", folder.to_str().unwrap(), "--server", &server.url])
}

fn restore(world: &World, backup: &Path, data: &Path) -> Ran {
    world.run(&["restore", backup.to_str().unwrap(), "--data", data.to_str().unwrap()])
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// Guarantees: a backup taken while events come in, restored after the server was killed, holds
/// all that was acknowledged before it began and of what each sender sent later a prefix, nothing
/// twice; the restored server takes more, and has it after a kill.
#[test]
fn backups_under_load_are_whole() {
    let mut world = World::new();
    world.set_variable("TRACKWAY_TEST_STORE", BUSY);
    let server = world.start();
    let services = ["left", "right"];
    let acknowledged = [AtomicU64::new(0), AtomicU64::new(0)];
    let stop = AtomicBool::new(false);
    let folder = world.home().join("copy");
    let (before, after) = std::thread::scope(|scope| {
        for (service, acknowledged) in services.iter().zip(&acknowledged) {
            let (server, stop) = (&server, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let number = acknowledged.load(Ordering::SeqCst);
                    let (status, body) = server.post("/v1/traces", &numbered(service, number));
                    assert_eq!(status, 200, "{body}");
                    acknowledged.store(number + 1, Ordering::SeqCst);
                }
            });
        }
        let counts = || acknowledged.each_ref().map(|count| count.load(Ordering::SeqCst));
        server.wait_until("both have sent", |_| counts().iter().all(|count| *count > 150));
        let before = counts();
        let said = back_up(&world, &server, &folder);
        let during = counts();
        server.wait_until("more has been sent", |_| {
            counts().iter().zip(&during).all(|(now, then)| now > then)
        });
        stop.store(true, Ordering::SeqCst);
        assert!(said.done().starts_with("backed up to "));
        (before, counts())
    });
    server.kill();

    let restored = World::new();
    assert!(restore(&world, &folder, &restored.data()).done().starts_with("restored to "));
    let server = restored.start();
    for (place, service) in services.iter().enumerate() {
        let names = names(&server, service);
        let expected: Vec<String> = (0..names.len()).map(|n| format!("{n:08}")).collect();
        assert_eq!(names, expected, "{service} has holes");
        let count = names.len() as u64;
        assert!((before[place]..=after[place]).contains(&count), "{before:?} {count} {after:?}");
        let (status, body) = server.post("/v1/traces", &numbered(service, count));
        assert_eq!(status, 200, "{body}");
    }
    let counts = services.map(|service| names(&server, service).len());
    server.kill();
    let check = restored.run(&["check", restored.data().to_str().unwrap()]).done();
    assert!(check.contains("everything can be read"), "{check}");
    let server = restored.start();
    assert_eq!(services.map(|service| names(&server, service).len()), counts);
}

/// Guarantees: keys and retention come back too, and what was only in the log is in segments.
#[test]
fn everything_comes_back() {
    let mut world = World::new();
    let data = world.data();
    let data = data.to_str().unwrap();
    let server = world.start();
    spans::send(&server, "api", 5);
    world.run(&["dataset", "retain", "api", "14d", "--server", &server.url]).done();
    world.run(&["key", "create", "--name", "ci", "--data", data]).done();
    let folder = world.home().join("copy");
    let said = world.run(&["backup", folder.to_str().unwrap(), "--server", &server.url, "--json"]);
    let said: Value = serde_json::from_str(&said.done()).unwrap();
    assert_eq!((&said["rows"], &said["segments"]), (&json!(5), &json!(1)), "{said}");
    assert!(!world.data().join("backup").exists(), "the copies are gone");

    server.kill();
    world.move_to("restored");
    restore(&world, &folder, &world.data()).done();
    assert!(!world.data().join("log").exists());
    let server = world.start();
    assert_eq!(spans::rows(&server, "api"), Some(5));
    let list = world.run(&["dataset", "list", "--server", &server.url]).done();
    assert!(list.contains("2w"), "{list}");
    let keys = world.run(&["key", "list", "--data", world.data().to_str().unwrap()]).done();
    assert!(keys.contains("ci"), "{keys}");
}

/// Guarantees: what is missing from a backup, changed in it, or was never finished is refused by
/// name with status 1, and leaves no folder that a server would start on.
#[test]
fn damaged_backups_are_refused() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 5);
    let folder = world.home().join("copy");
    back_up(&world, &server, &folder).done();
    let target = world.home().join("restored");
    let files = files(&folder);
    assert_eq!(files.len(), 5, "{files:?}");
    for path in &files {
        let whole = fs::read(path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        for at in [0, whole.len() / 2, whole.len() - 2] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(path, changed).unwrap();
            let refusal = restore(&world, &folder, &target).refused(1);
            assert!(refusal.contains(name), "byte {at} of {name}: {refusal}");
            assert!(!target.exists(), "byte {at} of {name}");
        }
        fs::remove_file(path).unwrap();
        let refusal = restore(&world, &folder, &target).refused(1);
        assert!(refusal.contains(name), "{name}: {refusal}");
        assert!(!target.exists(), "{name}");
        fs::write(path, whole).unwrap();
    }
    restore(&world, &folder, &target).done();
}

/// Guarantees: neither command touches a folder with something in it, and a backup that cannot be
/// begun or finished leaves none, and says why.
#[test]
fn nothing_is_overwritten_or_half_done() {
    let world = World::new();
    let server = world.start();
    spans::send(&server, "api", 5);
    let folder = world.home().join("copy");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("letter"), "dear").unwrap();
    let refusal = back_up(&world, &server, &folder).refused(2);
    assert!(refusal.contains("not empty") && refusal.contains("letter"), "{refusal}");
    fs::remove_file(folder.join("letter")).unwrap();
    back_up(&world, &server, &folder).done();
    let refusal = restore(&world, &folder, &world.data()).refused(2);
    assert!(refusal.contains("not empty"), "{refusal}");

    // A segment that the disk has changed.
    let segment = files(&world.data().join("segments")).remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let other = world.home().join("other");
    let refusal = back_up(&world, &server, &other).refused(1);
    let name = segment.file_name().unwrap().to_str().unwrap();
    assert!(refusal.contains("cannot finish") && refusal.contains(name), "{refusal}");
    assert!(!other.exists());
}

/// Guarantees: who reads a backup slowly holds up neither events nor questions; a second backup is
/// refused meanwhile, and taken once the first reader is gone.
#[test]
fn slow_readers_hold_nobody_up() {
    let mut world = World::new();
    world.set_variable("TRACKWAY_TEST_STORE", BUSY);
    let server = world.start();
    for number in 0..LARGE_REQUESTS {
        send_noise(&server, number);
    }
    let address = server.url.strip_prefix("http://").unwrap();
    let mut slow = TcpStream::connect(address).unwrap();
    let request = format!("GET /api/v1/backup HTTP/1.1\r\nhost: {address}\r\n\r\n");
    std::io::Write::write_all(&mut slow, request.as_bytes()).unwrap();
    let mut status = [0; 15];
    slow.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200 OK");
    let refusal = back_up(&world, &server, &world.home().join("second")).refused(1);
    assert!(refusal.contains("409") && refusal.contains("another backup"), "{refusal}");
    let compactions = server.metric("trackway_compactions_total");
    for _ in 0..30 {
        spans::send(&server, "api", 40);
    }
    assert_eq!(spans::rows(&server, "api"), Some(1_200));
    server.wait_until("compaction goes on", |server| {
        spans::send(server, "api", 40);
        server.metric("trackway_compactions_total") > compactions
    });
    drop(slow);
    let folder = world.home().join("copy");
    server.wait_until("there is room for another", |server| {
        back_up(&world, server, &folder).status == 0
    });
}

/// Guarantees: a backup takes the permission manage, and a key of the environment that everything
/// is in by default, since it holds all of them.
#[test]
fn backups_take_a_key() {
    let world = World::new().with_flags(&["--keys", "strict"]);
    let data = world.data();
    let data = data.to_str().unwrap();
    let key = |environment: &str, permissions: &str| {
        let flags = ["--environment", environment, "--permissions", permissions, "--data", data];
        let made = world.run(&[&["key", "create"][..], &flags].concat()).done();
        made.trim().to_owned()
    };
    let (weak, foreign) = (key("default", "send,query"), key("other", "manage"));
    let strong = key("default", "manage");
    let server = world.start();
    let folder = world.home().join("copy");
    let ask = |key: &str| {
        let folder = folder.to_str().unwrap();
        world.run(&["backup", folder, "--server", &server.url, "--key", key])
    };
    assert!(ask("nobody's").refused(1).contains("401"));
    assert!(ask(&weak).refused(1).contains("may not manage"));
    assert!(ask(&foreign).refused(1).contains("environment default"));
    assert!(!folder.exists());
    ask(&strong).done();
}
