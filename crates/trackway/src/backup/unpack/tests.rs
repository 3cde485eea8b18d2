//! Tests of streams that are whole, cut, changed, or meant badly.

use std::fs;

use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

use super::super::list::ListWriter;
use super::*;

/// The files of a small backup.
const FILES: [(&str, &[u8]); 3] = [
    ("catalog.db", b"a catalog"),
    ("segments/1/spans/a.parquet", &[7; 2_000]),
    ("segments/1/spans/a.tix", b""),
];

fn listed(path: &str, crc32: u32) -> Listed {
    Listed { path: path.to_owned(), bytes: 1, crc32 }
}

fn append(archive: &mut Builder<Vec<u8>>, path: &str, bytes: &[u8]) {
    let mut header = Header::new_gnu();
    // As a stranger may write it: the crate would not take every path.
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(EntryType::Regular);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o600);
    header.set_cksum();
    archive.append(&header, bytes).unwrap();
}

/// A stream of these files, with a list of those in [`FILES`] or something else behind them.
fn stream(files: &[(&str, &[u8])], last: Option<(&str, &str)>) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    files.iter().for_each(|(path, bytes)| append(&mut archive, path, bytes));
    if let Some((path, text)) = last {
        append(&mut archive, path, text.as_bytes());
    }
    archive.into_inner().unwrap()
}

fn list() -> String {
    let head =
        r#"{"backup":1,"folder":1,"program":"0","began":"T","mark":1,"segments":1,"rows":2}"#;
    let mut list = ListWriter::new(&serde_json::from_str(head).unwrap()).unwrap();
    for (path, bytes) in FILES {
        let (bytes, crc32) = (bytes.len() as u64, crc32fast::hash(bytes));
        list.add(&Listed { path: path.to_owned(), bytes, crc32 }).unwrap();
    }
    list.finish().unwrap()
}

/// Unpacks into a new folder, which is gone again if that fails.
fn refused(stream: &[u8]) -> String {
    let outer = TempDir::new().unwrap();
    let folder = outer.path().join("new");
    let stop = unpack(stream, &folder).expect_err("it is refused");
    assert!(!folder.exists(), "{stop}");
    assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 0, "{stop}");
    stop.to_string()
}

/// Guarantees: a whole stream becomes a folder with its files and its list.
#[test]
fn streams_become_folders() {
    let outer = TempDir::new().unwrap();
    let folder = outer.path().join("new");
    let (head, files) = unpack(&*stream(&FILES, Some((LIST, &list()))), &folder).unwrap();
    assert_eq!((head.rows, files.len()), (2, 3));
    for (path, bytes) in FILES {
        assert_eq!(fs::read(folder.join(path)).unwrap(), bytes);
    }
    assert_eq!(fs::read_to_string(folder.join(LIST)).unwrap(), list());
}

/// Guarantees: a stream that is cut anywhere before its list is whole leaves nothing behind.
#[test]
fn cut_streams_leave_nothing() {
    let whole = stream(&FILES, Some((LIST, &list())));
    // Behind the list there are only blanks that say that nothing follows.
    let end = whole.windows(7).rposition(|bytes| bytes == b"\"files\"").unwrap();
    for at in (0..end).step_by(97) {
        refused(&whole[..at]);
    }
}

/// Guarantees: a file that is missing, is changed, comes twice or was not listed is named.
#[test]
fn other_files_are_refused() {
    let mut changed = FILES;
    changed[1].1 = &[8; 2_000];
    let more = [&FILES[..], &[("segments/b", b"x" as &[u8])]].concat();
    let twice = [&FILES[..], &FILES[..1]].concat();
    let cases = [
        (changed.to_vec(), "a.parquet"),
        (FILES[..2].to_vec(), "a.tix"),
        (more, "segments/b"),
        (twice, "catalog.db"),
    ];
    for (files, named) in cases {
        let said = refused(&stream(&files, Some((LIST, &list()))));
        assert!(said.contains(named), "{named}: {said}");
    }
}

/// Guarantees: what a server could not finish is said in its words, and without a list in ours.
#[test]
fn failures_are_passed_on() {
    let said = refused(&stream(&FILES[..1], Some((FAILED, "the disk is broken"))));
    assert!(said.contains("cannot finish the backup: the disk is broken"), "{said}");
    let said = refused(&stream(&FILES, None));
    assert!(said.contains("before it was whole"), "{said}");
}

/// Guarantees: no stream writes outside of the folder, and nothing but files is taken.
#[test]
fn strange_streams_are_refused() {
    for path in ["../out", "/tmp/out", "a/../../out"] {
        let files: [(&str, &[u8]); 1] = [(path, b"x")];
        let said = refused(&stream(&files, Some((LIST, &list()))));
        assert!(said.contains("no path of a file"), "{path}: {said}");
    }
    let mut archive = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Symlink);
    header.set_size(0);
    archive.append_link(&mut header, "catalog.db", "/etc/passwd").unwrap();
    let said = refused(&archive.into_inner().unwrap());
    assert!(said.contains("does not belong"), "{said}");
}

/// Guarantees: a file that is missing, one too many, and one with other bytes are found.
#[test]
fn differences_are_found() {
    let both = [listed("a", 1), listed("b", 2)];
    assert_eq!(first_difference(&both, &both), None);
    assert_eq!(first_difference(&both, &both[..1]).as_deref(), Some("b"));
    assert_eq!(first_difference(&both[..1], &both).as_deref(), Some("b"));
    let other = [listed("a", 1), listed("b", 3)];
    assert_eq!(first_difference(&both, &other).as_deref(), Some("b"));
}
