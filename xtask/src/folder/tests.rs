use super::TemporaryFolder;

/// Guarantees: a folder goes with its owner, unless it was kept.
#[test]
fn gone_or_kept() {
    let folder = TemporaryFolder::make().unwrap();
    let path = folder.path().to_path_buf();
    std::fs::write(path.join("file"), "text").unwrap();
    drop(folder);
    assert!(!path.exists());
    let kept = TemporaryFolder::make().unwrap().keep();
    assert!(kept.is_dir());
    std::fs::remove_dir(kept).unwrap();
}

/// Guarantees: no two folders are the same.
#[test]
fn each_its_own() {
    let (one, other) = (TemporaryFolder::make().unwrap(), TemporaryFolder::make().unwrap());
    assert_ne!(one.path(), other.path());
}
