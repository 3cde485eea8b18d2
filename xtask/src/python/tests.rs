use std::path::PathBuf;

use super::name;
use crate::folder::TemporaryFolder;

/// Guarantees: other requirements, or another Python, get another environment; the same get the
/// same.
#[test]
fn environments_by_content() {
    let folder = TemporaryFolder::make().unwrap();
    let file = |text: &str| -> Vec<PathBuf> {
        let path = folder.path().join("requirements.txt");
        std::fs::write(&path, text).unwrap();
        vec![path]
    };
    let first = name("Python 3.11.2", &file("flask==3.1.3\n")).unwrap();
    assert_eq!(name("Python 3.11.2", &file("flask==3.1.3\n")).unwrap(), first);
    assert_ne!(name("Python 3.11.2", &file("flask==3.1.4\n")).unwrap(), first);
    assert_ne!(name("Python 3.13.1", &file("flask==3.1.3\n")).unwrap(), first);
}

/// Guarantees: a file that is missing is an error that names it.
#[test]
fn missing_requirements() {
    let error = name("Python 3.11.2", &[PathBuf::from("nowhere.txt")]).unwrap_err();
    assert!(error.starts_with("reading nowhere.txt: "), "{error}");
}
