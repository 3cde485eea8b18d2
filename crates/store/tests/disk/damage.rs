//! Damaged files: what is said about them, and that all else goes on.

use std::path::{Path, PathBuf};

use model::{ErrorKind, Signal};
use store::{CATALOG, Catalog};

use crate::read::read_segment;
use crate::world::{ENVIRONMENT, World};

/// The bytes that groups of the log begin with.
const GROUP: &[u8] = b"TWG1";

/// A store of five requests in one file of the log, and that file.
fn five_requests() -> (World, PathBuf) {
    let mut world = World::new();
    (0..5).for_each(|id| world.send_some("cart", id..id + 1));
    let files = world.files("log");
    assert_eq!(files.len(), 1);
    (world, files[0].clone())
}

/// Where the groups of a file begin.
fn groups(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len()).step_by(4_096).filter(|at| bytes[*at..].starts_with(GROUP)).collect()
}

fn flip_in_group(world: &World, file: &Path, group: usize) {
    world.damage(file, |bytes| {
        let at = groups(bytes)[group];
        bytes[at + 100] ^= 1;
    });
}

/// Guarantees: a hole in the log with a later group behind it stops the start with an error that
/// names the file and the remedy, and changes nothing; accepted, it costs just what is in the hole,
/// is counted, and need not be accepted again.
#[test]
fn a_hole_in_the_log() {
    let (mut world, file) = five_requests();
    flip_in_group(&world, &file, 2);
    for _ in 0..2 {
        let error = world.try_restart().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        let text = error.to_string();
        for words in ["log/00000001.log", "restore", "--accept-log-damage"] {
            assert!(text.contains(words), "{text}");
        }
    }
    world.settings.accept_log_damage = true;
    let recovery = world.restart();
    assert_eq!((recovery.records, recovery.lost), (4, 1));
    assert_eq!(world.store.counters().lost_records.get(), 1);
    assert_eq!(world.ids(), [0, 1, 3, 4]);
    world.send_some("cart", 5..6);
    assert_eq!(world.ids(), [0, 1, 3, 4, 5]);
    while world.store.flush_one().unwrap() {}
    world.settings.accept_log_damage = false;
    world.restart();
    assert_eq!(world.ids(), [0, 1, 3, 4, 5]);
}

/// Guarantees: the last group may be torn anywhere: it was not acknowledged, or the disk has lost
/// what it said was written, which nobody can tell from it.
#[test]
fn a_torn_tail() {
    let (mut world, file) = five_requests();
    flip_in_group(&world, &file, 4);
    let recovery = world.restart();
    assert_eq!((recovery.records, recovery.lost), (4, 0));
    assert_eq!(world.ids(), [0, 1, 2, 3]);
    // The log goes on behind the tear, now and after the next start.
    world.send_some("cart", 7..8);
    world.restart();
    assert_eq!(world.ids(), [0, 1, 2, 3, 7]);
}

/// Guarantees: a file of the log that is missing between others is damage too.
#[test]
fn a_missing_file_of_the_log() {
    let mut world = World::new();
    let lines = "x".repeat(60_000);
    let now = world.now();
    for id in 0..12 {
        let event = crate::world::Event::new("cart", now)
            .with("id", crate::world::Plain::Int(id))
            .with("lines", crate::world::Plain::text(&lines));
        world.send(&[event]);
    }
    let files = world.files("log");
    assert!(files.len() > 2, "{files:?}");
    std::fs::remove_file(world.folder.path().join(&files[1])).unwrap();
    let error = world.try_restart().unwrap_err().to_string();
    assert!(error.contains("the log has lost requests"), "{error}");
    assert!(error.contains("--accept-log-damage"), "{error}");
}

/// Guarantees: damage to a part of the log that has been flushed keeps nobody from starting, since
/// nothing is lost by it.
#[test]
fn a_hole_in_what_is_flushed() {
    let mut world = World::new();
    (0..3).for_each(|id| world.send_some("cart", id..id + 1));
    world.flush();
    (3..6).for_each(|id| world.send_some("cart", id..id + 1));
    let file = world.files("log")[0].clone();
    for group in [0, 1] {
        flip_in_group(&world, &file, group);
    }
    let recovery = world.restart();
    assert_eq!((recovery.records, recovery.lost), (3, 0));
    assert_eq!(world.ids(), [0, 1, 2, 3, 4, 5]);
}

/// Guarantees: a damaged header of a log file is an error that names the file and what to do.
#[test]
fn a_damaged_header_of_a_log_file() {
    let (mut world, file) = five_requests();
    world.damage(&file, |bytes| {
        bytes[9] ^= 1;
        bytes[4_096 + 9] ^= 1;
    });
    let error = world.try_restart().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let text = error.to_string();
    assert!(text.contains("log/00000001.log") && text.contains("restore"), "{text}");
}

/// Guarantees: a file of the log that was cut is an error that names it and the remedy; accepted,
/// it costs what was cut off. Files that are not the log's are left alone.
#[test]
fn a_cut_file_of_the_log() {
    let (mut world, file) = five_requests();
    let other = world.folder.path().join("log/notes.txt");
    std::fs::write(&other, "not the log's").unwrap();
    world.damage(&file, |bytes| {
        let third = groups(bytes)[3];
        bytes.truncate(third + 1_000);
    });
    let error = world.try_restart().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let text = error.to_string();
    assert!(text.contains("log/00000001.log is cut"), "{text}");
    assert!(text.contains("--accept-log-damage"), "{text}");
    assert!(world.check().iter().any(|found| found.is_damage && found.text.contains("is cut")));
    world.settings.accept_log_damage = true;
    world.restart();
    assert_eq!(world.ids(), [0, 1, 2]);
    assert!(other.exists());
}

/// Guarantees: a catalog of a newer format is refused in words, and a file that is none as damage.
#[test]
fn a_catalog_of_another_kind() {
    let mut world = World::new();
    let path = world.folder.path().join(CATALOG);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute("UPDATE meta SET value = '4' WHERE name = 'format'", []).unwrap();
    drop(connection);
    let error = world.try_restart().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let text = error.to_string();
    assert!(text.contains("format 4") && text.contains("newer program"), "{text}");
    let other = world.folder.path().join("other.db");
    std::fs::write(&other, "this is no database, and long enough to be taken for one").unwrap();
    let Err(error) = Catalog::open(&other) else { panic!("it was opened") };
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

/// Two segments of one hour, of the ids 0 and 1 on.
fn two_segments() -> World {
    let mut world = World::new();
    for id in 0..2 {
        world.send_some("cart", id * 100..id * 100 + 50);
        world.flush();
    }
    world
}

fn segments(world: &World) -> Vec<PathBuf> {
    let snapshot = world.store.snapshot();
    snapshot.all_segments().iter().map(|segment| segment.meta.path.clone()).collect()
}

/// Guarantees: a segment that does not read is named by the error, and others still answer.
#[test]
fn a_damaged_segment() {
    let world = two_segments();
    let bad = segments(&world)[0].clone();
    type Change = fn(&mut Vec<u8>);
    let changes: [(&str, Change); 4] = [
        ("footer", |bytes| {
            let end = bytes.len();
            bytes[end - 60..end - 8].fill(0xff);
        }),
        ("cut", |bytes| bytes.truncate(bytes.len() / 2)),
        ("zeros", |bytes| bytes.fill(0)),
        ("pages", |bytes| bytes[4..1_000].fill(0x5a)),
    ];
    let whole = std::fs::read(world.folder.path().join(&bad)).unwrap();
    for (what, change) in changes {
        world.damage(&bad, change);
        let snapshot = world.store.snapshot();
        let mut read = Vec::new();
        for segment in snapshot.segments(ENVIRONMENT, Signal::Spans) {
            match read_segment(&snapshot, segment) {
                Ok(rows) => read.extend(rows),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Corrupt, "{what}: {error}");
                    assert!(error.to_string().contains(bad.to_str().unwrap()), "{what}: {error}");
                }
            }
        }
        assert_eq!(read.len(), 50, "{what}: the other segment answers");
        world.damage(&bad, |bytes| bytes.clone_from(&whole));
    }
    std::fs::remove_file(world.folder.path().join(&bad)).unwrap();
    let error = crate::read::read_all(&world.store.snapshot()).unwrap_err();
    assert!(error.to_string().contains(bad.to_str().unwrap()), "{error}");
}

/// Guarantees: a damaged segment stops neither the merging of others nor new data, and is shown.
#[test]
fn compaction_goes_round_a_damaged_segment() {
    let mut world = two_segments();
    let bad = segments(&world)[0].clone();
    world.damage(&bad, |bytes| {
        let end = bytes.len();
        bytes[end - 60..end - 8].fill(0xff);
    });
    world.send_some("cart", 200..250);
    world.flush();
    let error = world.store.compact_one().unwrap_err();
    assert!(error.to_string().contains(bad.to_str().unwrap()), "{error}");
    world.compact();
    assert_eq!(world.store.gauges().damaged_segments, 1);
    assert_eq!(world.store.gauges().compactions_pending, 0);
    let left = segments(&world);
    assert_eq!(left.len(), 2, "the damaged one and one of the other two: {left:?}");
    assert!(left.contains(&bad));
}

/// Guarantees: whatever bytes of a segment change, the check finds it, and reading does not bring
/// the process down.
#[test]
fn any_damage_is_an_error() {
    use model::Random as _;
    let world = two_segments();
    let bad = segments(&world)[0].clone();
    let path = world.folder.path().join(&bad);
    let whole = std::fs::read(&path).unwrap();
    let seed = 7;
    let random = model::SeededRandom::new(seed);
    let mut failures = 0;
    for round in 0..150 {
        let mut bytes = whole.clone();
        for _ in 0..1 + random.below(3) {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = random.next() as u8;
        }
        std::fs::write(&path, bytes).unwrap();
        let snapshot = world.store.snapshot();
        let segment = &snapshot.all_segments()[0];
        let error = read_segment(&snapshot, segment).map(drop).err();
        failures += usize::from(error.is_some());
        assert!(world.check().iter().any(|found| found.is_damage), "seed {seed}, round {round}");
    }
    assert!(failures > 20, "{failures}");
}
