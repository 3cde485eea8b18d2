//! Queries: specifications that clients put down to run them later, and again.
//!
//! A specification is kept as it was sent. Its id follows from its content: nothing can be changed
//! about a query, so two with the same content are one, and a page that puts the same query down at
//! every visit leaves one document behind and not thousands.

use std::sync::Arc;

use model::{EnvironmentId, Result};
use registry::Registry;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids;
use crate::shelf::Shelf;

const COLLECTION: &str = "honeycomb.queries";
/// Most queries. Programs put down one for every range of time they show; a query of which nobody
/// has put down the like for ten thousand others is of no page any more.
const QUERIES_MAX: usize = 10_000;

/// A query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Query {
    pub(crate) environment: u32,
    /// The dataset; every one if unset.
    pub(crate) dataset: Option<u32>,
    pub(crate) query: Value,
}

/// All queries.
pub(crate) fn open(registry: Arc<Registry>) -> Result<Shelf> {
    Shelf::open(registry, COLLECTION, QUERIES_MAX)
}

impl Query {
    /// A query of a specification, without what says nothing: the id of one that was read back,
    /// members that are null, and that all filters have to hold, which holds anyway.
    pub(crate) fn new(
        environment: EnvironmentId,
        dataset: Option<u32>,
        mut specification: Map<String, Value>,
    ) -> Self {
        specification.remove("id");
        specification.retain(|_, value| !value.is_null());
        if specification.get("filter_combination").and_then(Value::as_str) == Some("AND") {
            specification.remove("filter_combination");
        }
        Self { environment: environment.0, dataset, query: Value::Object(specification) }
    }

    /// Its id. Members are written in the order of their names, however they came.
    pub(crate) fn id(&self) -> String {
        let dataset = self.dataset.map_or_else(String::new, |id| id.to_string());
        let environment = self.environment.to_string();
        ids::of_content(&["query", &environment, &dataset, &self.query.to_string()])
    }
}

/// A specification as clients read it: as it was sent, with its id.
pub(crate) fn shown(query: &Value, id: &str) -> Value {
    let mut shown = query.clone();
    shown["id"] = id.into();
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(dataset: Option<u32>, specification: Value) -> String {
        let Value::Object(members) = specification else { panic!("an object") };
        Query::new(EnvironmentId(1), dataset, members).id()
    }

    /// Guarantees: queries that say the same are one; those that do not are not.
    #[test]
    fn same_and_other() {
        let plain = id(Some(1), json!({"limit": 5, "breakdowns": ["a"]}));
        let same = json!({"breakdowns": ["a"], "limit": 5, "id": "x", "havings": null,
            "filter_combination": "AND"});
        assert_eq!(id(Some(1), same), plain);
        assert_ne!(id(Some(2), json!({"limit": 5, "breakdowns": ["a"]})), plain);
        assert_ne!(id(None, json!({"limit": 5, "breakdowns": ["a"]})), plain);
        assert_ne!(id(Some(1), json!({"limit": 6, "breakdowns": ["a"]})), plain);
        let either = json!({"limit": 5, "breakdowns": ["a"], "filter_combination": "OR"});
        assert_ne!(id(Some(1), either), plain);
    }
}
