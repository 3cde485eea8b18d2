//! The columns of a dataset: what its events have, and what people said about it.

mod seen;
mod settings;

use std::collections::BTreeMap;

use model::{Dataset, Result, Timestamp, ValueType};
use serde_json::{Map, Value};
use store::Snapshot;

use crate::desk::Desk;
use crate::ids;

pub(crate) use seen::seen;
pub use seen::{FieldSeen, fields_seen};
pub(crate) use settings::{ColumnSettings, DESCRIBED_MAX, forget, set};

/// The types that a client may give a column.
pub(crate) const TYPES: [&str; 5] = ["string", "float", "integer", "boolean", "histogram"];

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) id: String,
    /// The last event that has it; none where it was made by hand and no event has it yet.
    pub(crate) last_written: Option<Timestamp>,
    /// The type that its values have.
    pub(crate) seen: Option<ValueType>,
    /// What was said about it, or what holds where nothing was.
    pub(crate) settings: ColumnSettings,
}

/// The columns of a dataset, by name. Reads the disk.
pub(crate) fn list(desk: &Desk, snapshot: &Snapshot, dataset: &Dataset) -> Result<Vec<Column>> {
    let settings = settings::list(&desk.parts.registry, dataset)?;
    let said: BTreeMap<String, ColumnSettings> =
        settings.into_iter().map(|settings| (settings.key_name.clone(), settings)).collect();
    Ok(joined(dataset, seen(snapshot, dataset), said))
}

fn joined(
    dataset: &Dataset,
    seen: BTreeMap<String, FieldSeen>,
    mut said: BTreeMap<String, ColumnSettings>,
) -> Vec<Column> {
    let mut columns = Vec::with_capacity(seen.len() + said.len());
    for (name, FieldSeen { kind, last, .. }) in seen {
        let settings = match said.remove(&name) {
            Some(settings) if settings.deleted && last.nanos() <= settings.updated => continue,
            Some(settings) if !settings.deleted => settings,
            _ => ColumnSettings::new(&name, dataset.created),
        };
        let id = id_of(dataset, &name);
        columns.push(Column { id, last_written: Some(last), seen: Some(kind), settings });
    }
    for (name, settings) in said {
        if !settings.deleted {
            let id = id_of(dataset, &name);
            columns.push(Column { id, last_written: None, seen: None, settings });
        }
    }
    columns.sort_by(|one, other| one.settings.key_name.cmp(&other.settings.key_name));
    columns
}

/// The id of a column: it follows from its dataset and name, so that a column that nobody described
/// has one for good without a document.
pub(crate) fn id_of(dataset: &Dataset, name: &str) -> String {
    let (environment, id) = (dataset.environment.to_string(), dataset.id.to_string());
    ids::of_content(&["column", &environment, &id, name])
}

impl Column {
    /// It as clients read it. A time that there is none of is left out.
    pub(crate) fn shown(&self) -> Value {
        let ColumnSettings { key_name, kind, description, hidden, created, updated, .. } =
            &self.settings;
        let kind = kind.as_deref().unwrap_or_else(|| type_name(self.seen));
        let time = |nanos: i64| Value::from(Timestamp::from_nanos(nanos).to_string());
        let mut shown = Map::new();
        shown.insert("id".to_owned(), self.id.as_str().into());
        shown.insert("key_name".to_owned(), key_name.as_str().into());
        shown.insert("type".to_owned(), kind.into());
        shown.insert("description".to_owned(), description.as_str().into());
        shown.insert("hidden".to_owned(), (*hidden).into());
        shown.insert("created_at".to_owned(), time(*created));
        shown.insert("updated_at".to_owned(), time(*updated));
        if let Some(last) = self.last_written {
            shown.insert("last_written".to_owned(), time(last.nanos()));
        }
        Value::Object(shown)
    }
}

fn type_name(kind: Option<ValueType>) -> &'static str {
    match kind {
        Some(ValueType::Text) | None => "string",
        Some(ValueType::Int) => "integer",
        Some(ValueType::Float) => "float",
        Some(ValueType::Bool) => "boolean",
    }
}

#[cfg(test)]
mod tests;
