//! The check of a folder finds each kind of damage.

use std::path::{Path, PathBuf};

use store::{Finding, Settings};

use crate::world::{World, small};

/// A store with a segment, a compacted segment, and requests in the log.
fn world() -> World {
    let settings = Settings { compact_segments: 3, ..small() };
    let mut world = World::with(settings);
    for id in 0..3 {
        world.send_some("cart", id * 100..id * 100 + 100);
        world.flush();
    }
    world.compact();
    world.send_some("cart", 300..400);
    world.flush();
    (4..8).for_each(|id| world.send_some("cart", id * 100..id * 100 + 1));
    world
}

fn damage_of(findings: &[Finding]) -> Vec<&str> {
    findings.iter().filter(|finding| finding.is_damage).map(|one| one.text.as_str()).collect()
}

/// What the check says once a file is changed; the file is as before afterwards.
fn after(world: &World, path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> Vec<String> {
    let whole = std::fs::read(world.folder.path().join(path)).unwrap();
    world.damage(path, change);
    let findings = world.check();
    world.damage(path, |bytes| bytes.clone_from(&whole));
    damage_of(&findings).into_iter().map(str::to_owned).collect()
}

fn ending(world: &World, ending: &str) -> PathBuf {
    let files = world.files("segments");
    files.into_iter().find(|path| path.extension().is_some_and(|e| e == ending)).unwrap()
}

/// Guarantees: there is nothing to find in a healthy folder, and looking changes nothing.
#[test]
fn a_healthy_folder() {
    let mut world = world();
    let before = world.files("");
    assert_eq!(world.check(), []);
    assert_eq!(world.files(""), before);
    world.restart();
    assert_eq!(world.ids().len(), 404);
}

/// Guarantees: a segment that is cut, missing, or changed in its footer or in any page is found.
#[test]
fn segments() {
    let world = world();
    let path = ending(&world, "parquet");
    let named = |found: Vec<String>, what: &str| {
        assert!(found.len() == 1 && found[0].contains(path.to_str().unwrap()), "{what}: {found:?}");
    };
    named(after(&world, &path, |bytes| bytes.truncate(bytes.len() - 1)), "cut");
    named(after(&world, &path, |bytes| bytes.push(0)), "longer");
    let length = std::fs::metadata(world.folder.path().join(&path)).unwrap().len() as usize;
    named(after(&world, &path, |bytes| bytes[length - 6] ^= 0x40), "length of the footer");
    named(after(&world, &path, |bytes| bytes[length - 40..length - 8].fill(0xff)), "footer");
    named(after(&world, &path, |bytes| bytes[4..400].fill(0xff)), "pages");
    std::fs::rename(world.folder.path().join(&path), world.folder.path().join("away")).unwrap();
    let findings = world.check();
    assert!(damage_of(&findings)[0].contains("cannot be opened"), "{findings:?}");
}

/// Guarantees: a change of one bit in the values of a segment is found, wherever it is.
#[test]
fn bits_of_values() {
    let world = world();
    let path = ending(&world, "parquet");
    let snapshot = world.store.snapshot();
    let segment = snapshot.all_segments().iter().find(|one| one.meta.path == path).unwrap();
    let metadata = snapshot.open(segment).unwrap().metadata(&path).unwrap();
    let chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
    let end = chunks.map(|chunk| chunk.byte_range()).map(|(start, length)| start + length).max();
    let mut missed = Vec::new();
    for at in (4..end.unwrap() as usize).step_by(31) {
        if after(&world, &path, |bytes| bytes[at] ^= 1 << (at % 8)).is_empty() {
            missed.push(at);
        }
    }
    assert_eq!(missed, [0; 0]);
}

/// Guarantees: a trace index that is changed, cut or missing is found.
#[test]
fn trace_indexes() {
    let world = world();
    let path = ending(&world, "tix");
    let named = |found: Vec<String>, what: &str| {
        assert!(found.len() == 1 && found[0].contains(path.to_str().unwrap()), "{what}: {found:?}");
    };
    named(after(&world, &path, |bytes| bytes[0] ^= 1), "magic");
    named(after(&world, &path, |bytes| bytes[15] ^= 0xff), "count");
    named(after(&world, &path, |bytes| *bytes.last_mut().unwrap() ^= 1), "entry");
    named(after(&world, &path, |bytes| bytes.truncate(30)), "cut");
    std::fs::remove_file(world.folder.path().join(&path)).unwrap();
    assert_eq!(damage_of(&world.check()).len(), 1);
}

/// Guarantees: a hole in the log and a damaged header of one of its files are found.
#[test]
fn the_log() {
    let world = world();
    let path = world.files("log")[0].clone();
    let found = after(&world, &path, |bytes| {
        let groups = (0..bytes.len()).step_by(4_096);
        let groups: Vec<_> = groups.filter(|at| bytes[*at..].starts_with(b"TWG1")).collect();
        bytes[groups[groups.len() - 2] + 50] ^= 1;
    });
    assert!(found.len() == 1 && found[0].contains("is damaged at byte"), "{found:?}");
    let found = after(&world, &path, |bytes| bytes[..8_192].fill(0x11));
    assert!(found.len() == 1 && found[0].contains("the header of"), "{found:?}");
}

/// Guarantees: damage to the catalog is found, in SQLite's own words.
#[test]
fn the_catalog() {
    let world = world();
    let connection = rusqlite::Connection::open(world.folder.path().join(store::CATALOG)).unwrap();
    // An index that lacks what its table has.
    connection
        .execute_batch(
            "PRAGMA writable_schema=ON;
         UPDATE sqlite_master SET sql = 'CREATE INDEX dataset_by_key ON dataset (name, name_key)'
         WHERE name = 'dataset_by_key';",
        )
        .unwrap();
    drop(connection);
    let findings = world.check();
    let damage = damage_of(&findings);
    assert!(damage.iter().any(|text| text.contains("catalog.db")), "{findings:?}");
}

/// Guarantees: files that nothing knows and files that were put aside are mentioned, not as damage.
#[test]
fn files_that_nothing_knows() {
    let mut world = world();
    let stray = world.folder.path().join("segments/1/spans/stray.parquet");
    std::fs::write(&stray, "half a file").unwrap();
    let findings = world.check();
    assert_eq!(damage_of(&findings), [""; 0]);
    assert!(findings.len() == 1 && findings[0].text.contains("stray.parquet"), "{findings:?}");
    world.restart();
    assert_eq!(world.store.counters().files_quarantined.get(), 1);
    let findings = world.check();
    assert!(findings.len() == 1 && findings[0].text.contains("quarantine"), "{findings:?}");
}
