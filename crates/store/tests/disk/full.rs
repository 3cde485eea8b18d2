//! A disk that is full, and failing: nothing acknowledged is lost, and all goes on by itself.

use std::sync::atomic::Ordering;
use std::time::Duration;

use store::Settings;

use crate::world::{Event, Plain, World, is_unavailable, small};

/// What clients are told to wait.
const RETRY: Duration = Duration::from_secs(1);

/// An event of about 50 KB.
fn large(world: &World, id: i64) -> Event {
    let event = Event::new("cart", world.now()).with("id", Plain::Int(id));
    event.with("lines", Plain::Text("x".repeat(50_000)))
}

/// Sends until a request is refused; the ids of those that were taken, and the refusal.
fn send_until_refused(world: &mut World, first: i64) -> (Vec<i64>, model::Error) {
    let mut taken = Vec::new();
    for id in first..first + 100 {
        let event = large(world, id);
        match world.try_send(&[event]) {
            Ok(()) => taken.push(id),
            Err(error) => return (taken, error),
        }
    }
    panic!("a full disk takes a hundred requests");
}

/// Guarantees: on a full disk requests are refused with a time to try again, questions are
/// answered, nothing acknowledged is lost and nothing refused appears; once there is room requests
/// are taken again without a restart, and the trouble is over as soon as one is.
#[test]
fn requests_on_a_full_disk() {
    let mut world = World::new();
    world.send_some("cart", 0..1);
    world.disk.set_room(0);
    let (mut taken, error) = send_until_refused(&mut world, 1);
    taken.insert(0, 0);
    assert!(is_unavailable(&error), "{error}");
    assert!(world.store.trouble().is_some());
    assert_eq!(world.ids(), taken);
    // Before the time is over nothing is tried, so that a flush finds the room there is.
    let before = world.disk.written();
    assert!(is_unavailable(&world.try_send(&[large(&world, 200)]).unwrap_err()));
    assert_eq!(world.disk.written(), before);
    world.clock.pass(RETRY);
    assert!(is_unavailable(&world.try_send(&[large(&world, 201)]).unwrap_err()));
    world.disk.make_room();
    world.clock.pass(RETRY);
    world.send(&[large(&world, 202)]);
    assert_eq!(world.store.trouble(), None);
    taken.push(202);
    assert_eq!(world.ids(), taken);
    world.restart();
    assert_eq!(world.ids(), taken);
}

/// Guarantees: a flush makes an end of a full log by itself: once its requests are in segments its
/// files are used again, without any more room than the segments need.
#[test]
fn a_flush_makes_room_in_the_log() {
    let mut world = World::new();
    world.send_some("cart", 0..1);
    world.disk.set_room(200 << 10);
    let (mut taken, _) = send_until_refused(&mut world, 1);
    world.flush();
    world.send(&[large(&world, 300)]);
    taken.splice(0..0, [0]);
    taken.push(300);
    assert_eq!(world.ids(), taken);
    assert_eq!(world.store.trouble(), None);
}

/// Guarantees: a flush on a full disk fails, shows it, leaves no file behind and loses nothing; it
/// succeeds once there is room.
#[test]
fn a_flush_on_a_full_disk() {
    let mut world = World::new();
    world.send_some("cart", 0..500);
    world.store.freeze();
    let before = world.files("");
    for room in [0, 1_000, 6_000] {
        world.disk.set_room(room);
        assert!(is_unavailable(&world.store.flush_one().unwrap_err()));
        assert!(world.store.trouble().is_some());
        assert_eq!(world.files(""), before);
        assert_eq!(world.ids().len(), 500);
    }
    // The file of the log that is being written has room, and takes requests.
    world.send_some("cart", 500..501);
    assert!(world.store.trouble().is_some(), "a flush still fails");
    world.disk.make_room();
    assert!(world.store.flush_one().unwrap());
    assert_eq!(world.store.trouble(), None);
    assert_eq!(world.ids(), (0..501).collect::<Vec<_>>());
    assert_eq!(world.files("segments").len(), 2);
    world.restart();
    assert_eq!(world.ids(), (0..501).collect::<Vec<_>>());
}

/// Guarantees: so does a compaction.
#[test]
fn a_compaction_on_a_full_disk() {
    let mut world = World::new();
    for id in 0..3 {
        world.send_some("cart", id * 100..id * 100 + 100);
        world.flush();
    }
    let before = world.files("segments");
    for room in [0, 1_000] {
        world.disk.set_room(room);
        assert!(is_unavailable(&world.store.compact_one().unwrap_err()));
        assert_eq!(world.files("segments"), before);
        assert_eq!(world.ids().len(), 300);
    }
    assert_eq!(world.store.gauges().damaged_segments, 0);
    world.disk.make_room();
    world.compact();
    assert_eq!(world.files("segments").len(), 2);
    assert_eq!(world.ids(), (0..300).collect::<Vec<_>>());
}

/// Guarantees: a server starts on a full disk and answers questions, also with more in its log than
/// one generation of the memtable; what it holds is flushed once there is room.
#[test]
fn a_start_on_a_full_disk() {
    let settings = Settings { flush_bytes: 60_000, ..small() };
    let mut world = World::with(settings);
    for id in 0..8 {
        world.send(&[large(&world, id)]);
    }
    world.disk.set_room(0);
    world.restart();
    assert_eq!(world.ids(), (0..8).collect::<Vec<_>>());
    assert!(world.store.trouble().is_some());
    assert!(is_unavailable(&world.try_send(&[large(&world, 8)]).unwrap_err()));
    world.disk.make_room();
    world.clock.pass(RETRY);
    world.flush();
    world.send(&[large(&world, 9)]);
    let expected: Vec<i64> = (0..8).chain([9]).collect();
    assert_eq!(world.ids(), expected);
    world.restart();
    assert_eq!(world.ids(), expected);
}

/// Guarantees: after a failed sync nothing more is written to that file; the group is acknowledged
/// once it is synced in another, and refused if that fails too.
#[test]
fn syncs_that_fail() {
    let mut world = World::new();
    world.send_some("cart", 0..1);
    let file = world.folder.path().join(&world.files("log")[0]);
    world.disk.fail_syncs(true);
    assert!(is_unavailable(&world.try_send(&[large(&world, 1)]).unwrap_err()));
    let left = std::fs::read(&file).unwrap();
    world.disk.fail_syncs(false);
    world.send_some("cart", 2..3);
    assert_eq!(world.ids(), [0, 2]);
    assert_eq!(std::fs::read(&file).unwrap(), left);
    world.flush();
    world.restart();
    assert_eq!(world.ids(), [0, 2]);
}

/// Guarantees: files of a commit that failed are removed in the end, each of them, though their
/// removal fails at first; nothing else waits for it.
#[test]
fn files_of_a_failed_commit() {
    let mut world = World::new();
    world.send_some("cart", 0..100);
    world.store.freeze();
    world.commits.fail.store(true, Ordering::SeqCst);
    assert!(world.store.flush_one().is_err());
    assert!(world.store.flush_one().is_err());
    assert_eq!(world.files("segments").len(), 2, "the power may bring the commit back");
    world.commits.fail.store(false, Ordering::SeqCst);
    world.disk.fail_removals(true);
    assert!(world.store.flush_one().unwrap());
    assert_eq!(world.ids(), (0..100).collect::<Vec<_>>());
    assert_eq!(world.files("segments").len(), 4);
    assert!(world.store.maintain().is_err());
    world.disk.fail_removals(false);
    world.store.maintain().unwrap();
    let mut named = world.store.files();
    named.sort();
    assert_eq!(world.files("segments"), named);
    assert_eq!(world.ids(), (0..100).collect::<Vec<_>>());
}

/// Guarantees: while the catalog cannot be written, requests of known datasets are taken, and ones
/// that name a new one are refused and leave no trace.
#[test]
fn requests_while_the_catalog_fails() {
    let mut world = World::new();
    world.send_some("cart", 0..1);
    world.commits.fail.store(true, Ordering::SeqCst);
    let now = world.now();
    let event = |dataset: &str, id| Event::new(dataset, now).with("id", Plain::Int(id));
    let (known, known_answer) = world.request(&[event("cart", 1)], None);
    let (new, new_answer) = world.request(&[event("cart", 2), event("web", 3)], None);
    let (last, last_answer) = world.request(&[event("Cart", 4)], None);
    world.store.append(vec![known, new, last]);
    let is_taken = |answer: &std::sync::Mutex<Option<model::Result<()>>>| {
        answer.lock().unwrap().take().unwrap().is_ok()
    };
    assert!(is_taken(&known_answer) && !is_taken(&new_answer) && is_taken(&last_answer));
    world.commits.fail.store(false, Ordering::SeqCst);
    assert_eq!(world.ids(), [0, 1, 4]);
    world.restart();
    assert_eq!(world.ids(), [0, 1, 4]);
    assert_eq!(world.store.gauges().datasets, 1);
}
