use std::collections::BTreeSet;

use tempfile::TempDir;

use super::*;
use crate::FILE;

fn open(folder: &TempDir) -> Registry {
    Registry::open(&folder.path().join(FILE)).unwrap()
}

/// Guarantees: `default` is there from the start, with the id that rows without a key carry, and
/// asking for it writes nothing.
#[test]
fn default_is_always_there() {
    let folder = tempfile::tempdir().unwrap();
    let registry = open(&folder);
    assert_eq!(registry.environment("Default").unwrap(), EnvironmentId::DEFAULT);
    let names: Vec<String> =
        registry.environments().unwrap().into_iter().map(|known| known.name).collect();
    assert_eq!(names, ["default"]);
    assert!(registry.list(COLLECTION).unwrap().is_empty());
}

/// Guarantees: a name keeps its id, in any case and after the file is opened again, and keeps the
/// spelling it was made with.
#[test]
fn names_keep_their_ids() {
    let folder = tempfile::tempdir().unwrap();
    let registry = open(&folder);
    assert_eq!(registry.find_environment("staging").unwrap(), None);
    let staging = registry.environment(" Staging ").unwrap();
    let test = registry.environment("test").unwrap();
    assert_eq!((staging, test), (EnvironmentId(2), EnvironmentId(3)));
    drop(registry);
    let registry = open(&folder);
    assert_eq!(registry.environment("STAGING").unwrap(), staging);
    assert_eq!(registry.find_environment("staging").unwrap(), Some(staging));
    let names: Vec<String> =
        registry.environments().unwrap().into_iter().map(|known| known.name).collect();
    assert_eq!(names, ["default", "Staging", "test"]);
}

/// Guarantees: several processes that make environments at once give no id twice and no name two
/// ids.
#[test]
fn ids_are_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let registries = [open(&folder), open(&folder)];
    let ids = std::thread::scope(|scope| {
        let threads = registries.each_ref().map(|registry| {
            scope.spawn(|| {
                (0..10).map(|at| registry.environment(&format!("e{at}")).unwrap()).collect()
            })
        });
        threads.map(|thread| -> Vec<EnvironmentId> { thread.join().unwrap() })
    });
    assert_eq!(ids[0], ids[1]);
    assert_eq!(ids[0].iter().collect::<BTreeSet<_>>().len(), 10);
    assert_eq!(registries[0].environments().unwrap().len(), 11);
}

/// Guarantees: names that cannot be shown are refused, and so is one whose address another has.
#[test]
fn unfit_names_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let registry = open(&folder);
    registry.environment("my env").unwrap();
    for name in ["", "  ", "a\nb", &"x".repeat(256)] {
        let error = registry.environment(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name:?}");
    }
    let error = registry.environment("my-env").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("my-env of \"my env\""), "{error}");
    assert_eq!(registry.environments().unwrap().len(), 2);
}

/// Guarantees: there is a bound on environments, and the error says it.
#[test]
fn environments_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let registry = open(&folder);
    let environments = (2..=ENVIRONMENTS_MAX as u32)
        .map(|id| StoredEnvironment { id, name: format!("e{id}") })
        .collect();
    let json = serde_json::to_string(&Stored { environments }).unwrap();
    registry.put(COLLECTION, DOCUMENT, &json).unwrap();
    let error = registry.environment("one more").unwrap_err();
    assert!(error.to_string().contains("there are 1000 environments"), "{error}");
    assert_eq!(registry.environment("e7").unwrap(), EnvironmentId(7));
}
