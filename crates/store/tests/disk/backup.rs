//! Backups are whole, of one moment, and in nobody's way.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use store::{Backup, CATALOG, Catalog, Disk as _, LocalDisk, Seams, Settings, Stage, Store};
use tempfile::TempDir;

use crate::read::{Row, read_all};
use crate::world::{EventDecoder, World, small};

/// Pieces so small that every file is read in several.
const PIECE: usize = 1_000;

/// Takes a backup, with its catalog beside the data folder.
fn back_up(world: &World, outer: &TempDir) -> Backup {
    world.store.back_up(&outer.path().join(CATALOG)).unwrap()
}

/// Puts the files of a backup where its catalog is.
fn unpack(backup: &Backup, folder: &Path) -> model::Result<()> {
    let disk = LocalDisk::new(folder).unwrap();
    for segment in backup.segments() {
        for mut file in backup.open(segment)? {
            disk.make_folder(file.path().parent().unwrap()).unwrap();
            let out = disk.create(file.path()).unwrap();
            let (mut at, length) = (0, file.length());
            while at < length {
                let piece = file.read(PIECE)?;
                out.write_all_at(&piece, at).unwrap();
                at += piece.len() as u64;
            }
            assert!(file.read(PIECE)?.is_empty());
        }
    }
    store::verify(&disk, &Catalog::open(&folder.join(CATALOG))?)
}

/// Opens what was unpacked as a world of its own.
fn open(world: &World, folder: &Path) -> Store {
    let seams = Seams { disk: Arc::new(LocalDisk::new(folder).unwrap()), ..world.seams() };
    let catalog = Catalog::open(&folder.join(CATALOG)).unwrap();
    let store = Store::open(seams, catalog, small()).unwrap();
    let recovery = store.recover(&EventDecoder).unwrap();
    assert_eq!((recovery.records, recovery.lost), (0, 0));
    store
}

fn ids(store: &Store) -> Vec<i64> {
    let mut ids: Vec<i64> =
        read_all(&store.snapshot()).unwrap().iter().filter_map(Row::id).collect();
    ids.sort_unstable();
    ids
}

/// Guarantees: a backup holds everything acknowledged before it, wherever that was, and opens
/// without a log; what is sent then is numbered on, and survives the next start.
#[test]
fn all_that_was_acknowledged() {
    let mut world = World::with(Settings { compact_segments: 3, ..small() });
    for id in 0..4 {
        world.send_some("cart", id * 10..id * 10 + 10);
        world.flush();
    }
    world.compact();
    world.send_some("user", 40..50);
    world.store.freeze();
    world.send_some("cart", 50..60);
    let outer = TempDir::new().unwrap();
    let backup = back_up(&world, &outer);
    world.send_some("late", 60..70);
    unpack(&backup, outer.path()).unwrap();
    let restored = open(&world, outer.path());
    assert_eq!(ids(&restored), (0..60).collect::<Vec<_>>());

    let mark = backup.mark();
    let (pending, answer) = world.request(&[crate::world::Event::new("cart", world.now())], None);
    restored.append(vec![pending]);
    answer.lock().unwrap().take().unwrap().unwrap();
    drop(restored);
    let seams = Seams { disk: Arc::new(LocalDisk::new(outer.path()).unwrap()), ..world.seams() };
    let catalog = Catalog::open(&outer.path().join(CATALOG)).unwrap();
    let again = Store::open(seams, catalog, small()).unwrap();
    assert_eq!(again.recover(&EventDecoder).unwrap().records, 1);
    let snapshot = again.snapshot();
    let newest = snapshot.batches(crate::world::ENVIRONMENT, model::Signal::Spans).last();
    assert!(newest.unwrap().lsn > mark, "{mark}");
    assert_eq!(read_all(&snapshot).unwrap().len(), 61);
}

/// Guarantees: compaction and tidying go on beside a backup, whose files stay until it is dropped.
#[test]
fn files_stay_while_they_are_read() {
    let mut world = World::with(Settings { compact_segments: 2, ..small() });
    for id in 0..3 {
        world.send_some("cart", id * 10..id * 10 + 10);
        world.flush();
    }
    let outer = TempDir::new().unwrap();
    let backup = back_up(&world, &outer);
    world.compact();
    world.send_some("cart", 30..40);
    world.flush();
    world.compact();
    unpack(&backup, outer.path()).unwrap();
    assert_eq!(ids(&open(&world, outer.path())), (0..30).collect::<Vec<_>>());
    let before = world.files("segments").len();
    drop(backup);
    world.store.maintain().unwrap();
    assert!(world.files("segments").len() < before);
    assert_eq!(world.ids(), (0..40).collect::<Vec<_>>());
}

/// Guarantees: events that come between the flush and the copy of the catalog, and are flushed in
/// time, are in the backup whole.
#[test]
fn later_events_are_a_prefix() {
    let mut world = World::new();
    world.send_some("cart", 0..10);
    let (second, _) = world.request(
        &[crate::world::Event::new("cart", world.now()).with("id", crate::world::Plain::Int(10))],
        None,
    );
    let store = Arc::clone(&world.store);
    // The requests of the first generation are in segments; another comes and is flushed at once.
    world.observer.at(Stage::Recycle, move || {
        store.append(vec![second]);
        store.freeze();
    });
    let outer = TempDir::new().unwrap();
    let backup = back_up(&world, &outer);
    world.flush();
    unpack(&backup, outer.path()).unwrap();
    let restored = ids(&open(&world, outer.path()));
    assert_eq!(restored, (0..restored.len() as i64).collect::<Vec<_>>());
    assert!(restored.len() >= 10, "{restored:?}");
}

/// Guarantees: where the flush fails, or the copy cannot be written, there is no backup but an
/// error that says why, and the next attempt has everything.
#[test]
fn failures_are_said() {
    let mut world = World::new();
    world.send_some("cart", 0..10);
    let outer = TempDir::new().unwrap();
    world.disk.set_room(0);
    let path = outer.path().join("first.db");
    let error = world.store.back_up(&path).err().unwrap().to_string();
    assert!(!path.exists() && error.contains("writing"), "{error}");
    world.disk.make_room();
    world.commits.fail.store(true, Ordering::SeqCst);
    assert!(world.store.back_up(&path).is_err());
    world.commits.fail.store(false, Ordering::SeqCst);
    let error = world.store.back_up(&outer.path().join("nowhere/catalog.db")).err().unwrap();
    assert!(error.to_string().contains("copying the catalog"), "{error}");
    let backup = back_up(&world, &outer);
    unpack(&backup, outer.path()).unwrap();
    assert_eq!(ids(&open(&world, outer.path())), (0..10).collect::<Vec<_>>());
}

/// Guarantees: a file that is not as it was written does not get into a backup, and is named.
#[test]
fn damaged_files_are_named() {
    let mut world = World::new();
    world.send_some("cart", 0..10);
    let outer = TempDir::new().unwrap();
    let backup = back_up(&world, &outer);
    for path in world.files("segments") {
        let whole = std::fs::read(world.folder.path().join(&path)).unwrap();
        for change in [whole.len() / 2, whole.len() - 20] {
            world.damage(&path, |bytes| bytes[change] ^= 0x10);
            let other = TempDir::new().unwrap();
            let error = unpack(&backup, other.path()).unwrap_err().to_string();
            assert!(error.contains(path.to_str().unwrap()), "{error}");
            world.damage(&path, |bytes| bytes.clone_from(&whole));
        }
    }
    unpack(&backup, outer.path()).unwrap();
}

/// Guarantees: a restored folder in which a file is missing or changed is not taken for whole.
#[test]
fn verification_finds_damage() {
    let mut world = World::new();
    world.send_some("cart", 0..10);
    world.flush();
    let verify = |world: &World| {
        let catalog = Catalog::open(&world.folder.path().join(CATALOG)).unwrap();
        store::verify(&*world.disk, &catalog)
    };
    verify(&world).unwrap();
    for path in world.files("segments") {
        let whole = std::fs::read(world.folder.path().join(&path)).unwrap();
        world.damage(&path, |bytes| bytes[whole.len() / 2] ^= 1);
        assert!(verify(&world).unwrap_err().to_string().contains(path.to_str().unwrap()));
        std::fs::remove_file(world.folder.path().join(&path)).unwrap();
        assert!(verify(&world).unwrap_err().to_string().contains(path.to_str().unwrap()));
        std::fs::write(world.folder.path().join(&path), whole).unwrap();
    }
    verify(&world).unwrap();
}
