//! What is deleted is gone: from answers at once, from the disk when its time comes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use store::{Settings, Stage};

use crate::world::{ENVIRONMENT, Event, NO_FILES, Plain, World, small};

/// Text that no file may hold in the end.
const MARKER: &str = "the-card-number-of-somebody";

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Requests of a dataset whose rows hold the marker.
fn send_marked(world: &mut World, dataset: &str, count: i64) {
    let now = world.now();
    for id in 0..count {
        let event = Event::new(dataset, now).with("id", Plain::Int(id));
        world.send(&[event.with("card", Plain::text(MARKER))]);
    }
}

fn delete(world: &World, dataset: &str) {
    world.store.delete_dataset(ENVIRONMENT, dataset).unwrap();
}

fn datasets(world: &World) -> Vec<String> {
    let mut names: Vec<String> = world.rows().into_iter().map(|row| row.dataset).collect();
    names.sort();
    names.dedup();
    names
}

/// Guarantees: a deleted dataset is gone from answers at once and from every file once it is
/// flushed and its segments are rewritten, its name included; its neighbours stay.
#[test]
fn deleted_rows_leave_every_file() {
    let mut world = World::new();
    let name = "tenant-of-somebody";
    send_marked(&mut world, name, 50);
    world.send_some("cart", 0..50);
    world.flush();
    send_marked(&mut world, name, 50);
    world.send_some("cart", 50..100);
    assert!(world.files_with(MARKER).len() > 1, "in a segment and in the log");
    delete(&world, name);
    assert_eq!(datasets(&world), ["cart"]);
    while world.store.flush_one().unwrap() {}
    world.compact();
    assert_eq!(world.files_with(MARKER), NO_FILES);
    assert_eq!(world.files_with(name), NO_FILES);
    assert_eq!(world.ids(), (0..100).collect::<Vec<_>>());
    world.restart();
    assert_eq!(world.ids(), (0..100).collect::<Vec<_>>());
}

/// Guarantees: a deletion that a stop interrupts is finished after the start, whether or not
/// requests come before that.
#[test]
fn a_deletion_outlives_a_restart() {
    for requests in [0, 3] {
        let mut world = World::new();
        send_marked(&mut world, "somebody", 50);
        world.flush();
        send_marked(&mut world, "somebody", 50);
        delete(&world, "somebody");
        world.restart();
        assert_eq!(datasets(&world), [""; 0]);
        (0..requests).for_each(|id| world.send_some("cart", id..id + 1));
        world.flush();
        world.compact();
        (0..requests).for_each(|id| world.send_some("cart", id..id + 1));
        world.flush();
        world.compact();
        world.clock.pass(DAY);
        world.compact();
        assert_eq!(world.files_with(MARKER), NO_FILES);
        assert_eq!(world.ids().len() as i64, 2 * requests);
    }
}

/// Guarantees: a few deleted rows among many leave their segment a day later.
#[test]
fn few_deleted_rows_leave_within_a_day() {
    let mut world = World::new();
    send_marked(&mut world, "somebody", 3);
    world.send_some("cart", 0..500);
    world.flush();
    delete(&world, "somebody");
    world.compact();
    assert_eq!(world.files_with(MARKER).len(), 1, "a rewrite is not worth it yet");
    world.clock.pass(DAY);
    world.compact();
    assert_eq!(world.files_with(MARKER), NO_FILES);
}

/// Guarantees: bytes of a deleted dataset in a file of the log that waits for its next use are
/// removed too, however soon it would be used again; and on a server that is never idle the log
/// goes back to using its files again.
#[test]
fn a_deletion_on_a_busy_server() {
    let mut world = World::new();
    let lines = "x".repeat(50_000);
    let fill = |world: &mut World| {
        let now = world.now();
        for _ in 0..6 {
            world.send(&[Event::new("cart", now).with("lines", Plain::text(&lines))]);
        }
    };
    send_marked(&mut world, "somebody", 5);
    fill(&mut world);
    fill(&mut world);
    world.flush();
    assert!(world.files("log").len() > 1, "one file waits for its next use");
    delete(&world, "somebody");
    for _ in 0..3 {
        // There is always a request that is not flushed yet.
        fill(&mut world);
        world.store.freeze();
        fill(&mut world);
        while world.store.flush_one().unwrap() {}
    }
    world.compact();
    assert_eq!(world.files_with(MARKER), NO_FILES);
    let files = world.files("log");
    for _ in 0..6 {
        fill(&mut world);
        world.flush();
    }
    let made: Vec<_> = world.files("log").into_iter().filter(|one| !files.contains(one)).collect();
    assert_eq!(made, NO_FILES);
}

/// Guarantees: a dataset that is deleted while its rows are written into segments stays deleted,
/// and what was written of it goes; one of the same name made meanwhile keeps its own rows.
#[test]
fn deleted_while_it_is_flushed() {
    for stage in [Stage::Flush, Stage::Commit, Stage::Recycle] {
        let mut world = World::new();
        send_marked(&mut world, "somebody", 50);
        world.send_some("cart", 0..10);
        let (request, answer) =
            world.request(&[Event::new("somebody", world.now()).with("id", Plain::Int(7))], None);
        let (store, request) = (Arc::clone(&world.store), Mutex::new(Some(request)));
        world.observer.at(stage, move || {
            store.delete_dataset(ENVIRONMENT, "somebody").unwrap();
            store.maintain().unwrap();
            store.append(request.lock().unwrap().take().into_iter().collect());
        });
        world.flush();
        assert!(answer.lock().unwrap().take().unwrap().is_ok());
        let of_somebody = |world: &World| -> Vec<_> {
            let rows = world.rows().into_iter();
            rows.filter(|row| row.dataset == "somebody").map(|row| row.id()).collect()
        };
        assert_eq!(of_somebody(&world), [Some(7)], "{stage:?}");
        world.flush();
        world.compact();
        world.clock.pass(DAY);
        world.compact();
        assert_eq!(world.files_with(MARKER), NO_FILES, "{stage:?}");
        world.restart();
        assert_eq!(of_somebody(&world), [Some(7)], "{stage:?}");
        assert_eq!(world.ids().len(), 11);
    }
}

/// Guarantees: a snapshot reads on in files that were replaced after it was taken; they go with it.
#[test]
fn snapshots_keep_their_files() {
    let mut world = World::new();
    for id in 0..4 {
        world.send_some("cart", id * 10..id * 10 + 10);
        world.flush();
    }
    let snapshot = world.store.snapshot();
    let before = world.files("segments");
    world.compact();
    assert!(before.iter().all(|path| world.files("segments").contains(path)));
    assert_eq!(crate::read::read_all(&snapshot).unwrap().len(), 40);
    drop(snapshot);
    world.store.maintain().unwrap();
    let after = world.files("segments");
    assert!(before.iter().all(|path| !after.contains(path)), "{after:?}");
    assert_eq!(world.ids().len(), 40);
}

/// Guarantees: the removal of a file lasts before the catalog forgets the file. Otherwise a power
/// cut could bring it back, and the next start would put it aside with what was deleted in it.
#[test]
fn removals_last() {
    let mut world = World::new();
    send_marked(&mut world, "somebody", 20);
    world.flush();
    let folder = world.files("segments")[0].parent().unwrap().to_owned();
    delete(&world, "somebody");
    while world.store.compact_one().unwrap() {}
    world.disk.take_synced();
    world.store.maintain().unwrap();
    assert_eq!(world.files("segments"), NO_FILES);
    let synced = world.disk.take_synced();
    assert!(synced.contains(&folder) && synced.contains(&"log".into()), "{synced:?}");
}

/// Guarantees: what cannot be removed now is removed later, and nothing is forgotten of it.
#[test]
fn removals_that_fail_are_tried_again() {
    let settings = Settings { compact_segments: 2, ..small() };
    let mut world = World::with(settings);
    for id in 0..4 {
        world.send_some("cart", id * 10..id * 10 + 10);
        world.flush();
    }
    send_marked(&mut world, "somebody", 5);
    delete(&world, "somebody");
    world.disk.fail_removals(true);
    assert!(world.store.flush_one().unwrap(), "whatever becomes of files of the log");
    while world.store.compact_one().unwrap() {}
    assert!(world.store.maintain().is_err());
    assert!(world.store.maintain().is_err());
    world.disk.fail_removals(false);
    world.compact();
    let mut named = world.store.files();
    named.sort();
    assert_eq!(world.files("segments"), named);
    assert_eq!(world.files_with(MARKER), NO_FILES);
    assert_eq!(world.store.gauges().log_bytes, log_bytes(&world));
    let connection = rusqlite::Connection::open(world.folder.path().join(store::CATALOG)).unwrap();
    let dead: i64 = connection
        .query_row("SELECT count(*) FROM segment WHERE dead_version IS NOT NULL", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(dead, 0);
}

fn log_bytes(world: &World) -> u64 {
    let length = |path| std::fs::metadata(world.folder.path().join(path)).unwrap().len();
    world.files("log").iter().map(length).sum()
}
