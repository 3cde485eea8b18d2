//! What events have and what was said, put together.

use std::collections::BTreeSet;

use model::{DatasetId, EnvironmentId, Signal};

use super::*;

fn dataset() -> Dataset {
    Dataset {
        id: DatasetId(7),
        environment: EnvironmentId::DEFAULT,
        name: "shop".to_owned(),
        retention: None,
        horizon: None,
        created: Timestamp::from_nanos(5),
    }
}

fn seen_at(name: &str, kind: ValueType, last: i64) -> BTreeMap<String, FieldSeen> {
    let seen = FieldSeen {
        kind,
        types: BTreeSet::from([kind]),
        signals: BTreeSet::from([Signal::Spans]),
        last: Timestamp::from_nanos(last),
    };
    BTreeMap::from([(name.to_owned(), seen)])
}

fn said(settings: &ColumnSettings) -> BTreeMap<String, ColumnSettings> {
    BTreeMap::from([(settings.key_name.clone(), settings.clone())])
}

/// Guarantees: a column is shown with the type its values have unless somebody said another, and
/// one that no event has yet with what was said.
#[test]
fn types() {
    let mut hand = ColumnSettings::new("a", Timestamp::from_nanos(9));
    let seen = || seen_at("a", ValueType::Int, 20);
    let shown = |columns: &[Column]| columns.iter().map(Column::shown).collect::<Vec<_>>();
    let columns = shown(&joined(&dataset(), seen(), BTreeMap::new()));
    assert_eq!((&columns[0]["type"], columns.len()), (&Value::from("integer"), 1));
    hand.kind = Some("float".to_owned());
    let described = shown(&joined(&dataset(), seen(), said(&hand)));
    assert_eq!(described[0]["type"], "float");
    assert_eq!(described[0]["id"], columns[0]["id"]);
    let made = shown(&joined(&dataset(), BTreeMap::new(), said(&hand)));
    assert_eq!(made[0]["type"], "float");
    assert!(made[0].get("last_written").is_none(), "{made:?}");
}

/// Guarantees: a column that was deleted comes back with an event after that, as if nothing had
/// been said of it.
#[test]
fn deleted() {
    let mut gone = ColumnSettings::new("a", Timestamp::from_nanos(9));
    gone.description = "old".to_owned();
    gone.deleted = true;
    gone.updated = 30;
    assert!(joined(&dataset(), seen_at("a", ValueType::Text, 30), said(&gone)).is_empty());
    assert!(joined(&dataset(), BTreeMap::new(), said(&gone)).is_empty());
    let back = joined(&dataset(), seen_at("a", ValueType::Text, 31), said(&gone));
    assert_eq!(back.len(), 1);
    assert_eq!((back[0].settings.description.as_str(), back[0].settings.deleted), ("", false));
}
