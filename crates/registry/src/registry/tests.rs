use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::{DOCUMENT_BYTES_MAX, NAME_BYTES_MAX};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &TempDir) -> Registry {
    Registry::open(&folder.path().join(FILE)).unwrap()
}

fn refusal(path: &Path) -> Error {
    Registry::open(path).err().expect("it is refused")
}

/// Guarantees: a document put is there, replaced it has a newer version, deleted it is gone; and
/// all of that holds after the file is opened again.
#[test]
fn documents_are_kept() {
    let folder = folder();
    let registry = open(&folder);
    assert_eq!(registry.get("board", "a").unwrap(), None);
    let first = registry.put("board", "a", r#"{"title":"one"}"#).unwrap();
    let second = registry.put("board", "a", r#"{"title":"two"}"#).unwrap();
    assert!(Version::ABSENT < first && first < second);
    registry.put("board", "gone", "1").unwrap();
    assert!(registry.delete("board", "gone").unwrap());
    assert!(!registry.delete("board", "gone").unwrap(), "there is none left to delete");

    drop(registry);
    let document = open(&folder).get("board", "a").unwrap().unwrap();
    assert_eq!(document.version, second);
    assert_eq!(document.json, r#"{"title":"two"}"#);
    assert_eq!(open(&folder).get("board", "gone").unwrap(), None);
}

/// Guarantees: a list has the documents of its collection alone, in byte order of their ids.
#[test]
fn lists_are_ordered_and_apart() {
    let folder = folder();
    let registry = open(&folder);
    for id in ["b", "a/1", "ä", "A"] {
        registry.put("board", id, "{}").unwrap();
    }
    registry.put("boards", "other", "{}").unwrap();
    let ids: Vec<String> =
        registry.list("board").unwrap().into_iter().map(|document| document.id).collect();
    assert_eq!(ids, ["A", "a/1", "b", "ä"]);
    assert!(registry.list("none").unwrap().is_empty());
}

/// Guarantees: compare-and-swap changes a document only at the version expected; otherwise nothing
/// changes and the error names both versions.
#[test]
fn compare_and_swap_conflicts() {
    let folder = folder();
    let registry = open(&folder);
    let first = registry.compare_and_swap("rule", "r", Version::ABSENT, "1").unwrap();
    let second = registry.compare_and_swap("rule", "r", first, "2").unwrap();
    for (id, expected, words) in [
        ("r", first, format!("document rule/r is at version {second}, expected {first}")),
        ("r", Version::ABSENT, format!("document rule/r exists already, at version {second}")),
        ("x", second, format!("document rule/x does not exist, expected at version {second}")),
    ] {
        let error = registry.compare_and_swap("rule", id, expected, "3").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(error.to_string(), words);
    }
    assert_eq!(registry.get("rule", "r").unwrap().unwrap().json, "2");
    assert_eq!(registry.get("rule", "x").unwrap(), None);
}

/// Guarantees: a document deleted and made again is not taken for the former one.
#[test]
fn versions_never_come_again() {
    let folder = folder();
    let registry = open(&folder);
    let first = registry.put("rule", "r", "1").unwrap();
    registry.delete("rule", "r").unwrap();
    let again = registry.put("rule", "r", "1").unwrap();
    assert!(again > first);
    assert!(registry.compare_and_swap("rule", "r", first, "2").is_err());
}

/// Guarantees: of a batch with one impossible change, nothing happens; of a possible one, all.
#[test]
fn batches_happen_whole() {
    let folder = folder();
    let registry = open(&folder);
    let old = registry.put("rule", "old", "1").unwrap();
    let put = Write { collection: "rule", id: "new", expected: None, json: Some("2") };
    let delete = Write { collection: "rule", id: "old", expected: Some(old), json: None };
    let wrong = Write { collection: "rule", id: "old", expected: Some(Version(99)), json: None };
    let before = registry.last_change("rule").unwrap();

    let error = registry.write(&[put, delete, wrong]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(registry.last_change("rule").unwrap(), before);
    assert_eq!(registry.list("rule").unwrap().len(), 1);

    let versions = registry.write(&[put, delete]).unwrap();
    assert!(versions[0] > old);
    assert_eq!(versions[1], Version::ABSENT);
    let ids: Vec<String> =
        registry.list("rule").unwrap().into_iter().map(|document| document.id).collect();
    assert_eq!(ids, ["new"]);
}

/// Guarantees: another connection to the file, as another process has it, sees every change, and
/// sees that there was one in that collection and in no other.
#[test]
fn others_see_changes() {
    let folder = folder();
    let (server, command) = (open(&folder), open(&folder));
    server.put("board", "b", "1").unwrap();
    let boards = server.last_change("board").unwrap();
    let keys = server.last_change("key").unwrap();
    assert_eq!(keys, Version::ABSENT);

    command.put("key", "k", "1").unwrap();
    let after_put = server.last_change("key").unwrap();
    assert_ne!(after_put, keys);
    assert_eq!(server.get("key", "k").unwrap().unwrap().json, "1");
    command.delete("key", "k").unwrap();
    assert_ne!(server.last_change("key").unwrap(), after_put);
    assert_eq!(server.get("key", "k").unwrap(), None);
    assert_eq!(server.last_change("board").unwrap(), boards);
    command.delete("board", "none").unwrap();
    assert_eq!(server.last_change("board").unwrap(), boards, "nothing was deleted");
}

/// Guarantees: reading goes on while another process is in the middle of writing.
#[test]
fn readers_do_not_wait() {
    let folder = folder();
    let registry = open(&folder);
    registry.put("board", "b", "1").unwrap();
    let other = Connection::open(folder.path().join(FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; UPDATE document SET json = '2';").unwrap();
    assert_eq!(registry.get("board", "b").unwrap().unwrap().json, "1");
    assert_eq!(registry.list("board").unwrap().len(), 1);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(registry.get("board", "b").unwrap().unwrap().json, "2");
}

/// Guarantees: updates of one document from several connections and threads are all in it.
#[test]
fn no_update_is_lost() {
    const ROUNDS: u64 = 20;
    let folder = folder();
    let registries = [open(&folder), open(&folder), open(&folder)];
    let count = |document: Option<&Document>| {
        let present: u64 = document.map_or(Ok(0), Document::parse)?;
        Ok(Some((present + 1).to_string()))
    };
    std::thread::scope(|scope| {
        for registry in &registries {
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    registry.update("count", "c", count).unwrap();
                }
            });
        }
    });
    let document = registries[0].get("count", "c").unwrap().unwrap();
    assert_eq!(document.parse::<u64>().unwrap(), 3 * ROUNDS);
}

/// Guarantees: an update that decides to leave the document alone writes nothing.
#[test]
fn updates_can_leave_alone() {
    let folder = folder();
    let registry = open(&folder);
    let version = registry.put("count", "c", "1").unwrap();
    assert_eq!(registry.update("count", "c", |_| Ok(None)).unwrap(), version);
    assert_eq!(registry.update("count", "none", |_| Ok(None)).unwrap(), Version::ABSENT);
    assert_eq!(registry.last_change("count").unwrap(), version);
}

/// Guarantees: what is not JSON, too large or without an address is refused and not stored.
#[test]
fn unfit_documents_are_refused() {
    let folder = folder();
    let registry = open(&folder);
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    for (collection, id, json) in
        [("c", "i", "{"), ("c", "i", ""), ("", "i", "1"), ("c", "", "1"), ("c", &long, "1")]
    {
        let error = registry.put(collection, id, json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{collection}/{id}: {json}");
    }
    let large = format!("\"{}\"", "x".repeat(DOCUMENT_BYTES_MAX));
    assert_eq!(registry.put("c", "i", &large).unwrap_err().kind(), ErrorKind::TooLarge);
    assert!(registry.list("c").unwrap().is_empty());
}

/// Guarantees: several processes that open a new registry at once all get it.
#[test]
fn many_open_a_new_file() {
    for _ in 0..10 {
        let folder = folder();
        std::thread::scope(|scope| {
            for at in 0..4 {
                let folder = &folder;
                scope.spawn(move || open(folder).put("c", &at.to_string(), "1").unwrap());
            }
        });
        assert_eq!(open(&folder).list("c").unwrap().len(), 4);
    }
}

/// Guarantees: a registry of a newer format is refused in words, and is as it was.
#[test]
fn newer_formats_are_refused() {
    let folder = folder();
    open(&folder).put("c", "i", "1").unwrap();
    let path = folder.path().join(FILE);
    let newer = "UPDATE meta SET value = '2' WHERE name = 'format'";
    Connection::open(&path).unwrap().execute_batch(newer).unwrap();
    let before = std::fs::read(&path).unwrap();

    let error = refusal(&path);
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("has format 2, this program reads up to 1"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

/// Guarantees: a file that is not a registry is refused as damaged.
#[test]
fn damaged_files_are_refused() {
    let folder = folder();
    let path = folder.path().join(FILE);
    std::fs::write(&path, "not a database, but long enough to be looked at as one".repeat(100))
        .unwrap();
    assert_eq!(refusal(&path).kind(), ErrorKind::Corrupt);
    std::fs::remove_file(&path).unwrap();
    let nameless = "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID";
    Connection::open(&path).unwrap().execute_batch(nameless).unwrap();
    assert_eq!(refusal(&path).kind(), ErrorKind::Corrupt);
}

/// Guarantees: what is acknowledged is on disk (WAL, FULL), and what is deleted is overwritten.
#[test]
fn the_file_is_written_durably() {
    let folder = folder();
    let registry = open(&folder);
    let writer = lock(&registry.writer);
    let mode: String = writer.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    for (pragma, expected) in [("synchronous", 2), ("secure_delete", 1)] {
        let value: i64 =
            writer.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0)).unwrap();
        assert_eq!(value, expected, "{pragma}");
    }
}

/// Guarantees: only its owner can read a new registry and the files beside it; the permissions of
/// a file that was there stay.
#[cfg(unix)]
#[test]
fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = folder();
    let path = folder.path().join(FILE);
    let registry = open(&folder);
    registry.put("c", "i", "1").unwrap();
    for name in [FILE, "registry.db-wal", "registry.db-shm"] {
        assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
    }
    drop(registry);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    drop(open(&folder));
    assert_eq!(mode(&path), 0o640);
}

/// Guarantees: a copy has every document as it is at that moment, opens like any other, and what
/// is written later is not in it.
#[test]
fn copies_are_whole() {
    let folder = folder();
    let registry = open(&folder);
    for number in 0..2_000 {
        registry.put("board", &number.to_string(), r#"{"title":"a board"}"#).unwrap();
    }
    let copy = folder.path().join("copy.db");
    registry.copy_to(&copy).unwrap();
    registry.put("board", "late", "1").unwrap();
    let copied = Registry::open(&copy).unwrap();
    assert_eq!(copied.list("board").unwrap().len(), 2_000);
    let version = |registry: &Registry| registry.get("board", "7").unwrap().unwrap().version;
    assert_eq!(version(&copied), version(&registry));
    let error = registry.copy_to(&folder.path().join("no/folder.db")).unwrap_err().to_string();
    assert!(error.contains("copying the registry"), "{error}");
}
