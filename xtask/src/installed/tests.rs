use std::fs;

use super::{folder_in, name};
use crate::folder::TemporaryFolder;

/// Guarantees: what goes into a folder decides its name, each part by itself; the same gives the
/// same.
#[test]
fn named_by_content() {
    let first = name("venv", [b"3.11".as_slice(), b"flask==3.1.3"]);
    assert_eq!(name("venv", [b"3.11".as_slice(), b"flask==3.1.3"]), first);
    assert_ne!(name("venv", [b"3.13".as_slice(), b"flask==3.1.3"]), first);
    assert_ne!(name("venv", [b"3.11".as_slice(), b"flask==3.1.4"]), first);
    assert_ne!(name("venv", [b"3.11f".as_slice(), b"lask==3.1.3"]), first);
    assert!(first.starts_with("venv-"), "{first}");
}

/// Guarantees: a folder is made once; one whose making failed half-way is made anew from nothing.
#[test]
fn made_once() {
    let cache = TemporaryFolder::make().unwrap();
    let half = folder_in(cache.path(), "npm-1", |folder| {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("half"), "").unwrap();
        Err("no network".to_owned())
    });
    assert_eq!(half.unwrap_err(), "no network");
    let made = folder_in(cache.path(), "npm-1", |folder| {
        fs::create_dir(folder).map_err(|error| error.to_string())
    });
    let made = made.unwrap();
    assert!(!made.join("half").exists());
    let again = folder_in(cache.path(), "npm-1", |_| Err("made twice".to_owned()));
    assert_eq!(again.unwrap(), made);
}
