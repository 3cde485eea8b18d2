//! Names of attributes and the columns they have in files.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Base, EnvironmentId, Signal, ValueType};

use crate::segment::FieldId;

/// A column of an attribute: a name has one for each type of value seen under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its id in files and catalog.
    pub id: FieldId,
    /// The attribute's name.
    pub name: Arc<str>,
    /// The type of its values.
    pub kind: ValueType,
    /// Its name in files: the attribute's, with the type behind it where another column has that.
    pub column: Arc<str>,
}

/// A column seen for the first time.
#[derive(Clone, Debug)]
pub struct NewAttribute {
    /// Its environment.
    pub environment: EnvironmentId,
    /// Its signal.
    pub signal: Signal,
    /// The column.
    pub attribute: Attribute,
}

/// Every attribute of every environment and signal.
#[derive(Clone, Debug, Default)]
pub struct AttributeTable {
    by_name: HashMap<(EnvironmentId, Signal), HashMap<Arc<str>, Vec<Attribute>>>,
    by_id: HashMap<FieldId, Attribute>,
    next: u32,
}

impl AttributeTable {
    /// Adds a column.
    pub fn insert(&mut self, new: NewAttribute) {
        self.next = self.next.max(new.attribute.id.0 + 1);
        self.by_id.insert(new.attribute.id, new.attribute.clone());
        let table = self.by_name.entry((new.environment, new.signal)).or_default();
        table.entry(Arc::clone(&new.attribute.name)).or_default().push(new.attribute);
    }

    /// The columns of a name, at most one a type.
    pub fn columns_of(
        &self,
        environment: EnvironmentId,
        signal: Signal,
        name: &str,
    ) -> &[Attribute] {
        let table = self.by_name.get(&(environment, signal));
        table.and_then(|table| table.get(name)).map_or(&[], Vec::as_slice)
    }

    /// The column of a name and type.
    pub fn find(
        &self,
        environment: EnvironmentId,
        signal: Signal,
        name: &str,
        kind: ValueType,
    ) -> Option<&Attribute> {
        self.columns_of(environment, signal, name).iter().find(|column| column.kind == kind)
    }

    /// The column of an id.
    pub fn by_id(&self, id: FieldId) -> Option<&Attribute> {
        self.by_id.get(&id)
    }

    /// How many names an environment has for a signal.
    pub fn names(&self, environment: EnvironmentId, signal: Signal) -> usize {
        self.by_name.get(&(environment, signal)).map_or(0, HashMap::len)
    }

    /// The id that the next new column gets.
    pub fn next_id(&self) -> FieldId {
        FieldId(self.next.max(FieldId::FIRST_ATTRIBUTE.0))
    }

    /// The name in files of a new column: the plain name for the first type seen under it, with the
    /// type behind a `#` for others and for names that base columns have or that contain a `#`.
    pub fn column_name(
        &self,
        environment: EnvironmentId,
        signal: Signal,
        name: &str,
        kind: ValueType,
    ) -> String {
        let taken = Base::ALL.iter().any(|base| base.name() == name) || name == "_rest";
        let first = self.columns_of(environment, signal, name).is_empty();
        if first && !taken && !name.contains('#') {
            return name.to_owned();
        }
        format!("{name}#{}", kind.name())
    }
}
