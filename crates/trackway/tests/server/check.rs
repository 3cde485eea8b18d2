//! `trackway check`.

use std::fs;
use std::path::{Path, PathBuf};

use super::spans;
use super::world::World;

fn files_with(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, ending));
        } else if path.to_str().unwrap().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// Guarantees: a sound folder is called so, a damaged file is named with status 1, and what is in
/// use or no data folder is not looked at.
#[test]
fn damage_is_named() {
    let mut world = World::new();
    let data = world.data();
    let data = data.to_str().unwrap();
    world.set_variable("TRACKWAY_TEST_STORE", "group_rows=8");
    let server = world.start();
    for _ in 0..4 {
        spans::send(&server, "api", 5);
    }
    server.wait_until_flushed();
    let refusal = world.run(&["check", data]).refused(2);
    assert!(refusal.contains("in use by another process"), "{refusal}");
    server.kill();

    let said = world.run(&["check", data]).done();
    assert!(said.contains("everything can be read"), "{said}");
    let by_flag = world.run(&["check", "--data", data]).done();
    assert_eq!(by_flag, said);

    let segment = files_with(&world.data(), ".parquet").pop().unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    fs::write(&segment, bytes).unwrap();
    let ran = world.run(&["check", data]);
    assert_eq!(ran.status, 1, "{ran:?}");
    let name = segment.file_name().unwrap().to_str().unwrap();
    assert!(ran.out.contains(name) && ran.out.contains("damage"), "{ran:?}");

    fs::write(world.data().join("catalog.db"), "not a catalog ".repeat(1_000)).unwrap();
    let refusal = world.run(&["check", data]).refused(1);
    assert!(refusal.contains("damage: ") && refusal.contains("catalog.db"), "{refusal}");

    let home = world.home().to_str().unwrap();
    let refusal = world.run(&["check", home]).refused(2);
    assert!(refusal.contains("is not a data folder"), "{refusal}");
}
