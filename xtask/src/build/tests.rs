use std::path::Path;

use super::target_folder_of;
use crate::folder::TemporaryFolder;

/// Guarantees: the target folder is the one that `CARGO_TARGET_DIR` names, whatever else exists.
#[test]
fn asked_for() {
    let cache = TemporaryFolder::make().unwrap();
    std::fs::create_dir(cache.path().join("trackway-target")).unwrap();
    let found = target_folder_of(
        Some("/somewhere/else".into()),
        Some(cache.path().to_path_buf()),
        Path::new("/tree"),
    );
    assert_eq!(found, Path::new("/somewhere/else"));
}

/// Guarantees: without the variable, or with an empty one, it is the shared folder of the cache if
/// that exists, else `target` in the tree.
#[test]
fn shared_if_there() {
    let cache = TemporaryFolder::make().unwrap();
    let found = |asked: Option<&str>| {
        let cache = Some(cache.path().to_path_buf());
        target_folder_of(asked.map(Into::into), cache, Path::new("/tree"))
    };
    assert_eq!(found(None), Path::new("/tree/target"));
    let shared = cache.path().join("trackway-target");
    std::fs::create_dir(&shared).unwrap();
    assert_eq!(found(None), shared);
    assert_eq!(found(Some("")), shared);
}
