//! Who has to wait for whom: nobody who asks or sends waits for a file to be filled or for the
//! catalog.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::Builder;
use std::time::Duration;

use store::{Settings, Store};

use crate::world::{ENVIRONMENT, Event, Plain, World, small};

/// How long something that must not have to wait may take on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(20);

/// Whether something that another thread does ends although this one is busy.
fn goes_on(store: &Arc<Store>, what: impl FnOnce(&Store) + Send + 'static) -> bool {
    let (ended, end) = sync_channel(1);
    let store = Arc::clone(store);
    let run = move || {
        what(&store);
        ended.send(()).ok();
    };
    Builder::new().spawn(run).unwrap();
    end.recv_timeout(AT_ONCE).is_ok()
}

/// Guarantees: requests are taken while the next file of the log is filled with zeros.
#[test]
fn requests_while_a_log_file_is_made() {
    let mut world = World::new();
    let lines = "x".repeat(150_000);
    world.send(&[Event::new("cart", world.now()).with("lines", Plain::text(&lines))]);
    let (request, answer) = world.request(&[Event::new("cart", world.now())], None);
    let (store, went_on) = (Arc::clone(&world.store), Arc::new(AtomicBool::new(false)));
    let noted = Arc::clone(&went_on);
    world.disk.before_create(move || {
        let append = |store: &Store| store.append(vec![request]);
        noted.store(goes_on(&store, append), Ordering::SeqCst);
    });
    assert_eq!(world.files("log").len(), 1);
    world.store.maintain().unwrap();
    assert_eq!(world.files("log").len(), 2, "the next file is ready");
    assert!(went_on.load(Ordering::SeqCst));
    assert!(answer.lock().unwrap().take().unwrap().is_ok());
}

/// Guarantees: after a start a small file of the log is there soon, and then one of full size; a
/// request that comes before either waits for no more than a small one, and once its requests are
/// in segments it gives way.
#[test]
fn the_first_log_file_is_small() {
    let large = || Settings { log_file_bytes: 16 << 20, ..small() };
    let sizes = |world: &World| {
        let size = |path| std::fs::metadata(world.folder.path().join(path)).unwrap().len() >> 20;
        world.files("log").into_iter().map(size).collect::<Vec<_>>()
    };
    let mut world = World::with(large());
    world.store.maintain().unwrap();
    assert_eq!(sizes(&world), [8, 16]);
    world.send_some("cart", 0..1);
    let mut hurried = World::with(large());
    hurried.send_some("cart", 0..1);
    assert_eq!(sizes(&hurried), [8]);
    for world in [&mut world, &mut hurried] {
        world.store.maintain().unwrap();
        assert_eq!(sizes(world), [8, 16]);
        let lines = "x".repeat(5 << 20);
        for _ in 0..2 {
            world.send(&[Event::new("cart", world.now()).with("lines", Plain::text(&lines))]);
        }
        world.flush();
        world.store.maintain().unwrap();
        assert_eq!(sizes(world), [16]);
    }
}

/// Guarantees: snapshots are taken while the catalog syncs a change of datasets.
#[test]
fn questions_while_the_catalog_commits() {
    type Change = fn(&mut World);
    let changes: [Change; 4] = [
        |world| world.send_some("a new one", 0..1),
        |world| {
            let day = Some(Duration::from_secs(86_400));
            world.store.set_retention(ENVIRONMENT, "cart", day).unwrap();
        },
        |world| {
            world.clock.pass(Duration::from_secs(3_600));
            world.store.maintain().unwrap();
        },
        |world| drop(world.store.delete_dataset(ENVIRONMENT, "cart").unwrap()),
    ];
    let mut world = World::new();
    world.send_some("cart", 0..1);
    for change in changes {
        let went_on = Arc::new(AtomicBool::new(false));
        let (store, noted) = (Arc::clone(&world.store), Arc::clone(&went_on));
        *world.commits.surprise.lock().unwrap() = Some(Box::new(move || {
            let look = |store: &Store| drop(store.snapshot());
            noted.store(goes_on(&store, look), Ordering::SeqCst);
        }));
        change(&mut world);
        assert!(went_on.load(Ordering::SeqCst));
    }
}

/// Guarantees: the horizons of all datasets move in one commit, however many there are.
#[test]
fn horizons_move_together() {
    let mut world = World::new();
    let day = Duration::from_secs(86_400);
    for dataset in 0..5 {
        let name = format!("service-{dataset}");
        world.send_some(&name, 0..1);
        world.store.set_retention(ENVIRONMENT, &name, Some(day)).unwrap();
    }
    world.clock.pass(Duration::from_secs(3_600));
    let commits = world.commits.count.load(Ordering::SeqCst);
    world.store.maintain().unwrap();
    assert_eq!(world.commits.count.load(Ordering::SeqCst), commits + 1);
    let snapshot = world.store.snapshot();
    let horizons = snapshot.datasets().live().map(|dataset| dataset.horizon);
    let expected = world.now() - day.as_nanos() as i64;
    assert!(horizons.flatten().all(|horizon| horizon.nanos() == expected));
}
