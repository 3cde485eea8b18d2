//! Settings of datasets on a real registry.

use model::Timestamp;
use registry::FILE;
use tempfile::TempDir;

use super::*;

fn dataset(id: u32, name: &str) -> Dataset {
    Dataset {
        id: DatasetId(id),
        environment: EnvironmentId::DEFAULT,
        name: name.to_owned(),
        retention: None,
        horizon: None,
        created: Timestamp::from_nanos(0),
    }
}

fn open(folder: &TempDir) -> DatasetSettingsTable {
    let registry = Registry::open(&folder.path().join(FILE)).unwrap();
    DatasetSettingsTable::open(Arc::new(registry)).unwrap()
}

fn deep(depth: u8) -> DatasetSettings {
    DatasetSettings { expand_json_depth: depth, ..DatasetSettings::default() }
}

/// Guarantees: what was said holds for the dataset and its name in any case, also after a restart;
/// where nothing was said, the defaults do.
#[test]
fn settings_stay() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(&folder);
    let (shop, other) = (dataset(1, "Shop"), dataset(2, "other"));
    assert_eq!(table.get(&shop), DatasetSettings::default());
    assert!(table.get(&shop).delete_protected);
    table.set(&shop, deep(3)).unwrap();
    for table in [table, open(&folder)] {
        assert_eq!(table.get(&shop), deep(3));
        assert_eq!(table.get(&other), DatasetSettings::default());
        assert_eq!(table.expand_json_depth(EnvironmentId::DEFAULT, " sHOP"), 3);
        assert_eq!(table.expand_json_depth(EnvironmentId::DEFAULT, "other"), 0);
        assert_eq!(table.expand_json_depth(EnvironmentId(2), "shop"), 0);
    }
}

/// Guarantees: a dataset that is made again under its old name begins with the defaults, however
/// its former life ended.
#[test]
fn each_life_has_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(&folder);
    let (first, second) = (dataset(1, "shop"), dataset(2, "Shop"));
    table.set(&first, deep(3)).unwrap();
    assert_eq!(table.get(&second), DatasetSettings::default());
    table.set(&second, deep(5)).unwrap();
    // Whoever deletes the former one late does not touch the present one.
    table.forget(&first).unwrap();
    let table = open(&folder);
    assert_eq!(table.expand_json_depth(EnvironmentId::DEFAULT, "shop"), 5);
    table.forget_dead(|id| id != second.id).unwrap();
    for table in [table, open(&folder)] {
        assert_eq!(table.expand_json_depth(EnvironmentId::DEFAULT, "shop"), 0);
        assert_eq!(table.get(&second), DatasetSettings::default());
    }
}
